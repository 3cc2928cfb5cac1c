/// The root of a state tree from its leaves alone, given in the order of their paths: in one pass,
/// with memory for one path, and without a page.
///
/// The tree is ``StateTree``'s: a subtree with one leaf is that leaf's hash at whatever depth.
package struct StateRoot {
    /// A finished subtree, which stands for all leaves below its first `depth` bits.
    private struct Subtree {
        var hash: Digest
        /// `nil` for a single leaf, which has the same hash at every depth.
        var depth: Int?
        let path: Digest
    }

    /// Left halves of nodes that wait for their right half, outermost first, each with the number
    /// of the bit in which the halves differ.
    private var waiting: [(split: Int, left: Subtree)] = []
    private var newest: Subtree?

    package init() {}

    /// Adds the next leaf. `false`, and nothing added, where its path does not come after the one
    /// before.
    package mutating func add(path: Digest, leaf: Digest) -> Bool {
        let added = Subtree(hash: leaf, depth: nil, path: path)
        guard let before = newest else {
            newest = added
            return true
        }
        guard before.path < path else { return false }
        let split = StateRoot.common(before.path, path)
        var left = before
        while let last = waiting.last, last.split > split {
            left = StateRoot.join(last.left, left, at: last.split)
            waiting.removeLast()
        }
        waiting.append((split, left))
        newest = added
        return true
    }

    /// The root over all that was added.
    package var root: Digest {
        guard var subtree = newest else { return .zero }
        for (split, left) in waiting.reversed() {
            subtree = StateRoot.join(left, subtree, at: split)
        }
        return StateRoot.lift(subtree, to: 0).hash
    }

    /// How many bits two different paths have in common from the first on.
    private static func common(_ one: Digest, _ other: Digest) -> Int {
        one.withUnsafeBytes { one in
            other.withUnsafeBytes { other in
                for index in 0..<Digest.size where one[index] != other[index] {
                    return index * 8 + (one[index] ^ other[index]).leadingZeroBitCount
                }
                return Digest.size * 8
            }
        }
    }

    private static func join(_ left: Subtree, _ right: Subtree, at split: Int) -> Subtree {
        let halves = (lift(left, to: split + 1), lift(right, to: split + 1))
        return Subtree(
            hash: Domain.stateNode.digest(halves.0.hash, halves.1.hash), depth: split,
            // The newest path of the two is what the next leaf is compared with.
            path: right.path)
    }

    /// The same leaves seen from a place nearer the root: beside a branch, an empty half counts.
    private static func lift(_ subtree: Subtree, to depth: Int) -> Subtree {
        guard var at = subtree.depth else { return subtree }
        var lifted = subtree
        while at > depth {
            at -= 1
            lifted.hash =
                subtree.path.bit(at)
                ? Domain.stateNode.digest(.zero, lifted.hash)
                : Domain.stateNode.digest(lifted.hash, .zero)
        }
        lifted.depth = at
        return lifted
    }
}
