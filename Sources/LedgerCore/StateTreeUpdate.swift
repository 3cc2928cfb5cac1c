/// Brings a state tree whose pages lie in a store to a newer version.
package struct StateTreeUpdate {
    private let version: UInt64
    private let read: ([UInt8]) throws -> [UInt8]?
    /// What was written, by depth: each page once, in the order of the paths.
    private var written: [[StateTree.PageWrite]] = []
    private var newest: StateTree.Slot?
    private let finished: (([StateTree.PageWrite]) throws -> Void)?
    /// Subtrees at this depth are told of one by one: 256 of them.
    private static let finishedDepth = 2
    /// Into so many parts the work falls at most.
    package static let finishedParts = 256

    /// - Parameters:
    ///   - version: the height of the state that results; not below that of any stored page.
    ///   - read: gives the bytes of a page by name, `nil` where there is none.
    ///   - finished: where it is given, takes the pages of a part of the tree as soon as they are
    ///     final; `pages` has the rest.
    package init(
        version: UInt64, read: @escaping ([UInt8]) throws -> [UInt8]?,
        finished: (([StateTree.PageWrite]) throws -> Void)? = nil
    ) {
        self.version = version
        self.read = read
        self.finished = finished
    }

    /// Applies the changes (any order, one per path) and gives the new root. Once only.
    package mutating func apply(_ changes: [StateTree.Change]) throws -> Digest {
        precondition(newest == nil, "an update makes one version")
        let sorted = changes.sorted { $0.path < $1.path }
        let after = try update(try StateTree.root(read: read), depth: 0, sorted[...])
        newest = after
        return after.hash
    }

    /// The pages of this version, in the order of their names; each may be stored before the rows
    /// that lead to it.
    package var pages: [StateTree.PageWrite] { written.flatMap { $0 } }

    /// The rows that name the new root: what makes the version visible.
    package var rootRows: [StateTree.PageWrite] {
        guard let newest else { return [] }
        let bytes = SlotCoding.encode(newest)
        return [
            StateTree.PageWrite(name: PageName.root, bytes: bytes),
            StateTree.PageWrite(name: PageName.versioned(PageName.root, version), bytes: bytes),
        ]
    }

    private mutating func update(
        _ slot: StateTree.Slot, depth: Int, _ changes: ArraySlice<StateTree.Change>
    ) throws -> StateTree.Slot {
        guard let some = changes.first else { return slot }
        switch slot {
        case .branch(_, let old):
            let slots = try StateTree.page(depth: depth, some.path, version: old, read: read)
            return try rewrite(slots, of: slot, depth: depth, changes)
        case .empty, .leaf:
            var all = changes.filter { $0.leaf != nil }
            if case .leaf(let key, let hash) = slot,
                !changes.contains(where: { $0.key.elementsEqual(key) })
            {
                let path = StateTree.path(of: Array(key))
                let place = all.firstIndex { path < $0.path } ?? all.endIndex
                all.insert(StateTree.Change(key: Array(key), path: path, leaf: hash), at: place)
            }
            guard let first = all.first, let hash = first.leaf else { return .empty }
            if all.count == 1 { return .leaf(key: first.key[...], hash: hash) }
            let empty = [StateTree.Slot](repeating: .empty, count: StateTree.fanOut)
            return try rewrite(empty, of: slot, depth: depth, all[...])
        }
    }

    /// Distributes changes over a page's slots, then stores it under the new version, unless
    /// nothing changed.
    private mutating func rewrite(
        _ slots: [StateTree.Slot], of before: StateTree.Slot, depth: Int,
        _ changes: ArraySlice<StateTree.Change>
    ) throws -> StateTree.Slot {
        var slots = slots
        let prefix = changes.first?.path ?? .zero
        var rest = changes
        while let first = rest.first {
            let nibble = PageName.nibble(first.path, depth)
            let end = rest.firstIndex { PageName.nibble($0.path, depth) != nibble } ?? rest.endIndex
            slots[nibble] = try update(
                slots[nibble], depth: depth + 1, rest[rest.startIndex..<end])
            rest = rest[end...]
            if depth + 1 == StateTreeUpdate.finishedDepth, let finished {
                try handOver(to: finished)
            }
        }
        let combined = StateTree.combine(slots[...], version: version)
        if combined.hash == before.hash { return before }
        while written.count <= depth { written.append([]) }
        let name = PageName.bytes(depth: depth, prefix: prefix, version: version)
        if case .branch = combined {
            written[depth].append(
                StateTree.PageWrite(name: name, bytes: PageCoding.encode(slots)))
        } else {
            // One leaf or none is left: the slot above holds it.
            written[depth].append(StateTree.PageWrite(name: name, bytes: []))
        }
        return combined
    }

    /// Gives away what is below `finishedDepth`.
    private mutating func handOver(
        to finished: ([StateTree.PageWrite]) throws -> Void
    ) throws {
        guard written.count > StateTreeUpdate.finishedDepth else { return }
        try finished(written[StateTreeUpdate.finishedDepth...].flatMap { $0 })
        written.removeSubrange(StateTreeUpdate.finishedDepth...)
    }
}

extension StateTree {
    /// The newest root slot of a store, or that of one version.
    package static func root(
        version: UInt64? = nil, read: ([UInt8]) throws -> [UInt8]?
    ) throws -> Slot {
        let name = version.map { PageName.versioned(PageName.root, $0) } ?? PageName.root
        guard let bytes = try read(name) else { return .empty }
        return try SlotCoding.decode(bytes)
    }

    /// The sixteen slots of a page on the way to a path.
    ///
    /// - Throws: `MalformedBytes` where the page is not there or does not read back.
    package static func page(
        depth: Int, _ path: Digest, version: UInt64, read: ([UInt8]) throws -> [UInt8]?
    ) throws -> [Slot] {
        let name = PageName.bytes(depth: depth, prefix: path, version: version)
        guard let bytes = try read(name) else { throw MalformedBytes("state page", .badField) }
        return try PageCoding.decode(bytes)
    }
}
