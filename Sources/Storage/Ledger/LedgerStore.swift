package import LedgerCore
package import KeyValue

/// The state and the lookups that a node derives from its chain, as of one applied height.
///
/// Two implementations: `RocksLedgerStore` in a folder, `MemoryLedgerStore` for verification and
/// simulation. Both give the same answers, the same order and the same `contentDigest`.
///
/// Contract:
/// - `commit` is atomic, also over a crash, and MUST be called for consecutive heights. It is not
///   durable by itself: after a crash the store is as of some earlier commit, never in between, and
///   the caller applies the rest of the chain again from `head()` on.
/// - The caller MUST NOT commit a height before the chain has made it durable.
/// - Reads MAY come from any threads at once; there is one writer.
package protocol LedgerStore: Sendable {
    func value(for stateKey: [UInt8]) throws -> [UInt8]?
    /// In the order of the keys, all as of one commit.
    func values(for stateKeys: [[UInt8]]) throws -> [[UInt8]?]
    /// The values of state entries, and whether transactions were accepted, each in the order
    /// asked; together, which for many is faster than one by one.
    func lookUp(
        entries: [[UInt8]], transactions: [Digest]
    ) throws -> (entries: [[UInt8]?], isAccepted: [Bool])
    func stateNode(_ key: [UInt8]) throws -> [UInt8]?
    func tile(level: UInt8, index: UInt64) throws -> [UInt8]?
    func transaction(_ id: Digest) throws -> TransactionPlace?
    func block(_ height: UInt64) throws -> BlockPlace?
    /// The header of a block before the snapshot that a node began with.
    func header(_ height: UInt64) throws -> [UInt8]?
    /// A membership transaction of such a block, as the snapshot brought it.
    func proven(_ id: Digest) throws -> [UInt8]?

    /// The height of the block with that hash.
    func height(ofBlock hash: Digest) throws -> UInt64?

    /// The height and the opaque head of the last commit; `nil` before the first.
    func head() throws -> AppliedHead?

    func commit(_ commit: LedgerCommit) throws

    /// Stores pages of the state tree ahead of the commit whose rows will name them. They are there
    /// for every later commit; a crash may take them, and never a part of one.
    func store(nodes: [(key: [UInt8], value: [UInt8])]) throws

    /// Lets go of what only states below that of the newest root at or below `height` need: at once
    /// or by and by.
    func prune(below height: UInt64) throws

    /// Makes every commit durable: for a clean shutdown, or to bound what a restart applies again.
    func flush() throws

    /// Gives the folder back. Nothing MUST be called after it.
    func close()

    /// The state entries as of now, for reads that take long; see ``StateMoment``.
    func stateMoment() throws -> StateMoment

    /// Puts entries into a store without a head, in any order; the head of the last call makes it
    /// whole. Not durable by itself, like `commit`.
    func load(_ rows: [LedgerRow], head: AppliedHead?) throws

    /// Visits the entries of one kind in the order of their keys' bytes, from `start` (with it) on.
    /// Keys and values are in stored form; see `LedgerEntry` for the typed ones.
    func forEach(
        _ kind: LedgerKind, from start: [UInt8],
        _ visit: (_ key: [UInt8], _ value: [UInt8]) throws -> ScanStep) throws
}

/// What an entry is. The raw value is the first byte of its key on disk and never changes.
package enum LedgerKind: UInt8, CaseIterable, Sendable {
    case blockHash = 0x48
    case block = 0x62
    /// Headers of blocks before the snapshot that a node began with: height → exact bytes.
    case header = 0x64
    case head = 0x68
    case membership = 0x6D
    case node = 0x6E
    /// What entries were before they were changed or removed: path and the height of the block that
    /// did it → the value before it.
    case former = 0x6F
    /// Membership transactions of those blocks, with what a proof of them needs: id → bytes.
    case proven = 0x70
    case state = 0x73
    case tile = 0x74
    case transaction = 0x78
}

/// The applied height and the node's own description of it.
package struct AppliedHead: Hashable, Sendable {
    package let height: UInt64
    package let bytes: [UInt8]

    package init(height: UInt64, bytes: [UInt8]) {
        self.height = height
        self.bytes = bytes
    }
}

/// Where an accepted transaction lies.
package struct TransactionPlace: Hashable, Sendable {
    package let height: UInt64
    /// Its index among the block's transactions.
    package let index: UInt32
    /// Its leaf in the channel's log.
    package let leaf: UInt64

    package init(height: UInt64, index: UInt32, leaf: UInt64) {
        self.height = height
        self.index = index
        self.leaf = leaf
    }
}

/// Where a block lies in the chain, and where its leaves begin.
package struct BlockPlace: Hashable, Sendable {
    package let position: ChainPosition
    package let firstLeaf: UInt64

    package init(position: ChainPosition, firstLeaf: UInt64) {
        self.position = position
        self.firstLeaf = firstLeaf
    }

    /// Whether the block lies in this node's chain: one before the snapshot that the node began
    /// with has a place without bytes.
    package var isHere: Bool { position.length > 0 }
}

/// One entry in stored form.
package struct LedgerRow: Hashable, Sendable {
    package let kind: LedgerKind
    package let key: [UInt8]
    package let value: [UInt8]

    package init(_ kind: LedgerKind, _ key: [UInt8], _ value: [UInt8]) {
        self.kind = kind
        self.key = key
        self.value = value
    }
}

/// The state entries of one moment. They may be visited more than once, by one task at a time.
package struct StateMoment: Sendable {
    /// Visits every entry in the order of the keys.
    package let forEach:
        @Sendable (_ visit: (_ key: [UInt8], _ value: [UInt8]) throws -> Void) throws -> Void
    /// Lets the store forget the moment.
    package let release: @Sendable () -> Void

    init(
        forEach:
            @escaping @Sendable (_ visit: ([UInt8], [UInt8]) throws -> Void) throws -> Void,
        release: @escaping @Sendable () -> Void
    ) {
        self.forEach = forEach
        self.release = release
    }
}

/// Everything that applying one block changes. `nil` deletes.
package struct LedgerCommit: Sendable {
    package var height: UInt64
    /// The opaque head after this block.
    package var head: [UInt8]
    package var block: BlockPlace
    /// The block's hash, by which its height is found.
    package var hash: Digest?
    package var stateWrites: [(key: [UInt8], value: [UInt8]?)] = []
    /// Values that it replaces, under keys by ``LedgerEntry/formerKey(_:replacedAt:)``.
    package var former: [(key: [UInt8], value: [UInt8])] = []
    package var nodes: [(key: [UInt8], value: [UInt8]?)] = []
    package var tiles: [(level: UInt8, index: UInt64, bytes: [UInt8])] = []
    package var transactions: [(id: Digest, place: TransactionPlace)] = []
    /// Those of them that change members or people: few, and every proof carries them all.
    package var membership: [(id: Digest, place: TransactionPlace)] = []

    package init(height: UInt64, head: [UInt8], block: BlockPlace) {
        self.height = height
        self.head = head
        self.block = block
    }
}

package enum LedgerStoreError: Error, Hashable, Sendable, CustomStringConvertible {
    /// `commit` of another height than the next one.
    case heightUnexpected(given: UInt64, next: UInt64)
    /// `load` into a store that has a head already.
    case notEmpty
    /// An entry has not the form that this version writes.
    case entryMalformed(kind: LedgerKind)

    package var description: String {
        switch self {
        case .heightUnexpected(let given, let next): "commit of height \(given), next is \(next)"
        case .notEmpty: "the store holds a ledger already"
        case .entryMalformed(let kind): "malformed entry of kind \(kind)"
        }
    }
}
