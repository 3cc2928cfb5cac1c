/// The authenticated map over a channel's state: a compact sparse Merkle tree.
///
/// A key's path is the SHA-256 of the key under its domain. A subtree without leaves hashes to 32
/// zero bytes; with one leaf, to that leaf's hash at whatever depth; with more, to the hash of its
/// two halves. The root therefore depends on the set of entries alone, not on their history, and
/// absence is proved by an empty subtree or by another leaf on the way (compare Diem's Jellyfish
/// Merkle tree).
///
/// Nodes are stored in pages of four levels, named by depth, path prefix and version: the height of
/// the state that they belong to. A branch names its page's version, so that a page once written
/// never changes, and the tree of an older height stays readable until its pages are pruned.
package enum StateTree {
    /// Levels of the binary tree that one page spans.
    static let nibbleBits = 4
    /// Children of a page.
    static let fanOut = 16

    /// The place of a key in the tree.
    package static func path(of key: [UInt8]) -> Digest { Domain.stateKey.digest(key) }

    /// The hash of one entry.
    package static func leaf(path: Digest, value: [UInt8]) -> Digest {
        Domain.stateLeaf.digest(path, value)
    }

    /// A change of one entry: its new leaf hash, or `nil` where it was removed.
    package struct Change: Hashable, Sendable {
        package let path: Digest
        package let leaf: Digest?

        package init(path: Digest, leaf: Digest?) {
            self.path = path
            self.leaf = leaf
        }
    }

    /// A page to store under a name; rows beside the pages may also be deleted. A page without
    /// bytes says that from its version on there is none at its place.
    package struct PageWrite: Hashable, Sendable {
        package let name: [UInt8]
        package let bytes: [UInt8]?

        package init(name: [UInt8], bytes: [UInt8]?) {
            self.name = name
            self.bytes = bytes
        }
    }

    /// What stands at one place of the tree.
    package enum Slot: Hashable, Sendable {
        case empty
        case leaf(path: Digest, hash: Digest)
        /// Two leaves or more; the version is that of the page.
        case branch(Digest, version: UInt64)

        /// The hash of this subtree.
        package var hash: Digest {
            switch self {
            case .empty: .zero
            case .leaf(_, let hash): hash
            case .branch(let hash, _): hash
            }
        }
    }

    /// Hashes a run of sibling slots into one, bit by bit; a branch has the page's version.
    static func combine(_ slots: ArraySlice<Slot>, version: UInt64) -> Slot {
        if slots.count == 1, let only = slots.first { return only }
        let middle = slots.startIndex + slots.count / 2
        let left = combine(slots[..<middle], version: version)
        let right = combine(slots[middle...], version: version)
        switch (left, right) {
        case (.empty, .empty): return .empty
        case (.leaf, .empty): return left
        case (.empty, .leaf): return right
        default: return .branch(node(left.hash, right.hash), version: version)
        }
    }

    private static func node(_ left: Digest, _ right: Digest) -> Digest {
        Domain.stateNode.digest(left, right)
    }
}
