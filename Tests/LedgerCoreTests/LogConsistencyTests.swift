@testable import LedgerCore
import TestSupport
import Testing

/// Inclusion and consistency against the vectors that implementations of RFC 6962 have in common,
/// and what must not pass for either.
@Suite struct LogConsistencyTests {
    /// The leaves of Certificate Transparency's reference tests, and the roots over the first of
    /// them.
    private static let inputs = [
        "", "00", "10", "2021", "3031", "40414243", "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    ]
    private static let roots = [
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ]

    private struct Vector: Sendable {
        /// Leaf and size, or the smaller and the larger size.
        let first: UInt64
        let second: UInt64
        let path: [String]
    }

    private static let inclusions = [
        Vector(first: 0, second: 1, path: []),
        Vector(
            first: 0, second: 8,
            path: [
                "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
                "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
            ]),
        Vector(
            first: 5, second: 8,
            path: [
                "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
                "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
                "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
            ]),
        Vector(
            first: 2, second: 3,
            path: ["fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"]),
        Vector(
            first: 1, second: 5,
            path: [
                "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
                "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
            ]),
    ]
    private static let consistencies = [
        Vector(first: 1, second: 1, path: []),
        Vector(
            first: 1, second: 8,
            path: [
                "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
                "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
            ]),
        Vector(
            first: 6, second: 8,
            path: [
                "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
                "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
                "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
            ]),
        Vector(
            first: 2, second: 5,
            path: [
                "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
            ]),
        Vector(
            first: 6, second: 7,
            path: [
                "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
                "b08693ec2e721597130641e8211e7eedccb4c26413963eee6c1e2ed16ffb1a5f",
                "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
            ]),
    ]

    private static func digest(_ text: String) throws -> Digest {
        try #require(Digest(hex: text))
    }

    private static func leafHashes() throws -> [Digest] {
        try inputs.map { Digest.sha256([0] + (try hex($0))) }
    }

    private static func reader(_ size: UInt64) throws -> TileReader {
        let hashes = try leafHashes()
        return TileReader(size: size) { level, index in
            level == 0 && index == 0 ? hashes : nil
        }
    }

    @Test(arguments: inclusions.indices)
    func publishedInclusionsAreMadeAndHold(index: Int) throws {
        let vector = Self.inclusions[index]
        let path = try vector.path.map(Self.digest)
        #expect(try Self.reader(vector.second).inclusion(of: vector.first) == path)
        let root = try Self.digest(Self.roots[Int(vector.second) - 1])
        let leaf = try Self.leafHashes()[Int(vector.first)]
        func found(_ leaf: Digest, _ index: UInt64, _ size: UInt64, _ path: [Digest]) -> Digest? {
            MerkleTree.root(leafHash: leaf, index: index, size: size, path: path)
        }
        #expect(found(leaf, vector.first, vector.second, path) == root)
        // What the reference tests try: another index, size, leaf, a longer and a shorter path.
        for other in [vector.first &- 1, vector.first + 1, vector.first ^ 2] {
            #expect(found(leaf, other, vector.second, path) != root)
        }
        for other in [vector.second * 2, vector.second / 2] {
            #expect(found(leaf, vector.first, other, path) != root)
        }
        for other in [TreeHash.empty, root] where other != leaf {
            #expect(found(other, vector.first, vector.second, path) != root)
        }
        for extra in [TreeHash.empty, root, leaf] {
            #expect(found(leaf, vector.first, vector.second, path + [extra]) != root)
            #expect(found(leaf, vector.first, vector.second, [extra] + path) != root)
        }
        for position in path.indices {
            var fewer = path
            fewer.remove(at: position)
            #expect(found(leaf, vector.first, vector.second, fewer) != root)
            var changed = path
            changed[position] = flipped(changed[position])
            #expect(found(leaf, vector.first, vector.second, changed) != root)
        }
    }

    @Test(arguments: consistencies.indices)
    func publishedConsistenciesAreMadeAndHold(index: Int) throws {
        let vector = Self.consistencies[index]
        let path = try vector.path.map(Self.digest)
        #expect(try Self.reader(vector.second).consistency(from: vector.first) == path)
        let old = try Self.digest(Self.roots[Int(vector.first) - 1])
        let new = try Self.digest(Self.roots[Int(vector.second) - 1])
        expectOnlyThis(vector.first, old, vector.second, new, path)
    }

    /// That the proof holds, and that no change of it does.
    private func expectOnlyThis(
        _ first: UInt64, _ old: Digest, _ second: UInt64, _ new: Digest, _ path: [Digest]
    ) {
        func holds(
            _ first: UInt64, _ old: Digest, _ second: UInt64, _ new: Digest, _ path: [Digest]
        ) -> Bool {
            LogConsistency.holds(
                oldSize: first, oldRoot: old, newSize: second, newRoot: new, path: path)
        }
        #expect(holds(first, old, second, new, path))
        let other = flipped(old)
        #expect(!holds(first, other, second, new, path))
        #expect(!holds(first, old, second, flipped(new), path))
        guard first < second else {
            #expect(!holds(first, old, second, new, [new]))
            return
        }
        #expect(!holds(first, new, second, old, path))
        #expect(!holds(second, new, first, old, path))
        for size in [first - 1, first + 1, first ^ 2] where size != first {
            #expect(!holds(size, old, second, new, path), "\(size) for \(first)")
        }
        for size in [second * 2, second / 2] {
            #expect(!holds(first, old, size, new, path), "\(size) for \(second)")
        }
        #expect(!holds(first, old, second, new, []))
        for extra in [old, new, TreeHash.empty] {
            #expect(!holds(first, old, second, new, path + [extra]))
            #expect(!holds(first, old, second, new, [extra] + path))
        }
        for position in path.indices {
            var fewer = path
            fewer.remove(at: position)
            #expect(!holds(first, old, second, new, fewer))
            var changed = path
            changed[position] = flipped(changed[position])
            #expect(!holds(first, old, second, new, changed))
        }
    }

    private func flipped(_ digest: Digest) -> Digest {
        var bytes = digest.bytes
        bytes[3] ^= 16
        return Digest(bytes) ?? .zero
    }

    @Test func everyPairOfSizesUpToAHundredIsConsistentAndNothingElse() throws {
        var log = LogTree()
        var tiles: [String: [Digest]] = [:]
        var roots = [log.root]
        for number in 0..<100 {
            for tile in log.append([leaf(number)]) {
                tiles["\(tile.level)/\(tile.index)"] = tile.hashes
            }
            roots.append(log.root)
        }
        for second in 1...100 {
            let reader = TileReader(size: UInt64(second)) { tiles["\($0)/\($1)"] }
            for first in 1...second {
                let path = try #require(try reader.consistency(from: UInt64(first)))
                #expect(
                    LogConsistency.holds(
                        oldSize: UInt64(first), oldRoot: roots[first], newSize: UInt64(second),
                        newRoot: roots[second], path: path), "\(first) to \(second)")
                // Another history of the same length.
                #expect(
                    !LogConsistency.holds(
                        oldSize: UInt64(first), oldRoot: flipped(roots[first]),
                        newSize: UInt64(second), newRoot: roots[second], path: path),
                    "\(first) to \(second)")
            }
        }
    }

    @Test func theEmptyTreeIsTheBeginningOfEveryOne() throws {
        let root = try Self.digest(Self.roots[7])
        let reader = try Self.reader(8)
        #expect(try reader.consistency(from: 0) == [])
        #expect(try reader.consistency(from: 9) == nil)
        func holds(_ old: Digest, _ path: [Digest]) -> Bool {
            LogConsistency.holds(oldSize: 0, oldRoot: old, newSize: 8, newRoot: root, path: path)
        }
        #expect(holds(TreeHash.empty, []))
        #expect(!holds(root, []))
        #expect(!holds(TreeHash.empty, [root]))
    }

    @Test func proofsAcrossTilesHold() async throws {
        var log = LogTree()
        var tiles: [String: [Digest]] = [:]
        for tile in log.append(leaves(70_000)) {
            tiles["\(tile.level)/\(tile.index)"] = tile.hashes
        }
        let known = tiles
        for await item in Soak.cases(usual: 30, long: 3_000, pinned: 0xc0_5157) {
            var random = item.random
            let second = UInt64.random(in: 1...70_000, using: &random)
            let first = UInt64.random(in: 1...second, using: &random)
            let reader = TileReader(size: second) { known["\($0)/\($1)"] }
            let path = try #require(try reader.consistency(from: first))
            let old = MerkleTree(leaves: leaves(Int(first))).root
            let new = MerkleTree(leaves: leaves(Int(second))).root
            expectOnlyThis(first, old, second, new, path)
        }
    }

    @Test func theMedianIsWhenMoreThanHalfHadSigned() {
        #expect(CosignedTime.median([]) == nil)
        #expect(CosignedTime.median([7]) == 7)
        #expect(CosignedTime.median([9, 3]) == 9)
        #expect(CosignedTime.median([5, 900, 1]) == 5)
        #expect(CosignedTime.median([4, 1, 3, 2]) == 3)
    }
}
