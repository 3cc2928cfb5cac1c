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
        Domain.stateNode.digest(left, right)
    }
}

/// Applies changes to a state tree whose pages lie in a store.
package struct StateTreeUpdate {
    private let read: ([UInt8]) throws -> [UInt8]?
    /// What was written so far, by name.
    private var earlier: [[UInt8]: [UInt8]?] = [:]
    /// What the newest call wrote, by depth: each page once, in the order of the paths.
    private var written: [[StateTree.PageWrite]] = []
    private var root: [StateTree.PageWrite] = []

    /// `read` gives the bytes of a page by name, `nil` where there is none.
    package init(read: @escaping ([UInt8]) throws -> [UInt8]?) { self.read = read }

    /// The name of the page that stands for the whole tree's root slot.
    package static let rootName: [UInt8] = [0xfe]

    /// Applies the changes (any order, one per path) and gives the new root.
    package mutating func apply(_ changes: [StateTree.Change]) throws -> Digest {
        for page in newest { earlier[page.name] = .some(page.bytes) }
        written = []
        root = []
        let sorted = changes.sorted { $0.path < $1.path }
        let before = try rootSlot()
        let after = try update(before, depth: 0, under: .zero, sorted[...])
        root = [
            StateTree.PageWrite(
                name: StateTreeUpdate.rootName, bytes: SlotCoding.encode(after))
        ]
        return after.hash
    }

    /// The pages that changed, by name in order.
    package var pages: [StateTree.PageWrite] {
        if earlier.isEmpty { return newest }
        var all = earlier
        for page in newest { all[page.name] = .some(page.bytes) }
        return all.sorted { $0.key.lexicographicallyPrecedes($1.key) }
            .map { StateTree.PageWrite(name: $0.key, bytes: $0.value) }
    }

    /// What the newest call wrote; names start with the depth, and no depth is the root's 0xfe.
    private var newest: [StateTree.PageWrite] { written.flatMap { $0 } + root }

    /// The root as the store has it.
    package func rootSlot() throws -> StateTree.Slot {
        guard let bytes = try page(StateTreeUpdate.rootName) else { return .empty }
        return try SlotCoding.decode(bytes)
    }

    /// A page as it was before the newest call, which reads no page that it has written.
    private func page(_ name: [UInt8]) throws -> [UInt8]? {
        if !earlier.isEmpty, let written = earlier[name] { return written }
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
        while written.count <= depth { written.append([]) }
        if case .branch = combined {
            written[depth].append(
                StateTree.PageWrite(name: name, bytes: PageCoding.encode(slots)))
        } else {
            written[depth].append(StateTree.PageWrite(name: name, bytes: nil))
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
        var name = [UInt8]()
        name.reserveCapacity(1 + (depth + 1) / 2)
        name.append(UInt8(depth))
        prefix.withUnsafeBytes { name.append(contentsOf: $0.prefix((depth + 1) / 2)) }
        if depth & 1 == 1 { name[name.count - 1] &= 0xf0 }
        return name
    }
}

/// One slot as bytes: 0; or 1, path, hash; or 2, hash.
enum SlotCoding {
    static func encode(_ slot: StateTree.Slot) -> [UInt8] {
        var bytes = [UInt8]()
        append(slot, to: &bytes)
        return bytes
    }

    static func append(_ slot: StateTree.Slot, to bytes: inout [UInt8]) {
        switch slot {
        case .empty: bytes.append(0)
        case .leaf(let path, let hash):
            bytes.append(1)
            path.withUnsafeBytes { bytes.append(contentsOf: $0) }
            hash.withUnsafeBytes { bytes.append(contentsOf: $0) }
        case .branch(let hash):
            bytes.append(2)
            hash.withUnsafeBytes { bytes.append(contentsOf: $0) }
        }
    }

    /// Bytes of an encoded slot.
    static func size(_ slot: StateTree.Slot) -> Int {
        switch slot {
        case .empty: 1
        case .leaf: 1 + 2 * Digest.size
        case .branch: 1 + Digest.size
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
    static func encode(_ slots: [StateTree.Slot]) -> [UInt8] {
        var bytes = [UInt8]()
        bytes.reserveCapacity(slots.reduce(0) { $0 + SlotCoding.size($1) })
        for slot in slots { SlotCoding.append(slot, to: &bytes) }
        return bytes
    }

    static func decode(_ bytes: [UInt8]) throws(MalformedBytes) -> [StateTree.Slot] {
        var position = 0
        var slots = [StateTree.Slot]()
        for _ in 0..<StateTree.fanOut { slots.append(try SlotCoding.decode(bytes, &position)) }
        guard position == bytes.count else { throw MalformedBytes("state page", .notCanonical) }
        return slots
    }
}
