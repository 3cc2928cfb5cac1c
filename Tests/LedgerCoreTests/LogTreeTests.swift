import LedgerCore
import TestSupport
import Testing

/// Tiles as a store keeps them: later ones replace earlier ones of the same place.
private final class TileStore {
    private var tiles: [String: [Digest]] = [:]

    func keep(_ changed: [LogTree.Tile]) {
        for tile in changed { tiles["\(tile.level)/\(tile.index)"] = tile.hashes }
    }

    func read(_ level: UInt8, _ index: UInt64) -> [Digest]? { tiles["\(level)/\(index)"] }

    func drop(_ level: UInt8, _ index: UInt64) { tiles["\(level)/\(index)"] = nil }
}

@Suite struct LogTreeTests {
    @Test(arguments: [1, 2, 3, 7, 64, 255, 256, 257, 600])
    func everyChunkingGivesTheReferenceRoot(chunk: Int) {
        let all = leaves(600)
        var log = LogTree()
        for start in stride(from: 0, to: all.count, by: chunk) {
            _ = log.append(Array(all[start..<min(start + chunk, all.count)]))
            #expect(log.root == NaiveLog.root(all.prefix(Int(log.size)).map(\.bytes)[...]))
        }
        #expect(log.size == 600)
    }

    @Test func emptyLogHasTheEmptyRoot() {
        #expect(LogTree().root == TreeHash.empty)
        var log = LogTree()
        #expect(log.append([]).isEmpty)
        #expect(log == LogTree())
    }

    @Test func tilesRebuildTheLogAtEverySize() throws {
        let store = TileStore()
        var log = LogTree()
        for number in 0...1000 {
            let rebuilt = try LogTree(size: UInt64(number), tile: store.read)
            #expect(rebuilt == log, "size \(number)")
            store.keep(log.append([leaf(number)]))
        }
    }

    @Test func tilesRebuildTheLogAroundAFullTileOfTiles() throws {
        let store = TileStore()
        var log = LogTree()
        store.keep(log.append(leaves(65_530)))
        for number in 65_530...65_540 {
            #expect(try LogTree(size: UInt64(number), tile: store.read) == log, "size \(number)")
            let root = MerkleTree(leaves: leaves(number)).root
            #expect(log.root == root, "size \(number)")
            try verify(store, size: number, index: number - 1, root: root)
            try verify(store, size: number, index: 255, root: root)
            store.keep(log.append([leaf(number)]))
        }
    }

    @Test func rebuiltLogGrowsLikeTheOriginal() throws {
        let store = TileStore()
        var log = LogTree()
        store.keep(log.append(leaves(777)))
        var rebuilt = try #require(try LogTree(size: 777, tile: store.read))
        #expect(rebuilt.append(leaves(300)) == log.append(leaves(300)))
        #expect(rebuilt == log)
    }

    @Test func laterTilesServeEarlierSizes() throws {
        let store = TileStore()
        var log = LogTree()
        store.keep(log.append(leaves(900)))
        var early = LogTree()
        _ = early.append(leaves(513))
        #expect(try LogTree(size: 513, tile: store.read) == early)
        try verify(store, size: 513, index: 512, root: early.root)
    }

    @Test func inclusionFromTilesVerifies() async throws {
        let store = TileStore()
        var log = LogTree()
        store.keep(log.append(leaves(5000)))
        for await item in Soak.cases(usual: 60, long: 6_000, pinned: 0x10_67ee) {
            var random = item.random
            let size = Int.random(in: 1...5000, using: &random)
            let index = Int.random(in: 0..<size, using: &random)
            let root = MerkleTree(leaves: leaves(size)).root
            try verify(store, size: size, index: index, root: root)
        }
    }

    @Test func missingTileIsToldFromAnEmptyLog() throws {
        let store = TileStore()
        var log = LogTree()
        store.keep(log.append(leaves(300)))
        #expect(try LogTree(size: 301, tile: store.read) == nil)
        #expect(try TileReader(size: 300, tile: store.read).inclusion(of: 300) == nil)
        store.drop(0, 0)
        #expect(try TileReader(size: 300, tile: store.read).inclusion(of: 3) == nil)
        store.drop(1, 0)
        #expect(try LogTree(size: 300, tile: store.read) == nil)
    }

    private func verify(_ store: TileStore, size: Int, index: Int, root: Digest) throws {
        let reader = TileReader(size: UInt64(size), tile: store.read)
        let path = try #require(try reader.inclusion(of: UInt64(index)))
        #expect(
            MerkleTree.root(
                leaf: leaf(index), index: UInt64(index), size: UInt64(size), path: path) == root,
            "leaf \(index) of \(size)")
    }
}
