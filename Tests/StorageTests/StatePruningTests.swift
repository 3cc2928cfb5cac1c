import Foundation
import KeyValue
import LedgerCore
import Storage
import TestSupport
import Testing

/// Old versions of the state tree's pages go once nobody asks for them, and never one that is.
@Suite struct StatePruningTests {
    /// Commits page versions at a few places, with tombstones, and prunes on the way.
    @Test(arguments: StoreKind.allCases)
    func whatIsKeptIsWhatTheRetainedStatesNeed(kind: StoreKind) async throws {
        let folder = TestFolder()
        let store = try kind.make(folder)
        defer { store.close() }
        var random = SeededGenerator(seed: 11)
        var written: [[UInt8]: [UInt8]] = [:]
        let places = (0..<6).map { [UInt8(2), $0, 0xa0] } + [PageName.root]
        let (heights, floor) = (UInt64(40), UInt64(29))
        for height in 0..<heights {
            var commit = LedgerCommit(
                height: height, head: [],
                block: BlockPlace(
                    position: ChainPosition(segment: 0, offset: 0, length: 1), firstLeaf: 0))
            for place in places where Int.random(in: 0..<3, using: &random) == 0 {
                let isGone =
                    Int.random(in: 0..<5, using: &random) == 0 && place != PageName.root
                let name = PageName.versioned(place, height)
                written[name] = isGone ? [] : [UInt8(height)]
                commit.nodes.append((name, written[name]))
            }
            commit.nodes.append((PageName.root, [UInt8(height)]))
            commit.nodes.append(([0xff, UInt8(height), 0, 0, 0, 0, 0, 0, 9], [1]))
            try store.commit(commit)
            if height == floor + 2 { try store.prune(below: floor) }
            try store.flush()
        }
        try store.prune(below: floor)
        // The state that counts at the floor is that of the newest root up to it.
        let versions = written.keys.compactMap { PageName.split($0) }
            .filter { Array($0.place) == PageName.root }.map(\.version)
        let oldest = try #require(versions.filter { $0 <= floor }.max())
        #expect(oldest < floor)
        let needed = written.filter { StatePruningTests.isNeeded($0.key, oldest, written) }
        #expect(needed.count < written.count / 2)
        // RocksDB merges files by itself; the last ones may wait for more.
        var left = try pages(of: store)
        for _ in 0..<200 where left.count > needed.count + places.count * 4 {
            try await Task.sleep(for: .milliseconds(20))
            left = try pages(of: store)
        }
        #expect(left.count <= needed.count + places.count * 4)
        for (name, bytes) in left { #expect(written[name] == bytes) }
        for (name, bytes) in needed { #expect(left[name] == bytes, "\(name)") }
        // What has no version stays whatever happens.
        #expect(try store.stateNode(PageName.root) == [UInt8(heights - 1)])
        #expect(try store.stateNode([0xff, 0, 0, 0, 0, 0, 0, 0, 9]) == [1])
    }

    /// Whether a state at or above the floor reads the page.
    private static func isNeeded(
        _ name: [UInt8], _ floor: UInt64, _ written: [[UInt8]: [UInt8]]
    ) -> Bool {
        guard let (place, version) = PageName.split(name), written[name] != [] else { return false }
        if version > floor { return true }
        return !written.keys.contains { other in
            guard let (otherPlace, otherVersion) = PageName.split(other) else { return false }
            return otherPlace == place && otherVersion > version && otherVersion <= floor
        }
    }

    private func pages(of store: any LedgerStore) throws -> [[UInt8]: [UInt8]] {
        var found: [[UInt8]: [UInt8]] = [:]
        try store.forEachStateNode { name, bytes in
            if PageName.split(name) != nil { found[name] = bytes }
            return .continue
        }
        return found
    }
}
