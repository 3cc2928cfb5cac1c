import Contracts
import LedgerCore

extension RefusedCase {
    static let recordCases: [RefusedCase] = [
        .init(.policyNotMet, "an administrator writes") { stage in
            try stage.submit(
                stage.records([stage.write(stage.draw())], by: stage.home.administrator))
        },
        .init(.recordExists, "created again") { stage in
            let record = stage.draw()
            try stage.accept(stage.records([stage.write(record)], by: stage.home.doctor))
            return try stage.submit(stage.records([stage.write(record)], by: stage.home.nurse))
        },
        .init(.unknownRecord, "an update of nothing") { stage in
            try stage.submit(
                stage.records([stage.write(stage.draw(), after: 1)], by: stage.home.doctor))
        },
        .init(.unknownRecord, "satisfied by nothing") { stage in
            let nothing = stage.draw()
            return try stage.submit(
                stage.records(
                    [stage.write(stage.draw(), conditional: true)], by: stage.home.doctor
                ) { $0.writes[0].satisfiedBy = nothing })
        },
        .init(.versionConflict, "an update of an older version") { stage in
            let record = stage.draw()
            try stage.accept(stage.records([stage.write(record)], by: stage.home.doctor))
            try stage.accept(stage.records([stage.write(record, after: 1)], by: stage.home.doctor))
            return try stage.submit(
                stage.records([stage.write(record, after: 1)], by: stage.home.nurse))
        },
        .init(.versionConflict, "an update of a version to come") { stage in
            let record = stage.draw()
            try stage.accept(stage.records([stage.write(record)], by: stage.home.doctor))
            return try stage.submit(
                stage.records([stage.write(record, after: .max)], by: stage.home.doctor))
        },
        .init(.notCustodian, "another member's record") { stage in
            let guest = try stage.guest()
            let record = stage.draw()
            try stage.accept(stage.records([stage.write(record)], by: stage.home.doctor))
            return try stage.submit(
                stage.records([stage.write(record, after: 1)], by: guest.doctor), by: guest)
        },
        .init(.notCustodian, "satisfied by another member's record") { stage in
            let guest = try stage.guest()
            let record = stage.draw()
            try stage.accept(stage.records([stage.write(record)], by: stage.home.doctor))
            return try stage.submit(
                stage.records([stage.write(stage.draw(), conditional: true)], by: guest.doctor) {
                    $0.writes[0].satisfiedBy = record
                }, by: guest)
        },
        .init(.claimHeld, "by an earlier transaction") { stage in
            for _ in 0..<2 {
                let refusal = try stage.submit(
                    stage.records([stage.write(stage.draw())], by: stage.home.doctor) {
                        $0.claims = [.init(id: leaf(70), kind: .condition, write: 0)]
                    })
                if let refusal { return refusal }
            }
            return nil
        },
        .init(.claimHeld, "twice in one transaction") { stage in
            try stage.submit(
                stage.records([stage.write(stage.draw())], by: stage.home.doctor) {
                    let claim = Attachment.Claim(id: leaf(70), kind: .name, write: 0)
                    $0.claims = [claim, claim]
                })
        },
        .init(.malformed, "a claim about no write") { stage in
            try stage.submit(
                stage.records([stage.write(stage.draw())], by: stage.home.doctor) {
                    $0.claims = [.init(id: leaf(70), kind: .name, write: 1)]
                })
        },
        .init(.malformed, "one record twice") { stage in
            let record = stage.draw()
            return try stage.submit(
                stage.records([stage.write(record), stage.write(record)], by: stage.home.doctor))
        },
        .init(.malformed, "writes without a place") { stage in
            try stage.submit(
                stage.records([stage.write(stage.draw())], by: stage.home.doctor) {
                    $0.writes = []
                })
        },
        .init(.malformed, "satisfied against the author's word") { stage in
            let record = stage.draw()
            try stage.accept(stage.records([stage.write(record)], by: stage.home.doctor))
            return try stage.submit(
                stage.records([stage.write(stage.draw())], by: stage.home.doctor) {
                    $0.writes[0].satisfiedBy = record
                })
        },
        .init(.malformed, "an update that is satisfied") { stage in
            let record = stage.draw()
            try stage.accept(stage.records([stage.write(record)], by: stage.home.doctor))
            return try stage.submit(
                stage.records(
                    [stage.write(record, after: 1, conditional: true)], by: stage.home.doctor
                ) { $0.writes[0].satisfiedBy = record })
        },
        .init(.malformed, "another commitment scheme") { stage in
            var command = WireRecordsCommand()
            var write = WireWrite()
            write.record = stage.draw().bytes.field
            write.commitment.value = leaf(1).bytes.field
            write.commitment.scheme = .UNRECOGNIZED(2)
            command.writes = [write]
            var attachment = Attachment()
            attachment.writes = [.init(locator: stage.draw(), paddedSizeBytes: 1)]
            return try stage.submit(
                stage.transaction(
                    stage.intent(stage.home.doctor.id, "records", Wire.encode(command)),
                    stamps: [(.author, stage.home.doctor.key)], attachment: attachment))
        },
        .init(.malformed, "more than 4,096 writes") { stage in
            let writes = (0..<4097).map { _ in stage.write(stage.draw()) }
            return try stage.submit(
                stage.records(writes, by: stage.home.doctor) { $0.writes.removeLast() })
        },
    ]
}
