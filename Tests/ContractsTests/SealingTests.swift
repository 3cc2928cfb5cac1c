import Contracts
import LedgerCore
import TestSupport
import Testing

@Suite struct SealingTests {
    @Test func aBegunSealsRootComesWithTheNextSeal() throws {
        let stage = try Stage()
        func write(_ seal: Batch.Seal) throws -> Header {
            let record = try stage.records([stage.write(stage.draw())], by: stage.home.doctor)
            return try stage.ledger.apply([stage.submission([record])], seal: seal).header
        }
        _ = try write(.none)
        let first = try write(.begin)
        #expect(first.stateRoot == nil && first.stateLag == 0)
        let root = try stage.ledger.rebuiltRoot()
        _ = try write(.none)
        let second = try write(.begin)
        #expect(second.stateRoot == root && second.stateLag == 2)
        #expect(!stage.ledger.tip.isSealed)
        let third = try write(.now)
        #expect(third.stateRoot == (try stage.ledger.rebuiltRoot()) && third.stateLag == 0)
        #expect(stage.ledger.tip.isSealed)
    }

    /// Whatever is sealed when, and wherever the node starts again: a header's root is that of a
    /// fresh tree over the state it names, and no row outlives its seal.
    @Test func rootsAreThoseOfFreshTreesWhateverIsSealedWhen() async throws {
        for await item in Soak.cases(usual: 4, long: 60, pinned: 1) { try check(item) }
    }

    private func check(_ item: SeededCase) throws {
        var random = item.random
        let (one, other) = (try Stage(), try Stage())
        var roots = [UInt64: Digest]()
        for round in 0..<40 {
            let seal: Batch.Seal =
                round == 39
                ? .now
                : [.none, .none, .now, .begin, .begin]
                    .randomElement(using: &random) ?? .none
            let count = Int.random(in: 0...3, using: &random)
            let claims = Bool.random(using: &random)
            for stage in [one, other] {
                let transactions = try (0..<count).map { _ in
                    try stage.records([stage.write(stage.draw())], by: stage.home.doctor) {
                        if claims { $0.claims = [.init(id: leaf(1), kind: .name, write: 0)] }
                        if !claims { $0.released = [leaf(1)] }
                    }
                }
                let submissions = count == 0 ? [] : [try stage.submission(transactions)]
                let header = try stage.ledger.apply(submissions, seal: seal).header
                roots[header.height] = try stage.ledger.rebuiltRoot()
                if let root = header.stateRoot {
                    #expect(root == roots[header.height - header.stateLag], "\(item) \(round)")
                }
                #expect(seal != .now || header.stateRoot != nil && header.stateLag == 0)
            }
            if Bool.random(using: &random) { try other.ledger.restart() }
            #expect(one.ledger.tip.hash == other.ledger.tip.hash, "\(item) \(round)")
            #expect(one.ledger.tip.unsealed == other.ledger.tip.unsealed)
            #expect(one.ledger.pages == other.ledger.pages)
        }
        #expect(!other.ledger.pages.keys.contains { $0.first == UnsealedRow.prefix })
    }
}
