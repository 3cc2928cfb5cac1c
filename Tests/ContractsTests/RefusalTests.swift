import Contracts
import LedgerCore
import Testing

/// One way to be refused: the last transaction that `act` hands in meets `reason`.
struct RefusedCase: Sendable, CustomTestStringConvertible {
    let reason: RefusalReason
    let what: String
    let act: @Sendable (Stage) throws -> RefusalReason?

    var testDescription: String { "\(reason.rawValue): \(what)" }

    init(
        _ reason: RefusalReason, _ what: String,
        _ act: @escaping @Sendable (Stage) throws -> RefusalReason?
    ) {
        self.reason = reason
        self.what = what
        self.act = act
    }

    static let all =
        envelope + stamps + keys + recordCases + directory + approvals + versions + handOvers
        + passkeys

    /// Submits a record write whose intent was changed.
    private static func changed(
        _ stage: Stage, _ change: (inout Intent) -> Void
    ) throws -> RefusalReason? {
        let command = RecordsCommand.bytes([stage.write(stage.draw())])
        var intent = stage.intent(stage.home.doctor.id, "records", command)
        change(&intent)
        var attachment = Attachment()
        attachment.writes = [.init(locator: stage.draw(), paddedSizeBytes: 1)]
        return try stage.submit(
            stage.transaction(
                intent, stamps: [(.author, stage.home.doctor.key)], attachment: attachment))
    }

    static let envelope: [RefusedCase] = [
        .init(.wrongNetwork, "another network") { try changed($0) { $0.network = leaf(3) } },
        .init(.wrongChannel, "another channel") { try changed($0) { $0.channel = "other" } },
        .init(.outsideWindow, "too early") { try changed($0) { $0.notBeforeMs += 1001 } },
        .init(.outsideWindow, "too late") { stage in
            try changed(stage) { $0.notAfterMs = stage.ledger.tip.timeMs + 999 }
        },
        .init(.windowTooLong, "longer than the parameter") {
            try changed($0) { $0.notAfterMs = $0.notBeforeMs + 600_001 }
        },
        .init(.unknownContract, "no such contract") { try changed($0) { $0.contract = "votes" } },
        .init(.versionNotActive, "no such version") { try changed($0) { $0.contractVersion = 9 } },
        .init(.versionNotActive, "version 0") { try changed($0) { $0.contractVersion = 0 } },
        .init(.malformed, "no command") { try changed($0) { $0.command = [9, 9] } },
        .init(.malformed, "no write") { try changed($0) { $0.command = [] } },
        .init(.duplicate, "again in one block") { stage in
            let one = try stage.records([stage.write(stage.draw())], by: stage.home.doctor)
            let outcomes = try stage.submit([one, one])
            return outcomes[0] == nil ? outcomes[1] : .malformed
        },
        .init(.duplicate, "again in a later block") { stage in
            let one = try stage.records([stage.write(stage.draw())], by: stage.home.doctor)
            try stage.accept(one)
            return try stage.submit(one)
        },
        .init(.duplicate, "the same intent under other stamps") { stage in
            let intent = stage.intent(
                stage.home.administrator.id, "people",
                Wire.encode(PeopleCommands.grant("auditor", to: stage.home.nurse.id)))
            let own: [(StampPurpose, SigningKey)] = [(.author, stage.home.administrator.key)]
            try stage.accept(stage.transaction(intent, stamps: own))
            return try stage.submit(
                stage.transaction(intent, stamps: own + [(.approve, stage.home.nurse.key)]))
        },
        .init(.unknownNode, "a node nobody knows") { stage in
            let one = try stage.records([stage.write(stage.draw())], by: stage.home.doctor)
            return try stage.submit(one, by: House(9))
        },
        .init(.unknownNode, "a retired node") { stage in
            let second = try House.nodeDescription(
                identifier(700), of: stage.home.member, key: signingKey(700))
            try stage.accept(
                stage.members(NodeCommands.add(second), by: stage.home.administrator))
            try stage.accept(
                stage.members(NodeCommands.retire(identifier(700)), by: stage.home.administrator))
            let one = try stage.records([stage.write(stage.draw())], by: stage.home.doctor)
            let submission = try Submission(
                network: stage.ledger.genesis.digest, node: identifier(700), transactions: [one],
                signingWith: signingKey(700))
            return try stage.ledger.apply([submission]).outcomes[0].refusal
        },
        .init(.unknownAuthor, "an author nobody knows") {
            try changed($0) { $0.author = identifier(9) }
        },
        .init(.notCustodian, "an author of another member") { stage in
            let guest = try stage.guest()
            let one = try stage.records([stage.write(stage.draw())], by: guest.doctor)
            return try stage.submit(one)
        },
    ]

    static let stamps: [RefusedCase] = [
        .init(.stampMissing, "approved, but not by its author") { stage in
            try stage.submit(
                stage.records(
                    [stage.write(stage.draw())], author: stage.home.doctor,
                    stamps: [(.approve, stage.home.nurse.key)]))
        },
        .init(.stampInvalid, "an altered signature") { stage in
            let good = try stage.records([stage.write(stage.draw())], by: stage.home.doctor)
            var stamps = good.stamps
            stamps[0].signature[9] ^= 1
            return try stage.submit(
                UnverifiedTransaction(
                    intentBytes: good.intentBytes, stamps: stamps, attachment: good.attachment))
        },
        .init(.stampInvalid, "a key nobody knows") { stage in
            try stage.submit(
                stage.records(
                    [stage.write(stage.draw())], author: stage.home.doctor,
                    stamps: [(.author, signingKey(999))]))
        },
        .init(.stampInvalid, "another person's key") { stage in
            try stage.submit(
                stage.records(
                    [stage.write(stage.draw())], author: stage.home.doctor,
                    stamps: [(.author, stage.home.nurse.key)]))
        },
        .init(.stampInvalid, "a node that approves") { stage in
            try stage.submit(
                stage.records(
                    [stage.write(stage.draw())], author: stage.home.doctor,
                    stamps: [(.author, stage.home.doctor.key), (.approve, stage.home.nodeKey)]))
        },
        .init(.stampInvalid, "a submission under another node's key") { stage in
            let one = try stage.records([stage.write(stage.draw())], by: stage.home.doctor)
            let submission = try Submission(
                network: stage.ledger.genesis.digest, node: stage.home.node, transactions: [one],
                signingWith: signingKey(999))
            return try stage.ledger.apply([submission]).outcomes[0].refusal
        },
        .init(.stampNotAllowed, "on behalf without evidence") { stage in
            try stage.submit(
                stage.records(
                    [stage.write(stage.draw())], author: stage.home.doctor,
                    stamps: [(.onBehalf, stage.home.nodeKey)]))
        },
        .init(.stampNotAllowed, "on behalf by another member's node") { stage in
            let guest = try stage.guest()
            return try stage.submit(
                stage.records(
                    [stage.write(stage.draw())], author: stage.home.doctor,
                    stamps: [(.onBehalf, guest.nodeKey)]
                ) { $0.onBehalf = .init(evidence: leaf(1), tier: 0) })
        },
        .init(.stampNotAllowed, "on behalf by a person") { stage in
            try stage.submit(
                stage.records(
                    [stage.write(stage.draw())], author: stage.home.doctor,
                    stamps: [(.onBehalf, stage.home.doctor.key)]
                ) { $0.onBehalf = .init(evidence: leaf(1), tier: 0) })
        },
        .init(.stampNotAllowed, "on behalf outside records") { stage in
            var attachment = Attachment()
            attachment.onBehalf = .init(evidence: leaf(1), tier: 1)
            let command = PeopleCommands.grant("auditor", to: stage.home.nurse.id)
            return try stage.submit(
                stage.transaction(
                    stage.intent(stage.home.administrator.id, "people", Wire.encode(command)),
                    stamps: [(.onBehalf, stage.home.nodeKey)], attachment: attachment))
        },
        .init(.stampNotAllowed, "a hand-over") { stage in
            try stage.submit(
                stage.records(
                    [stage.write(stage.draw())], author: stage.home.doctor,
                    stamps: [(.author, stage.home.doctor.key), (.handOver, stage.home.nurse.key)]))
        },
    ]

    static let keys: [RefusedCase] = [
        .init(.keyRevoked, "the author's key") { stage in
            try stage.accept(
                stage.people(
                    PeopleCommands.revokeKey(stage.home.doctor.key, of: stage.home.doctor.id),
                    by: stage.home.administrator))
            return try stage.submit(
                stage.records([stage.write(stage.draw())], by: stage.home.doctor))
        },
        .init(.keyRevoked, "earlier in the same block") { stage in
            let revoke = try stage.people(
                PeopleCommands.revokeKey(stage.home.doctor.key, of: stage.home.doctor.id),
                by: stage.home.administrator)
            let write = try stage.records([stage.write(stage.draw())], by: stage.home.doctor)
            let outcomes = try stage.submit([revoke, write])
            return outcomes[0] == nil ? outcomes[1] : .malformed
        },
        .init(.keyRevoked, "an approver's key") { stage in
            try stage.accept(
                stage.people(
                    PeopleCommands.revokeKey(stage.home.nurse.key, of: stage.home.nurse.id),
                    by: stage.home.administrator))
            return try stage.submit(
                stage.records(
                    [stage.write(stage.draw())], author: stage.home.doctor,
                    stamps: [(.author, stage.home.doctor.key), (.approve, stage.home.nurse.key)]))
        },
    ]
}

@Suite struct RefusalTests {
    @Test(arguments: RefusedCase.all) func refusedForItsReason(_ refused: RefusedCase) throws {
        let stage = try Stage()
        #expect(try refused.act(stage) == refused.reason)
    }

    @Test(arguments: RefusedCase.all) func refusalLeavesNothingBehind(_ refused: RefusedCase) throws
    {
        let stage = try Stage()
        _ = try refused.act(stage)
        #expect(
            try stage.ledger.rebuiltRoot()
                == StateTree.root(read: { stage.ledger.pages[$0] }).hash)
        let writes = try stage.ledger.apply([]).writes
        #expect(writes.isEmpty)
    }

    @Test func everyReasonHasATest() {
        #expect(Set(RefusedCase.all.map(\.reason)) == Set(RefusalReason.allCases))
    }
}
