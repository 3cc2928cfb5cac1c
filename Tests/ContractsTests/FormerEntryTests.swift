import Contracts
import Crypto
import LedgerCore
import TestSupport
import Testing

/// A block tells what the entries were that it changes or removes.
@Suite struct FormerEntryTests {
    @Test func everyValueThatIsReplacedIsToldAndNoOther() async throws {
        for await item in Soak.cases(usual: 3, long: 60, pinned: 1) { try check(item) }
    }

    private func check(_ item: SeededCase) throws {
        var random = item.random
        let stage = try Stage()
        var records: [(id: Identifier, version: UInt32)] = []
        var told = 0
        var isClaimed = false
        for round in 0..<40 {
            var transactions: [UnverifiedTransaction] = []
            // Versions of one record in one block: what it was before all of them counts.
            for _ in 0..<Int.random(in: 0...3, using: &random) where !records.isEmpty {
                let place = Int.random(in: 0..<records.count, using: &random)
                let record = records[place]
                transactions.append(
                    try stage.records(
                        [stage.write(record.id, after: record.version)], by: stage.home.doctor))
                records[place].version += 1
            }
            let made = stage.draw()
            transactions.append(
                try stage.records([stage.write(made)], by: stage.home.doctor) {
                    if isClaimed { $0.released = [leaf(1)] }
                    if !isClaimed || round % 3 == 0 {
                        $0.claims = [.init(id: leaf(1), kind: .name, write: 0)]
                    }
                })
            isClaimed = !isClaimed || round % 3 == 0
            records.append((made, 1))
            if round == 20 {
                let key = PeopleCommands.addKey
                transactions.append(
                    try stage.people(
                        try key(.p256(.init()), stage.home.doctor.id), by: stage.home.administrator)
                )
            }
            let before = stage.ledger.entries
            let block = try stage.ledger.apply([try stage.submission(transactions)])
            #expect(block.outcomes.allSatisfy { $0.refusal == nil }, "\(item) \(round)")
            let expected = block.writes.compactMap { write in
                before[write.key].flatMap { value in
                    value == write.value ? nil : (StateTree.path(of: write.key), value)
                }
            }
            #expect(block.former.map(\.path) == expected.map(\.0), "\(item) \(round)")
            #expect(block.former.map(\.value) == expected.map(\.1), "\(item) \(round)")
            told += expected.count
        }
        #expect(told > 40)
    }

    /// What a new entry was is known from looking whether it is there.
    @Test func whatIsNewIsLookedUpOnce() throws {
        let stage = try Stage()
        var reads: [[UInt8]: Int] = [:]
        let execution = Execution(
            network: stage.ledger.genesis.digest, channel: "main", ordering: .local,
            entry: {
                reads[$0, default: 0] += 1
                return stage.ledger.entries[$0]
            },
            page: { stage.ledger.pages[$0] }, isAccepted: { _ in false }, members: { [] })
        let transactions = try (0..<20).map { number in
            try stage.records([stage.write(stage.draw())], by: stage.home.doctor) {
                $0.claims = [.init(id: leaf(number), kind: .name, write: 0)]
            }
        }
        let submission = try stage.submission(transactions)
        let batch = Batch(
            timeMs: stage.ledger.tip.timeMs + 1, seal: .none, submissions: [submission.bytes])
        let block = try execution.apply(
            batch, submissions: [submission], verified: [:], after: stage.ledger.tip)
        #expect(block.writes.count == 40)
        #expect(block.former.isEmpty)
        for write in block.writes { #expect(reads[write.key] == 1) }
    }
}
