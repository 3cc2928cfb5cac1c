/// The authenticated map over a channel's state: a compact sparse Merkle tree.
///
/// A key's path is the SHA-256 of the key under its domain. A subtree without leaves hashes to 32
/// zero bytes; with one leaf, to that leaf's hash at whatever depth; with more, to the hash of its
/// two halves. The root therefore depends on the set of entries alone, not on their history, and
/// absence is proved by an empty subtree or by another leaf on the way (compare Diem's Jellyfish
/// Merkle tree).
///
/// Nodes are stored in pages of four levels, named by depth and path prefix.
package enum StateTree {
    /// Levels of the binary tree that one page spans.
    static let nibbleBits = 4
    /// Children of a page.
    static let fanOut = 16

    /// The place of a key in the tree.
    package static func path(of key: [UInt8]) -> Digest { Domain.stateKey.digest(key) }

    /// The hash of one entry.
    package static func leaf(path: Digest, value: [UInt8]) -> Digest {
        Domain.stateLeaf.digest(path.bytes, value)
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

    /// A page to store under a name, or to delete.
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
        case branch(Digest)

        /// The hash of this subtree.
        package var hash: Digest {
            switch self {
            case .empty: .zero
            case .leaf(_, let hash): hash
            case .branch(let hash): hash
            }
        }
    }

    /// Hashes a run of sibling slots into one, bit by bit.
    static func combine(_ slots: ArraySlice<Slot>) -> Slot {
        if slots.count == 1, let only = slots.first { return only }
        let middle = slots.startIndex + slots.count / 2
        let left = combine(slots[..<middle])
        let right = combine(slots[middle...])
        switch (left, right) {
        case (.empty, .empty): return .empty
        case (.leaf, .empty): return left
        case (.empty, .leaf): return right
        default: return .branch(node(left.hash, right.hash))
        }
    }

    private static func node(_ left: Digest, _ right: Digest) -> Digest {
        Domain.stateNode.digest(left.bytes, right.bytes)
    }
}

/// Applies changes to a state tree whose pages lie in a store.
package struct StateTreeUpdate {
    private let read: ([UInt8]) throws -> [UInt8]?
    private var written: [[UInt8]: [UInt8]?] = [:]

    /// `read` gives the bytes of a page by name, `nil` where there is none.
    package init(read: @escaping ([UInt8]) throws -> [UInt8]?) { self.read = read }

    /// The name of the page that stands for the whole tree's root slot.
    package static let rootName: [UInt8] = [0xfe]

    /// Applies the changes (any order, one per path) and gives the new root.
    package mutating func apply(_ changes: [StateTree.Change]) throws -> Digest {
        let sorted = changes.sorted { $0.path < $1.path }
        let before = try rootSlot()
        let after = try update(before, depth: 0, under: .zero, sorted[...])
        written[StateTreeUpdate.rootName] = .some(SlotCoding.encode(after))
        return after.hash
    }

    /// The pages that changed, by name in order.
    package var pages: [StateTree.PageWrite] {
        written.sorted { $0.key.lexicographicallyPrecedes($1.key) }
            .map { StateTree.PageWrite(name: $0.key, bytes: $0.value) }
    }

    /// The root as the store has it.
    package func rootSlot() throws -> StateTree.Slot {
        guard let bytes = try page(StateTreeUpdate.rootName) else { return .empty }
        return try SlotCoding.decode(bytes)
    }

    private func page(_ name: [UInt8]) throws -> [UInt8]? {
        if let written = written[name] { return written }
        return try read(name)
    }

    private mutating func update(
        _ slot: StateTree.Slot, depth: Int, under prefix: Digest,
        _ changes: ArraySlice<StateTree.Change>
    ) throws -> StateTree.Slot {
        if changes.isEmpty { return slot }
        switch slot {
        case .branch:
            let name = PageName.bytes(depth: depth, prefix: prefix)
            guard let bytes = try page(name) else { throw MalformedBytes("state page", .badField) }
            return try rewrite(try PageCoding.decode(bytes), depth: depth, changes)
        case .empty, .leaf:
            var all = changes.filter { $0.leaf != nil }
            if case .leaf(let path, let hash) = slot, !changes.contains(where: { $0.path == path })
            {
                let place = all.firstIndex { path < $0.path } ?? all.endIndex
                all.insert(StateTree.Change(path: path, leaf: hash), at: place)
            }
            guard let first = all.first, let hash = first.leaf else { return .empty }
            if all.count == 1 { return .leaf(path: first.path, hash: hash) }
            let empty = [StateTree.Slot](repeating: .empty, count: StateTree.fanOut)
            return try rewrite(empty, depth: depth, all[...])
        }
    }

    /// Distributes changes over a page's slots, then stores it, or drops it where one leaf is left.
    private mutating func rewrite(
        _ slots: [StateTree.Slot], depth: Int, _ changes: ArraySlice<StateTree.Change>
    ) throws -> StateTree.Slot {
        var slots = slots
        let prefix = changes.first?.path ?? .zero
        var rest = changes
        while let first = rest.first {
            let nibble = PageName.nibble(first.path, depth)
            let end = rest.firstIndex { PageName.nibble($0.path, depth) != nibble } ?? rest.endIndex
            slots[nibble] = try update(
                slots[nibble], depth: depth + 1, under: first.path, rest[rest.startIndex..<end])
            rest = rest[end...]
        }
        let name = PageName.bytes(depth: depth, prefix: prefix)
        let combined = StateTree.combine(slots[...])
        if case .branch = combined {
            written[name] = .some(PageCoding.encode(slots))
        } else {
            written[name] = .some(nil)
        }
        return combined
    }
}

/// Page names: the depth in nibbles, then that many nibbles of the path, padded with zero bits.
enum PageName {
    static func nibble(_ path: Digest, _ depth: Int) -> Int {
        path.withUnsafeBytes { bytes in
            let byte = bytes[depth >> 1]
            return Int(depth & 1 == 0 ? byte >> 4 : byte & 15)
        }
    }

    static func bytes(depth: Int, prefix: Digest) -> [UInt8] {
        var name: [UInt8] = [UInt8(depth)]
        name.append(contentsOf: prefix.bytes.prefix((depth + 1) / 2))
        if depth & 1 == 1 { name[name.count - 1] &= 0xf0 }
        return name
    }
}

/// One slot as bytes: 0; or 1, path, hash; or 2, hash.
enum SlotCoding {
    static func encode(_ slot: StateTree.Slot) -> [UInt8] {
        switch slot {
        case .empty: [0]
        case .leaf(let path, let hash): [1] + path.bytes + hash.bytes
        case .branch(let hash): [2] + hash.bytes
        }
    }

    static func decode(_ bytes: [UInt8]) throws(MalformedBytes) -> StateTree.Slot {
        var position = 0
        let slot = try decode(bytes, &position)
        guard position == bytes.count else { throw MalformedBytes("state page", .notCanonical) }
        return slot
    }

    static func decode(
        _ bytes: [UInt8], _ position: inout Int
    ) throws(MalformedBytes) -> StateTree.Slot {
        func take() throws(MalformedBytes) -> Digest {
            guard position + Digest.size <= bytes.count else {
                throw MalformedBytes("state page", .badField)
            }
            defer { position += Digest.size }
            return bytes.withUnsafeBytes {
                Digest(copying: UnsafeRawBufferPointer(rebasing: $0[position...]))
            }
        }
        guard position < bytes.count else { throw MalformedBytes("state page", .badField) }
        let kind = bytes[position]
        position += 1
        switch kind {
        case 0: return .empty
        case 1: return .leaf(path: try take(), hash: try take())
        case 2: return .branch(try take())
        default: throw MalformedBytes("state page", .badField)
        }
    }
}

/// Sixteen slots, one after the other.
enum PageCoding {
    static func encode(_ slots: [StateTree.Slot]) -> [UInt8] { slots.flatMap(SlotCoding.encode) }

    static func decode(_ bytes: [UInt8]) throws(MalformedBytes) -> [StateTree.Slot] {
        var position = 0
        var slots = [StateTree.Slot]()
        for _ in 0..<StateTree.fanOut { slots.append(try SlotCoding.decode(bytes, &position)) }
        guard position == bytes.count else { throw MalformedBytes("state page", .notCanonical) }
        return slots
    }
}
