import Contracts
import LedgerCore
import TestSupport
import Testing

/// Numbers from outside at the edges of what fields hold: refused by a reason or accepted, never a
/// trap and never a number that came round.
@Suite struct EdgeNumberTests {
    private static let wide: [UInt64] = [
        0, 1, 2, 255, 1 << 31, (1 << 32) - 1, 1 << 32, 1 << 63, .max - 1, .max,
    ]
    private static let narrow: [UInt32] = [0, 1, 2, 1 << 31, .max - 1, .max]

    @Test func versionOfARecordDoesNotComeRound() throws {
        let stage = try Stage()
        let record = stage.draw()
        var newest = WireRecordState()
        newest.custodian = stage.home.member.bytes.field
        newest.version = .max
        stage.ledger.entries[StateKey.record(record).bytes] = Wire.encode(newest)
        #expect(
            try stage.submit(
                stage.records([stage.write(record, after: .max)], by: stage.home.doctor))
                == .versionConflict)
        newest.version = .max - 1
        stage.ledger.entries[StateKey.record(record).bytes] = Wire.encode(newest)
        try stage.accept(
            stage.records([stage.write(record, after: .max - 1)], by: stage.home.doctor))
        #expect(
            try stage.ledger.state(.record(record), as: WireRecordState.self)?.version == .max)
    }

    @Test func administratorsDoNotComeRound() throws {
        let stage = try Stage()
        let key = StateKey.member(stage.home.member)
        var member = try #require(try stage.ledger.state(key, as: WireMemberState.self))
        member.administrators = .max
        stage.ledger.entries[key.bytes] = Wire.encode(member)
        #expect(
            try stage.submit(
                stage.people(
                    PeopleCommands.grant("administrator", to: stage.home.doctor.id),
                    by: stage.home.administrator)) == .malformed)
        #expect(
            try stage.ledger.state(key, as: WireMemberState.self)?.administrators == .max)
    }

    @Test func windowsAtTheEdges() throws {
        let stage = try Stage()
        for from in Self.wide {
            for until in Self.wide where from <= until {
                for isProposed in [false, true] {
                    var intent = stage.waiting(
                        PeopleCommands.grant("auditor", to: stage.home.nurse.id),
                        by: stage.home.administrator)
                    intent.notBeforeMs = from
                    intent.notAfterMs = until
                    let transaction =
                        isProposed
                        ? try stage.propose(intent, by: stage.home.administrator)
                        : try stage.transaction(
                            intent, stamps: [(.author, stage.home.administrator.key)])
                    let refusal = try stage.submit(transaction)
                    #expect([.outsideWindow, .windowTooLong].contains(refusal))
                }
            }
        }
    }

    @Test func deadlinesAtTheEdges() throws {
        let stage = try Stage()
        for seconds in Self.narrow {
            let intent = stage.waiting(
                PeopleCommands.grant("auditor", to: stage.home.nurse.id),
                by: stage.home.administrator)
            let refusal = try stage.submit(
                stage.propose(
                    intent, .within(seconds, .person(stage.home.doctor.id)),
                    by: stage.home.administrator))
            #expect(refusal == ((1...31_622_400).contains(seconds) ? nil : .policyInvalid))
        }
        for count in Self.narrow {
            var command = ApprovalsCommands.propose(
                stage.waiting(
                    PeopleCommands.grant("auditor", to: stage.home.nurse.id),
                    by: stage.home.administrator), .member(stage.home.member))
            var list = WirePolicyCount()
            list.count = count
            list.parts = [command.propose.policy]
            command.propose.policy.outOf = list
            let refusal = try stage.submit(
                stage.approvals(command, by: stage.home.administrator))
            #expect(refusal == (count == 1 ? nil : .policyInvalid))
        }
    }

    /// Heights, versions and oldest versions of an activation.
    @Test func activationsAtTheEdges() throws {
        for height in Self.wide {
            for version in Self.narrow {
                for oldest in Self.narrow {
                    let stage = try Stage()
                    let refusal = try stage.submit(
                        stage.versions(
                            VersionCommands.activate(
                                [VersionCommands.version("people", version, oldest: oldest)],
                                at: height)))
                    if refusal == nil {
                        #expect(height > 1 && version >= 2 && oldest <= version)
                        #expect(try stage.table()?.pending.height == height)
                    } else {
                        #expect(
                            [.malformed, .alreadyExists, .heightPassed].contains(refusal))
                    }
                }
            }
        }
    }

    @Test func claimsAtTheEdges() throws {
        let stage = try Stage()
        for (index, expires) in Self.wide.enumerated() {
            for write in [0, 1, Int(UInt32.max)] {
                let id = leaf(index * 10 + min(write, 2) + 100)
                let refusal = try stage.submit(
                    stage.records([stage.write(stage.draw())], by: stage.home.doctor) {
                        $0.claims = [
                            .init(id: id, kind: .condition, write: write, expiresMs: expires)
                        ]
                    })
                #expect(refusal == (write == 0 ? nil : .malformed))
            }
        }
    }

    /// Any batch time leads to a block; times only grow.
    @Test func batchTimesAtTheEdges() throws {
        let stage = try Stage()
        try stage.accept(
            stage.propose(
                stage.waiting(
                    PeopleCommands.grant("auditor", to: stage.home.nurse.id),
                    by: stage.home.administrator), .person(stage.home.doctor.id),
                by: stage.home.administrator))
        for timeMs in Self.wide {
            let before = stage.ledger.tip.timeMs
            try stage.ledger.apply([], timeMs: timeMs)
            #expect(stage.ledger.tip.timeMs > before)
        }
    }

    /// Longest windows that a genesis can name.
    @Test func windowParametersAtTheEdges() throws {
        for windowMs in Self.wide where windowMs > 0 {
            let house = try House(1)
            let founded = try house.genesis(contracts: ContractVersions.present)
            var body = founded.body
            body.parameters.windowMaxMs = windowMs
            let stage = try Stage(
                home: house,
                genesis: Genesis(
                    body: body,
                    founders: [
                        house.nodeKey, house.administrator.key, house.doctor.key, house.nurse.key,
                    ]))
            _ = try stage.submit(stage.attribute("icu"))
            try stage.ledger.apply([], timeMs: .max)
        }
    }
}
