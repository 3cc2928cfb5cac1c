package import LedgerCore
package import SwiftProtobuf

/// State as a contract sees it: the store below, and what this block has written so far.
///
/// A transaction runs inside `attempt`: where the contract refuses, all it wrote is undone, so that
/// a refused transaction leaves nothing behind.
package struct StateOverlay {
    private let base: ([UInt8]) throws -> [UInt8]?
    private let baseMembers: () throws -> [Identifier]
    private var written: [[UInt8]: Written] = [:]
    /// What the running attempt replaced, oldest first.
    private var undo: [(key: [UInt8], before: Written?)] = []
    let memo = BlockMemo()

    /// An entry that the block wrote.
    private struct Written {
        /// `nil`: removed.
        let value: [UInt8]?
        /// What the applied state has there, where that is known; `.some(nil)` is nothing.
        let applied: [UInt8]??
    }

    /// - Parameters:
    ///   - base: reads the applied state, which must stay as it is while this overlay lives.
    ///   - members: all members that have an entry there, in any order.
    package init(
        base: @escaping ([UInt8]) throws -> [UInt8]?, members: @escaping () throws -> [Identifier]
    ) {
        self.base = base
        baseMembers = members
    }

    /// Nothing is there yet.
    package static var empty: StateOverlay { StateOverlay(base: { _ in nil }, members: { [] }) }

    /// All members, sorted.
    func members() throws -> [Identifier] {
        let here = written.keys.compactMap { StateKey.memberID(inKey: $0) }
        return Set(try baseMembers() + here).sorted()
    }

    /// The value of a key, `nil` where there is none.
    package func value(_ key: StateKey) throws -> [UInt8]? {
        if let written = written[key.bytes] { return written.value }
        let bytes = try base(key.bytes)
        if !key.isShared { memo.applied[key.bytes] = .some(bytes) }
        return bytes
    }

    /// The value decoded. State holds what contracts encoded; anything else is damage.
    package func value<Message: SwiftProtobuf.Message>(
        _ key: StateKey, as type: Message.Type
    ) throws -> Message? {
        if !key.isShared || memo.hasWrittenShared, let written = written[key.bytes] {
            return try written.value.map { try decode($0) }
        }
        if key.isShared {
            if let known = memo.entries[key.bytes] as? Message { return known }
            if memo.absent.contains(key.bytes) { return nil }
        }
        let applied = try base(key.bytes)
        memo.applied[key.bytes] = .some(applied)
        guard let bytes = applied else {
            if key == .contracts { memo.absent.insert(key.bytes) }
            return nil
        }
        let message: Message = try decode(bytes)
        if key.isShared { memo.entries[key.bytes] = message }
        return message
    }

    /// The same, where what the applied state holds was read already.
    func value<Message: SwiftProtobuf.Message>(
        _ key: StateKey, as type: Message.Type, applied: [UInt8]?
    ) throws -> Message? {
        if let written = written[key.bytes] { return try written.value.map { try decode($0) } }
        return try applied.map { try decode($0) }
    }

    private func decode<Message: SwiftProtobuf.Message>(_ bytes: [UInt8]) throws -> Message {
        try Wire.decode(
            Message.self, from: bytes, what: "state entry", limitBytes: WireLimit.transactionBytes)
    }

    /// Writes an entry.
    package mutating func set(_ key: StateKey, _ message: some SwiftProtobuf.Message) {
        write(key, Written(value: Wire.encode(message), applied: nil))
    }

    /// Writes an entry where what the applied state holds was read already.
    mutating func set(
        _ key: StateKey, _ message: some SwiftProtobuf.Message, applied: [UInt8]?
    ) {
        write(key, Written(value: Wire.encode(message), applied: .some(applied)))
    }

    /// Removes an entry.
    package mutating func remove(_ key: StateKey) {
        write(key, Written(value: nil, applied: nil))
    }

    private mutating func write(_ key: StateKey, _ entry: Written) {
        undo.append((key.bytes, written.updateValue(entry, forKey: key.bytes)))
        if key.isShared { memo.sharedChanged() }
    }

    /// Runs `body`; where it throws, the entries are as before.
    package mutating func attempt(_ body: (inout StateOverlay) throws -> Void) throws {
        undo.removeAll(keepingCapacity: true)
        do {
            try body(&self)
        } catch {
            for (key, before) in undo.reversed() { written[key] = before }
            memo.undone()
            throw error
        }
    }

    /// Everything written, sorted by key: what the header's digest covers.
    package var writes: [StateWrite] {
        written.sorted { $0.key.lexicographicallyPrecedes($1.key) }
            .map { StateWrite(key: $0.key, value: $0.value.value) }
    }

    /// What the applied state has under the key of an entry that was written. Contracts look at
    /// nearly every entry before they write it, so that this hardly ever reads.
    func applied(_ key: [UInt8]) throws -> [UInt8]? {
        if let entry = written[key], let known = entry.applied { return known }
        if let known = memo.applied[key] { return known }
        return try base(key)
    }
}

/// The key of one state entry: a letter for the kind, then the id.
package struct StateKey: Hashable, Sendable {
    package let bytes: [UInt8]

    private init(_ kind: Unicode.Scalar, _ id: [UInt8]) {
        var bytes = [UInt8]()
        bytes.reserveCapacity(1 + id.count)
        bytes.append(UInt8(ascii: kind))
        bytes.append(contentsOf: id)
        self.bytes = bytes
    }

    /// Whether many transactions read this entry; records, claims and proposals are each read by
    /// their own.
    fileprivate var isShared: Bool {
        guard let kind = bytes.first else { return false }
        return ![UInt8(ascii: "r"), UInt8(ascii: "c"), UInt8(ascii: "a")].contains(kind)
    }

    /// How the keys of members' entries begin.
    package static let memberPrefix = [UInt8(ascii: "m")]

    /// The member whose entry has this key; `nil` for entries of another kind.
    package static func memberID(inKey key: [UInt8]) -> Identifier? {
        key.starts(with: memberPrefix) ? Identifier(key.dropFirst()) : nil
    }

    package static let parameters = StateKey("g", [])
    /// Which versions of the contracts the ledger runs.
    package static let contracts = StateKey("v", [])
    /// All members, as one entry.
    package static let roll = StateKey("l", [])
    package static func member(_ id: Identifier) -> StateKey { StateKey("m", id.bytes) }
    package static func node(_ id: Identifier) -> StateKey { StateKey("n", id.bytes) }
    package static func person(_ id: Identifier) -> StateKey { StateKey("p", id.bytes) }
    package static func key(_ id: Digest) -> StateKey { StateKey("k", id.bytes) }
    package static func record(_ id: Identifier) -> StateKey { StateKey("r", id.bytes) }
    /// The key of a record's entry, by the bytes of its id as they came; of other bytes than an
    /// identifier's, the key of nothing.
    static func recordKey(_ id: some Sequence<UInt8>) -> [UInt8] { [UInt8(ascii: "r")] + id }
    /// Claims are a member's own: another member cannot take one away by being first.
    package static func claim(_ id: Digest, of member: Identifier) -> StateKey {
        StateKey("c", member.bytes + id.bytes)
    }
    /// How the keys of proposals' entries begin.
    package static let proposalPrefix = [UInt8(ascii: "a")]
    /// What became of a proposed intent, by the intent's id.
    package static func proposal(_ intent: Digest) -> StateKey { StateKey("a", intent.bytes) }
    /// Which members have proposals.
    package static let proposalQueues = StateKey("q", [])
    /// A member's proposals by deadline.
    package static func proposals(of member: Identifier) -> StateKey {
        StateKey("q", member.bytes)
    }
}
