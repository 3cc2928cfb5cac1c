import LedgerCore
import TestSupport
import Testing

@Suite("A state root in one pass") struct StateRootTests {
    /// The tree's definition over the whole set at once, for paths of any kind.
    private func naive(
        _ leaves: [(path: Digest, leaf: Digest)], depth: Int = 0
    ) -> Digest {
        if leaves.count < 2 { return leaves.first?.leaf ?? .zero }
        let left = naive(leaves.filter { !$0.path.bit(depth) }, depth: depth + 1)
        let right = naive(leaves.filter { $0.path.bit(depth) }, depth: depth + 1)
        return Domain.stateNode.digest(left.bytes, right.bytes)
    }

    private func streamed(_ leaves: [(path: Digest, leaf: Digest)]) -> Digest {
        var root = StateRoot()
        for leaf in leaves.sorted(by: { $0.path < $1.path }) {
            let isTaken = root.add(path: leaf.path, leaf: leaf.leaf)
            #expect(isTaken)
        }
        return root.root
    }

    @Test func isTheTreesRootForAnySet() async throws {
        for await item in Soak.cases(usual: 20, long: 2_000, pinned: 3) {
            var random = item.random
            var leaves = [Digest: Digest]()
            for _ in 0..<Int.random(in: 0...300, using: &random) {
                var path = random.bytes(Digest.size)
                // Long common prefixes, down to the last bit.
                if let other = leaves.keys.sorted().last, Bool.random(using: &random) {
                    let shared = Int.random(in: 0..<Digest.size * 8, using: &random)
                    path = other.bytes
                    path[shared / 8] ^= 0x80 >> UInt8(shared % 8)
                }
                leaves[Digest(path) ?? .zero] = Digest(random.bytes(Digest.size))
            }
            let set = leaves.map { (path: $0.key, leaf: $0.value) }
            #expect(streamed(set) == naive(set), "\(item)")
        }
    }

    @Test func isWhatTheTreesUpdateComesTo() throws {
        for count in [0, 1, 2, 17, 900] {
            let changes = (0..<count).map { number in
                StateTree.Change(key: Array("key \(number)".utf8), value: [UInt8(number & 0xff)])
            }
            var update = StateTreeUpdate(version: 0, read: { _ in nil })
            let set = try changes.map { (path: $0.path, leaf: try #require($0.leaf)) }
            #expect(try update.apply(changes) == streamed(set))
        }
    }

    @Test func whatIsOutOfOrderIsNotTaken() {
        let low = Digest([UInt8](repeating: 1, count: 32)) ?? .zero
        let high = Digest([UInt8](repeating: 2, count: 32)) ?? .zero
        var root = StateRoot()
        let taken = [(high, true), (low, false), (high, false)].map { path, isTaken in
            root.add(path: path, leaf: low) == isTaken
        }
        #expect(taken == [true, true, true])
        #expect(root.root == low)
        #expect(StateRoot().root == .zero)
    }
}
