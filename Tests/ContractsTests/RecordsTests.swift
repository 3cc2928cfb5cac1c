import Contracts
import LedgerCore
import Testing

@Suite struct RecordsTests {
    private func record(_ stage: Stage, _ id: Identifier) throws -> WireRecordState? {
        try stage.ledger.state(.record(id), as: WireRecordState.self)
    }

    private func claim(_ stage: Stage, _ id: Digest) throws -> WireClaimState? {
        try stage.ledger.state(.claim(id, of: stage.home.member), as: WireClaimState.self)
    }

    @Test func versionsFollowOneAnother() throws {
        let stage = try Stage()
        let id = stage.draw()
        for version in UInt32(1)...5 {
            let author = version % 2 == 0 ? stage.home.nurse : stage.home.doctor
            let transaction = try stage.records([stage.write(id, after: version - 1)], by: author)
            try stage.accept(transaction)
            let state = try #require(try record(stage, id))
            #expect(state.version == version)
            #expect(Digest(state.transaction) == transaction.id)
            #expect(Identifier(state.custodian) == stage.home.member)
        }
    }

    @Test func mostWritesOfOneIntentAreOneBlock() throws {
        let stage = try Stage()
        let ids = (0..<4096).map { _ in stage.draw() }
        try stage.accept(stage.records(ids.map { stage.write($0) }, by: stage.home.doctor))
        #expect(try record(stage, ids[0])?.write == 0)
        #expect(try record(stage, ids[4095])?.write == 4095)
    }

    @Test(arguments: [0, 1, 2]) func oneBadWriteRefusesAll(place: Int) throws {
        let stage = try Stage()
        var writes = (0..<3).map { _ in stage.write(stage.draw()) }
        writes[place] = stage.write(stage.draw(), after: 3)
        let transaction = try stage.records(writes, by: stage.home.doctor) {
            $0.claims = [.init(id: leaf(1), kind: .name, write: 0)]
        }
        #expect(try stage.submit(transaction) == .unknownRecord)
        for write in writes { #expect(try record(stage, write.record) == nil) }
        #expect(try claim(stage, leaf(1)) == nil)
    }

    @Test func refusedTransactionUndoesOverItsOwnBlock() throws {
        let stage = try Stage()
        let (id, other) = (stage.draw(), stage.draw())
        let first = try stage.records([stage.write(id)], by: stage.home.doctor)
        let bad = try stage.records(
            [stage.write(id, after: 1), stage.write(other), stage.write(stage.draw(), after: 9)],
            by: stage.home.doctor)
        let second = try stage.records([stage.write(id, after: 1)], by: stage.home.nurse)
        #expect(try stage.submit([first, bad, second]) == [nil, .unknownRecord, nil])
        #expect(try record(stage, id)?.version == 2)
        #expect(try record(stage, other) == nil)
    }

    @Test func nodeWritesOnBehalfOfItsOwnPeople() throws {
        let stage = try Stage()
        let id = stage.draw()
        try stage.accept(
            stage.records(
                [stage.write(id)], author: stage.home.doctor,
                stamps: [(.onBehalf, stage.home.nodeKey)]
            ) { $0.onBehalf = .init(evidence: leaf(1), tier: 0) })
        #expect(try record(stage, id)?.version == 1)
        let administrator = try stage.records(
            [stage.write(stage.draw())], author: stage.home.administrator,
            stamps: [(.onBehalf, stage.home.nodeKey)]
        ) { $0.onBehalf = .init(evidence: leaf(1), tier: 0) }
        #expect(try stage.submit(administrator) == .policyNotMet)
    }

    @Test func satisfiedWriteCreatesNothingAndItsClaimLeadsToTheWinner() throws {
        let stage = try Stage()
        let (winner, loser, beside) = (stage.draw(), stage.draw(), stage.draw())
        try stage.accept(stage.records([stage.write(winner)], by: stage.home.doctor))
        try stage.accept(
            stage.records(
                [stage.write(loser, conditional: true), stage.write(beside)], by: stage.home.nurse
            ) {
                $0.writes[0].satisfiedBy = winner
                $0.claims = [
                    .init(id: leaf(1), kind: .idempotency, write: 0, expiresMs: .max),
                    .init(id: leaf(2), kind: .idempotency, write: 1, expiresMs: .max),
                ]
            })
        #expect(try record(stage, loser) == nil)
        #expect(try record(stage, winner)?.version == 1)
        #expect(try record(stage, beside)?.write == 1)
        #expect(try claim(stage, leaf(1)).flatMap { Identifier($0.record) } == winner)
        #expect(try claim(stage, leaf(2)).flatMap { Identifier($0.record) } == beside)
    }

    @Test func releasedClaimIsFreeAgain() throws {
        let stage = try Stage()
        let (first, second) = (stage.draw(), stage.draw())
        let claim = Attachment.Claim(id: leaf(1), kind: .condition, write: 0)
        try stage.accept(
            stage.records([stage.write(first)], by: stage.home.doctor) { $0.claims = [claim] })
        try stage.accept(
            stage.records([stage.write(first, after: 1)], by: stage.home.doctor) {
                $0.released = [leaf(1), leaf(55)]
            })
        #expect(try self.claim(stage, leaf(1)) == nil)
        try stage.accept(
            stage.records([stage.write(second)], by: stage.home.doctor) { $0.claims = [claim] })
        try stage.accept(
            stage.records([stage.write(second, after: 1)], by: stage.home.doctor) {
                $0.released = [leaf(1)]
                $0.claims = [claim]
            })
        #expect(try self.claim(stage, leaf(1)).flatMap { Identifier($0.record) } == second)
    }

    @Test func claimEndsAtItsTimeNotBefore() throws {
        let stage = try Stage()
        let expires = stage.ledger.tip.timeMs + 5000
        func attempt(_ timeMs: UInt64) throws -> RefusalReason? {
            let transaction = try stage.records([stage.write(stage.draw())], by: stage.home.doctor)
            {
                $0.claims = [.init(id: leaf(1), kind: .idempotency, write: 0, expiresMs: expires)]
            }
            return try stage.ledger.apply([stage.submission([transaction])], timeMs: timeMs)
                .outcomes[0].refusal
        }
        #expect(try attempt(expires - 4000) == nil)
        #expect(try attempt(expires - 1) == .claimHeld)
        #expect(try attempt(expires) == nil)
    }

    @Test func windowIncludesItsEnds() throws {
        let stage = try Stage()
        let start = stage.ledger.tip.timeMs
        let first = try stage.records([stage.write(stage.draw())], by: stage.home.doctor)
        let second = try stage.records([stage.write(stage.draw())], by: stage.home.doctor)
        let third = try stage.records([stage.write(stage.draw())], by: stage.home.doctor)
        for (transaction, time, refusal) in [
            (first, start + 1, RefusalReason?.none), (second, start + 300_000, nil),
            (third, start + 300_001, .outsideWindow),
        ] {
            let block = try stage.ledger.apply([stage.submission([transaction])], timeMs: time)
            #expect(block.outcomes[0].refusal == refusal)
        }
    }
}
