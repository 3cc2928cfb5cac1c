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

    package func height(ofBlock hash: Digest) throws -> UInt64? {
        try get(.blockHash, hash.bytes).map(LedgerEntry.height)
    }

    package func name(_ blocks: [(hash: Digest, height: UInt64)]) throws {
        state.withLock { state in
            for (hash, height) in blocks {
                state.set(.blockHash, hash.bytes, LedgerEntry.blockKey(height))
            }
        }
    }

    package func head() throws -> AppliedHead? { state.withLock { $0.head } }

    package func commit(_ commit: LedgerCommit) throws {
        try state.withLock { state in
            try LedgerEntry.checkOrder(commit, after: state.head)
            LedgerEntry.forEachChange(of: commit) { state.set($0, $1, $2) }
            state.head = AppliedHead(height: commit.height, bytes: commit.head)
        }
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
