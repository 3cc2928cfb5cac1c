/// Whether the state had an entry, shown against a state root: siblings from the entry's place up
/// to the root, and what stands at that place.
package struct StateProof: Hashable, Sendable {
    /// What stands where the entry's path ends.
    package enum Place: Hashable, Sendable {
        /// The entry, with this value.
        case present(value: [UInt8])
        /// Nothing.
        case empty
        /// Another entry alone in this subtree. Its value is needed: its leaf hash binds its path
        /// only together with it.
        case other(path: Digest, value: [UInt8])
    }

    package let place: Place
    /// Hashes of the neighbouring subtrees, from the place up to the root.
    package let siblings: [Digest]

    package init(place: Place, siblings: [Digest]) {
        self.place = place
        self.siblings = siblings
    }

    /// One bit of a path for each level.
    package static let siblingsMax = 8 * Digest.size

    /// Whether the entry is there.
    package var isPresent: Bool {
        if case .present = place { return true }
        return false
    }

    /// The root that this proof of an entry leads to; `nil` where it proves nothing about that
    /// entry.
    package func root(of path: Digest) -> Digest? {
        guard siblings.count <= StateProof.siblingsMax else { return nil }
        var hash: Digest
        switch place {
        case .present(let value): hash = StateTree.leaf(path: path, value: value)
        case .empty: hash = .zero
        case .other(let other, let value):
            // It must be another entry, and one that lies where this entry would.
            guard other != path, (0..<siblings.count).allSatisfy({ path.bit($0) == other.bit($0) })
            else { return nil }
            hash = StateTree.leaf(path: other, value: value)
        }
        for (level, sibling) in siblings.enumerated() {
            let isRight = path.bit(siblings.count - 1 - level)
            hash =
                isRight
                ? Domain.stateNode.digest(sibling, hash) : Domain.stateNode.digest(hash, sibling)
        }
        return hash
    }

    /// Whether the proof holds for the entry with this key under `root`.
    package func holds(key: [UInt8], root: Digest) -> Bool {
        self.root(of: StateTree.path(of: key)) == root
    }
}

extension StateProof {
    /// Where a path ends in a tree, before the value of what stands there is known.
    package struct Walk: Hashable, Sendable {
        package let end: StateTree.Slot
        /// As in a proof.
        package let siblings: [Digest]
    }

    /// Walks down to where `path` ends.
    ///
    /// - Parameters:
    ///   - root: what stands for the whole tree of one version.
    ///   - read: gives the bytes of a page by name, `nil` where there is none.
    /// - Throws: ``StatePageGone`` where a page is not there any more, `MalformedBytes` where one
    ///   does not read back, and whatever `read` throws.
    package static func walk(
        to path: Digest, root: StateTree.Slot, read: ([UInt8]) throws -> [UInt8]?
    ) throws -> Walk {
        var slot = root
        var siblings = [Digest]()
        var depth = 0
        while case .branch(_, let version) = slot {
            let name = PageName.bytes(depth: depth, prefix: path, version: version)
            guard let bytes = try read(name), !bytes.isEmpty else {
                throw StatePageGone(version: version)
            }
            var range = try PageCoding.decode(bytes)[...]
            // Level by level: where fewer than two entries are left, the tree ends here already.
            for bit in 0..<StateTree.nibbleBits {
                guard case .branch = slot else { break }
                let middle = range.startIndex + range.count / 2
                let isRight = path.bit(StateTree.nibbleBits * depth + bit)
                let beside = isRight ? range[..<middle] : range[middle...]
                range = isRight ? range[middle...] : range[..<middle]
                siblings.append(StateTree.combine(beside, version: version).hash)
                slot = StateTree.combine(range, version: version)
            }
            depth += 1
        }
        return Walk(end: slot, siblings: siblings.reversed())
    }
}

/// A page that a state's tree names is not kept any more: that state is older than what is kept.
package struct StatePageGone: Error, Hashable, Sendable {
    /// The version that the page has: the height of the state in which it last changed.
    package let version: UInt64

    package init(version: UInt64) { self.version = version }
}
