import KeyValue
import LedgerCore
import Storage
import TestSupport
import Testing

/// What an entry was is shown at every height that is kept.
@Suite struct StateHistoryTests {
    /// Changes, removals and entries that come back, against a model; restarts on the way.
    @Test(arguments: StoreKind.allCases)
    func everyEntryIsProvedAtEveryHeight(kind: StoreKind) async throws {
        for await item in Soak.cases(usual: 3, long: 100, pinned: 1) {
            let folder = TestFolder()
            var store = try kind.make(folder)
            var history = StateHistory(item.random)
            for height in 0..<90 {
                try history.commit(to: store)
                guard height % 30 == 29 else { continue }
                if kind == .rocks {
                    try store.flush()
                    store.close()
                    store = try kind.make(folder)
                }
                let seen = try history.check(store)
                #expect(seen.states == height + 1)
                #expect(seen.formerPresent > 0 && seen.formerOther > 0 && seen.empty > 0, "\(item)")
            }
            store.close()
        }
    }

    /// The state of the newest root at or below the floor is kept whole, though its root is older
    /// than the floor; and what it does not need goes.
    @Test(arguments: StoreKind.allCases)
    func whatIsPrunedIsGoneAndWhatIsKeptIsWhole(kind: StoreKind) async throws {
        for await item in Soak.cases(usual: 3, long: 100, pinned: 1) {
            let folder = TestFolder()
            let store = try kind.make(folder)
            defer { store.close() }
            var history = StateHistory(item.random)
            for height in UInt64(0)..<120 {
                try history.commit(to: store)
                if height % 10 == 9 { try store.prune(below: height - min(height, 25)) }
                try store.flush()
                if height % 40 == 39 { _ = try history.check(store, floor: height - 25) }
            }
            let seen = try history.check(store, floor: 94)
            #expect(seen.formerPresent > 0 && seen.formerOther > 0, "\(item)")
            let floor = try #require(history.version(atMost: 94))
            let asked = StateHistory.asked.count * history.roots.keys.filter { $0 < floor }.count
            var gone = try history.checkPruned(store, below: floor)
            // RocksDB merges files by itself; those of the last floor may wait for more.
            for _ in 0..<200 where kind == .rocks && gone < asked / 2 {
                try await Task.sleep(for: .milliseconds(20))
                gone = try history.checkPruned(store, below: floor)
            }
            #expect(kind == .rocks ? gone >= asked / 2 : gone == asked, "\(item)")
            let left = try StateHistoryTests.formerHeights(store)
            #expect(kind == .rocks || left.allSatisfy { $0 > floor }, "\(item)")
            #expect(left.contains { $0 > floor }, "\(item)")
            #expect(left.count { $0 <= floor } < 30, "\(item)")
        }
    }

    /// At which heights the values were replaced that the store keeps.
    private static func formerHeights(_ store: any LedgerStore) throws -> [UInt64] {
        var heights: [UInt64] = []
        try store.forEach(.former, from: []) { key, _ in
            heights.append(key.suffix(8).reduce(0) { $0 << 8 | UInt64($1) })
            return .continue
        }
        return heights
    }

    /// Whose tree's pages this version does not read is emptied, to be built again.
    @Test func aFolderOfAnEarlierFormIsEmptied() throws {
        for root in [[UInt8](repeating: 2, count: 33), [2] + [UInt8](repeating: 0, count: 40)] {
            let folder = TestFolder()
            var history = StateHistory(SeededGenerator(seed: 5))
            var store = try RocksLedgerStore(directory: folder.path)
            try history.commit(to: store)
            try store.store(nodes: [(PageName.rootOfEarlierForms, root)])
            try store.flush()
            store.close()
            store = try RocksLedgerStore(directory: folder.path, readOnly: true)
            #expect(store.isOlderForm)
            store.close()
            store = try RocksLedgerStore(directory: folder.path)
            #expect(!store.isOlderForm)
            #expect(try store.head() == nil)
            var left = 0
            for kind in LedgerKind.allCases {
                try store.forEach(kind, from: []) { _, _ in
                    left += 1
                    return .continue
                }
            }
            #expect(left == 0)
            // What this version writes stays.
            var again = StateHistory(SeededGenerator(seed: 5))
            try again.commit(to: store)
            try store.flush()
            store.close()
            store = try RocksLedgerStore(directory: folder.path)
            #expect(try store.head()?.height == 0)
            #expect(try again.check(store).states == 1)
            store.close()
        }
    }
}
