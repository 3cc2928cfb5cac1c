package import KeyValue
package import LedgerCore
import Synchronization

/// The ledger's state in a folder (`DIR/state`), by RocksDB with its own log off: the chain is the
/// log. RocksDB writes its memory out in order, so that a crash leaves the store as of some commit.
package final class RocksLedgerStore: LedgerStore {
    /// Pages of the state tree are written again and again: a larger memtable writes more of them
    /// out once.
    private static let writeBufferBytes = 32 << 20

    /// Pages of the state tree: all names but those of rows beside it.
    private static let pages = KeyRange(
        from: [LedgerKind.node.rawValue], upTo: key(.node, PageName.root))

    private let store: KeyValueStore
    private let versions = VersionPruning { key in
        let name = UnsafeRawBufferPointer(rebasing: key.dropFirst())
        switch key.first {
        case LedgerKind.node.rawValue: return PageName.version(of: name).map { .version($0) }
        case LedgerKind.former.rawValue: return LedgerEntry.formerHeight(name).map { .until($0) }
        default: return nil
        }
    }
    /// The head of the last commit, so that checking the order costs no read.
    private let applied: Mutex<AppliedHead?>

    /// Whether an earlier version of this program wrote it, whose state tree this one cannot read.
    package let isOlderForm: Bool

    /// Opens the folder, made if absent. A read-only open changes no file in it and refuses
    /// commits. What an earlier version wrote is emptied, and built again from the chain.
    package init(
        directory: String, readOnly: Bool = false, options: KeyValueOptions = KeyValueOptions()
    ) throws {
        var options = RocksLedgerStore.options(options)
        options.readOnly = readOnly
        options.pruning = versions
        // With those above it, and readable by the server's user alone.
        if !readOnly { try RealDisk().createDirectory(directory) }
        var store = try KeyValueStore.open(path: directory, options: options)
        var isOlderForm = try store.lackedApart || RocksLedgerStore.isOlderForm(store)
        if isOlderForm, !readOnly {
            store.close()
            try KeyValueStore.destroy(path: directory)
            store = try KeyValueStore.open(path: directory, options: options)
            isOlderForm = false
        }
        self.store = store
        self.isOlderForm = isOlderForm
        let head = try store.get(RocksLedgerStore.key(.head, [])).map(LedgerEntry.head)
        applied = Mutex(head)
    }

    /// Before pages had versions, and before leaves were kept with their keys, the root's row lay
    /// elsewhere.
    private static func isOlderForm(_ store: KeyValueStore) throws -> Bool {
        try store.get(key(.node, PageName.rootOfEarlierForms)) != nil
    }

    /// How its folder is opened.
    package static func options(_ options: KeyValueOptions = KeyValueOptions()) -> KeyValueOptions {
        var options = options
        options.writeAheadLog = false
        options.apart = pages
        options.writeBufferBytes = max(options.writeBufferBytes, writeBufferBytes)
        return options
    }

    package func value(for stateKey: [UInt8]) throws -> [UInt8]? { try get(.state, stateKey) }

    package func values(for stateKeys: [[UInt8]]) throws -> [[UInt8]?] {
        try store.get(many: stateKeys.map { RocksLedgerStore.key(.state, $0) })
    }

    package func lookUp(
        entries: [[UInt8]], transactions: [Digest]
    ) throws -> (entries: [[UInt8]?], isAccepted: [Bool]) {
        let found = try store.get(
            many: entries.map { RocksLedgerStore.key(.state, $0) }
                + transactions.map { RocksLedgerStore.key(.transaction, $0.bytes) })
        return (
            Array(found.prefix(entries.count)),
            found.dropFirst(entries.count).map { $0 != nil }
        )
    }

    package func stateNode(_ key: [UInt8]) throws -> [UInt8]? { try get(.node, key) }

    package func tile(level: UInt8, index: UInt64) throws -> [UInt8]? {
        try get(.tile, LedgerEntry.tileKey(level: level, index: index))
    }

    package func transaction(_ id: Digest) throws -> TransactionPlace? {
        try get(.transaction, id.bytes).map(LedgerEntry.transactionPlace)
    }

    package func block(_ height: UInt64) throws -> BlockPlace? {
        try get(.block, LedgerEntry.blockKey(height)).map(LedgerEntry.blockPlace)
    }

    package func header(_ height: UInt64) throws -> [UInt8]? {
        try get(.header, LedgerEntry.blockKey(height))
    }

    package func proven(_ id: Digest) throws -> [UInt8]? { try get(.proven, id.bytes) }

    package func height(ofBlock hash: Digest) throws -> UInt64? {
        try get(.blockHash, hash.bytes).map(LedgerEntry.height)
    }

    package func head() throws -> AppliedHead? { applied.withLock { $0 } }

    package func commit(_ commit: LedgerCommit) throws {
        try applied.withLock { applied in
            try LedgerEntry.checkOrder(commit, after: applied)
            try store.write(durable: false) { batch in
                LedgerEntry.forEachChange(of: commit) { kind, key, value in
                    let key = RocksLedgerStore.key(kind, key)
                    if let value { batch.put(key, value) } else { batch.delete(key) }
                }
            }
            applied = AppliedHead(height: commit.height, bytes: commit.head)
        }
    }

    package func store(nodes: [(key: [UInt8], value: [UInt8])]) throws {
        try store.write(durable: false) { batch in
            for (key, value) in nodes { batch.put(RocksLedgerStore.key(.node, key), value) }
        }
    }

    package func prune(below height: UInt64) throws {
        // The state of that root is asked for under any height up to the next one.
        guard let floor = try stateVersion(atMost: height) else { return }
        versions.floor = max(versions.floor, floor)
    }

    package func load(_ rows: [LedgerRow], head: AppliedHead?) throws {
        try applied.withLock { applied in
            guard applied == nil else { throw LedgerStoreError.notEmpty }
            try store.write(durable: false) { batch in
                for row in rows { batch.put(RocksLedgerStore.key(row.kind, row.key), row.value) }
                if let head { batch.put(RocksLedgerStore.key(.head, []), LedgerEntry.encode(head)) }
            }
            applied = head
        }
    }

    package func stateMoment() throws -> StateMoment {
        let moment = try store.moment()
        return StateMoment(
            forEach: { visit in
                try moment.scan(prefix: [LedgerKind.state.rawValue]) { key, value in
                    try visit(Array(key.dropFirst()), Array(value))
                    return .continue
                }
            }, release: { moment.release() })
    }

    package func flush() throws { try store.flush() }

    /// Flushes and releases the folder; later calls throw.
    package func close() { store.close() }

    /// Reads everything and checks every checksum; the number of entries. See `KeyValueStore`.
    @discardableResult
    package func verifyChecksums() throws -> UInt64 { try store.verifyChecksums() }

    package func forEach(
        _ kind: LedgerKind, from start: [UInt8],
        _ visit: (_ key: [UInt8], _ value: [UInt8]) throws -> ScanStep
    ) throws {
        try store.scan(prefix: [kind.rawValue], from: RocksLedgerStore.key(kind, start)) {
            try visit(Array($0.dropFirst()), Array($1))
        }
    }

    private func get(_ kind: LedgerKind, _ key: [UInt8]) throws -> [UInt8]? {
        try store.get(RocksLedgerStore.key(kind, key))
    }

    private static func key(_ kind: LedgerKind, _ key: [UInt8]) -> [UInt8] {
        var bytes = [UInt8]()
        bytes.reserveCapacity(key.count + 1)
        bytes.append(kind.rawValue)
        bytes.append(contentsOf: key)
        return bytes
    }
}
