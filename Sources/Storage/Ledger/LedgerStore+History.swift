import KeyValue
package import LedgerCore

/// States of before: which of them are kept, and what an entry was in one.
///
/// A state is kept whole: the pages of its tree have versions, and a block that changes or removes
/// an entry leaves its value of before.
extension LedgerStore {
    /// Shows what the entry with this key was in the state of that version: one way down the tree,
    /// and at most two reads of values.
    ///
    /// - Parameters:
    ///   - version: the height of a state whose root the store has had: ``stateVersion(atMost:)``.
    /// - Returns: `nil` where that state is not kept any more.
    /// - Throws: `MalformedBytes` where a page does not read back.
    package func stateProof(of key: [UInt8], version: UInt64) throws -> StateProof? {
        guard try stateNode(PageName.versioned(PageName.root, version)) != nil else { return nil }
        let path = StateTree.path(of: key)
        let root = try StateTree.root(version: version, read: stateNode)
        let walk: StateProof.Walk
        do {
            walk = try StateProof.walk(to: path, root: root, read: stateNode)
        } catch is StatePageGone {
            return nil
        }
        guard case .leaf(let found, let leaf) = walk.end else {
            return StateProof(place: .empty, siblings: walk.siblings)
        }
        let other = StateTree.path(of: Array(found))
        guard let value = try value(of: Array(found), other, leaf, version) else { return nil }
        return StateProof(
            place: other == path ? .present(value: value) : .other(path: other, value: value),
            siblings: walk.siblings)
    }

    /// The value whose leaf the tree of that version has; `nil` where it is not kept any more.
    private func value(
        of key: [UInt8], _ path: Digest, _ leaf: Digest, _ version: UInt64
    ) throws -> [UInt8]? {
        // First as it is now: a block that replaces it after this read leaves it to the second.
        let newest = try value(for: key)
        if let newest, StateTree.leaf(path: path, value: newest) == leaf { return newest }
        let former = try formerValue(of: path, after: version)
        return former.flatMap { StateTree.leaf(path: path, value: $0) == leaf ? $0 : nil }
    }

    /// The height of the newest state at or below `height` whose root the store has.
    package func stateVersion(atMost height: UInt64) throws -> UInt64? {
        var found: UInt64?
        try forEach(.node, from: PageName.versioned(PageName.root, height)) { name, _ in
            if let (place, version) = PageName.split(name), place.elementsEqual(PageName.root) {
                found = version
            }
            return .stop
        }
        return found
    }

    /// What the entry at `path` was after block `height`, where a later block changed or removed
    /// it; `nil` where none did, or what it was is not kept any more.
    ///
    /// An entry that was absent at that height gives what it was in some later state.
    func formerValue(of path: Digest, after height: UInt64) throws -> [UInt8]? {
        var found: [UInt8]?
        let first = LedgerEntry.formerKey(path, replacedAt: height + 1)
        try forEach(.former, from: first) { key, value in
            if key.starts(with: path.bytes) { found = value }
            return .stop
        }
        return found
    }
}
