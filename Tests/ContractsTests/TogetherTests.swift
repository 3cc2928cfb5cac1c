import Contracts
import LedgerCore
import TestSupport
import Testing

/// A block's transactions come to the same together, with what they ask for read ahead and what
/// many ask for remembered, as one by one.
@Suite struct TogetherTests {
    /// Two ledgers of one network with the same life, one block or many at a time.
    private struct Lives {
        var random: SeededGenerator
        let together: Stage
        let alone: Stage
        var written: [Identifier: UInt32] = [:]
        var handedIn: [UnverifiedTransaction] = []
        var reasons = Set<RefusalReason?>()

        init(seed: UInt64) throws {
            random = SeededGenerator(seed: seed)
            together = try Stage()
            alone = try Stage()
        }

        /// Something that a block may hold: mostly records, sometimes what changes who may write.
        mutating func draw() throws -> UnverifiedTransaction {
            let home = together.home
            let author = [home.doctor, home.nurse, home.administrator].randomElement(using: &random)
            guard let author else { return try together.people(.init(), by: home.administrator) }
            switch Int.random(in: 0..<12, using: &random) {
            case 0:
                return try together.people(
                    PeopleCommands.revoke("practitioner", of: home.doctor.id),
                    by: home.administrator)
            case 1, 2:
                return try together.people(
                    PeopleCommands.grant("practitioner", to: home.doctor.id),
                    by: home.administrator)
            case 3: if let old = handedIn.randomElement(using: &random) { return old }
            case 4, 5:
                if let (record, version) = written.randomElement(using: &random) {
                    written[record] = version + 1
                    return try together.records(
                        [together.write(record, after: version)], by: author)
                }
            default: break
            }
            let records = (0..<Int.random(in: 1...3, using: &random)).map { _ in together.draw() }
            for record in records { written[record] = 1 }
            return try together.records(records.map { together.write($0) }, by: author)
        }

        /// One block of `count` for one ledger, `count` blocks for the other.
        mutating func block(of count: Int) throws {
            let transactions = try (0..<count).map { _ in try draw() }
            handedIn = Array((handedIn + transactions).suffix(50))
            var verified: [Digest: VerifiedTransaction] = [:]
            let ledger = together.ledger
            for transaction in transactions where Bool.random(using: &random) {
                verified[transaction.digest] = try? transaction.verified { id in
                    guard let entry = try ledger.state(.key(id), as: WireKeyState.self) else {
                        return nil
                    }
                    let key = try PublicKey(entry.key)
                    return (key, try ParsedKey(key))
                }
            }
            var expected = [RefusalReason?]()
            for transaction in transactions {
                let block = try alone.ledger.apply(
                    [alone.submission([transaction])], timeMs: alone.ledger.tip.timeMs + 1)
                expected += block.outcomes.map(\.refusal)
            }
            let block = try ledger.apply(
                [together.submission(transactions)], timeMs: alone.ledger.tip.timeMs,
                verified: verified)
            #expect(block.outcomes.map(\.refusal) == expected)
            reasons.formUnion(expected)
            #expect(ledger.entries == alone.ledger.entries)
        }
    }

    @Test(arguments: 0..<UInt64(6))
    func aBlockIsAsItsTransactionsOneByOne(seed: UInt64) throws {
        var lives = try Lives(seed: seed)
        for count in [40, 8, 7, 60, 30, 1, 50] { try lives.block(of: count) }
        #expect(lives.reasons.isSuperset(of: [nil, .duplicate, .policyNotMet]), "seed \(seed)")
    }

    @Test func whatABlockTakesAwayIsGoneForTheRestOfIt() throws {
        let stage = try Stage()
        let home = stage.home
        func record() throws -> UnverifiedTransaction {
            try stage.records([stage.write(stage.draw())], by: home.doctor)
        }
        let before = try (0..<5).map { _ in try record() }
        let revoke = try stage.people(
            PeopleCommands.revokeKey(home.doctor.key, of: home.doctor.id), by: home.administrator)
        let after = try (0..<5).map { _ in try record() }
        let reasons = try stage.submit(before + [revoke] + after)
        #expect(reasons.prefix(6).allSatisfy { $0 == nil })
        #expect(reasons.dropFirst(6).allSatisfy { $0 == .keyRevoked })
    }
}
