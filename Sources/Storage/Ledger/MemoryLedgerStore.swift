package import KeyValue
package import LedgerCore
import Synchronization

/// The ledger's state in memory, for verification and simulation. Answers by hash table; sorts a
/// kind's keys when it is iterated and keeps them sorted until the next commit adds or removes one.
package final class MemoryLedgerStore: LedgerStore {
    private let state = Mutex(State())

    package init() {}

    package func close() {}

    private struct State {
        var tables: [LedgerKind: [[UInt8]: [UInt8]]] = [:]
        var sorted: [LedgerKind: [[UInt8]]] = [:]
        var head: AppliedHead?

        mutating func set(_ kind: LedgerKind, _ key: [UInt8], _ value: [UInt8]?) {
            let old: [UInt8]?
            if let value {
                old = tables[kind, default: [:]].updateValue(value, forKey: key)
            } else {
                old = tables[kind, default: [:]].removeValue(forKey: key)
            }
            if (old == nil) != (value == nil) { sorted[kind] = nil }
        }

        /// Of the versions of a page at or below `floor` only the newest stays, and of former
        /// values those that were replaced later.
        mutating func prune(floor: UInt64) {
            var last: [UInt8] = []
            for key in keys(.node) {
                guard let (place, version) = PageName.split(key), version <= floor else {
                    continue
                }
                let isNewest = !place.elementsEqual(last)
                last = Array(place)
                if !isNewest || tables[.node]?[key]?.isEmpty == true { set(.node, key, nil) }
            }
            for key in keys(.former) {
                guard let height = key.withUnsafeBytes(LedgerEntry.formerHeight) else { continue }
                if height <= floor { set(.former, key, nil) }
            }
        }

        mutating func keys(_ kind: LedgerKind) -> [[UInt8]] {
            if let keys = sorted[kind] { return keys }
            let keys = (tables[kind] ?? [:]).keys.sorted { $0.lexicographicallyPrecedes($1) }
            sorted[kind] = keys
            return keys
        }
    }

    package func value(for stateKey: [UInt8]) throws -> [UInt8]? { get(.state, stateKey) }

    package func values(for stateKeys: [[UInt8]]) throws -> [[UInt8]?] {
        state.withLock { state in stateKeys.map { state.tables[.state]?[$0] } }
    }

    package func stateNode(_ key: [UInt8]) throws -> [UInt8]? { get(.node, key) }

    package func tile(level: UInt8, index: UInt64) throws -> [UInt8]? {
        get(.tile, LedgerEntry.tileKey(level: level, index: index))
    }

    package func transaction(_ id: Digest) throws -> TransactionPlace? {
        try get(.transaction, id.bytes).map(LedgerEntry.transactionPlace)
    }

    package func block(_ height: UInt64) throws -> BlockPlace? {
        try get(.block, LedgerEntry.blockKey(height)).map(LedgerEntry.blockPlace)
    }

    package func header(_ height: UInt64) throws -> [UInt8]? {
        get(.header, LedgerEntry.blockKey(height))
    }

    package func proven(_ id: Digest) throws -> [UInt8]? { get(.proven, id.bytes) }

    package func height(ofBlock hash: Digest) throws -> UInt64? {
        try get(.blockHash, hash.bytes).map(LedgerEntry.height)
    }

    package func head() throws -> AppliedHead? { state.withLock { $0.head } }

    package func commit(_ commit: LedgerCommit) throws {
        try state.withLock { state in
            try LedgerEntry.checkOrder(commit, after: state.head)
            LedgerEntry.forEachChange(of: commit) { state.set($0, $1, $2) }
            state.head = AppliedHead(height: commit.height, bytes: commit.head)
        }
    }

    package func store(nodes: [(key: [UInt8], value: [UInt8])]) throws {
        state.withLock { state in for (key, value) in nodes { state.set(.node, key, value) } }
    }

    package func prune(below height: UInt64) throws {
        guard let floor = try stateVersion(atMost: height) else { return }
        state.withLock { $0.prune(floor: floor) }
    }

    package func load(_ rows: [LedgerRow], head: AppliedHead?) throws {
        try state.withLock { state in
            guard state.head == nil else { throw LedgerStoreError.notEmpty }
            for row in rows { state.set(row.kind, row.key, row.value) }
            if let head { state.set(.head, [], LedgerEntry.encode(head)) }
            state.head = head
        }
    }

    package func stateMoment() throws -> StateMoment {
        let (keys, table) = state.withLock { ($0.keys(.state), $0.tables[.state] ?? [:]) }
        return StateMoment(
            forEach: { visit in
                for key in keys { if let value = table[key] { try visit(key, value) } }
            }, release: {})
    }

    package func flush() throws {}

    package func forEach(
        _ kind: LedgerKind, from start: [UInt8],
        _ visit: (_ key: [UInt8], _ value: [UInt8]) throws -> ScanStep
    ) throws {
        // A copy of the moment, as the scan of the other implementation sees it.
        let (keys, table) = state.withLock { ($0.keys(kind), $0.tables[kind] ?? [:]) }
        var low = 0
        var high = keys.count
        while low < high {
            let middle = (low + high) / 2
            if keys[middle].lexicographicallyPrecedes(start) {
                low = middle + 1
            } else {
                high = middle
            }
        }
        for key in keys[low...] {
            guard let value = table[key], try visit(key, value) == .continue else { return }
        }
    }

    private func get(_ kind: LedgerKind, _ key: [UInt8]) -> [UInt8]? {
        state.withLock { $0.tables[kind]?[key] }
    }
}
