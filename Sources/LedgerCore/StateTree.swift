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
/// never changes, and the tree of an older height stays readable until its pages are pruned. A leaf
/// is kept with its entry's key, from which its path follows, and by which its value is found.
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
        package let key: [UInt8]
        /// That of the key.
        package let path: Digest
        package let leaf: Digest?

        /// What the entry is from now on; without a value it is removed.
        package init(key: [UInt8], value: [UInt8]?) {
            let path = StateTree.path(of: key)
            self.init(
                key: key, path: path, leaf: value.map { StateTree.leaf(path: path, value: $0) })
        }

        /// For hashes that are known already.
        package init(key: [UInt8], path: Digest, leaf: Digest?) {
            self.key = key
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
        /// One entry. The key is a slice of the page that it was read from, so that a page is
        /// rewritten without a copy of each.
        case leaf(key: ArraySlice<UInt8>, hash: Digest)
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
