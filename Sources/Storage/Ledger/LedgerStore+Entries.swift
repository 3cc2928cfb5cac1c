import struct Crypto.SHA256
package import KeyValue
package import LedgerCore

/// Ordered iteration by type, and digests, for comparing two stores.
extension LedgerStore {
    package func lookUp(
        entries: [[UInt8]], transactions: [Digest]
    ) throws -> (entries: [[UInt8]?], isAccepted: [Bool]) {
        (try values(for: entries), try transactions.map { try transaction($0) != nil })
    }

    package func forEachStateEntry(
        from start: [UInt8] = [], _ visit: ([UInt8], [UInt8]) throws -> ScanStep
    ) throws {
        try forEach(.state, from: start, visit)
    }

    package func forEachStateNode(
        from start: [UInt8] = [], _ visit: ([UInt8], [UInt8]) throws -> ScanStep
    ) throws {
        try forEach(.node, from: start, visit)
    }

    package func forEachTile(
        _ visit: (_ level: UInt8, _ index: UInt64, _ bytes: [UInt8]) throws -> ScanStep
    ) throws {
        try forEach(.tile, from: []) { key, value in
            guard key.count == 9 else { throw LedgerStoreError.entryMalformed(kind: .tile) }
            return try visit(key[0], key.bigEndian(UInt64.self, at: 1), value)
        }
    }

    package func forEachTransaction(
        _ visit: (Digest, TransactionPlace) throws -> ScanStep
    ) throws {
        try forEach(.transaction, from: []) { key, value in
            guard let id = Digest(key) else {
                throw LedgerStoreError.entryMalformed(kind: .transaction)
            }
            return try visit(id, LedgerEntry.transactionPlace(value))
        }
    }

    package func forEachBlock(
        from height: UInt64 = 0, _ visit: (UInt64, BlockPlace) throws -> ScanStep
    ) throws {
        try forEach(.block, from: LedgerEntry.blockKey(height)) { key, value in
            guard key.count == 8 else { throw LedgerStoreError.entryMalformed(kind: .block) }
            return try visit(key.bigEndian(UInt64.self, at: 0), LedgerEntry.blockPlace(value))
        }
    }

    /// SHA-256 over all entries of a kind in order, each as key length, key, value length, value
    /// (lengths as 64-bit big-endian). Equal stores have equal digests. Reads everything.
    package func contentDigest(_ kind: LedgerKind) throws -> Digest {
        var hasher = SHA256()
        hasher.update(data: [kind.rawValue])
        try forEach(kind, from: []) { key, value in
            for part in [key, value] {
                withUnsafeBytes(of: UInt64(part.count).bigEndian) {
                    hasher.update(bufferPointer: $0)
                }
                hasher.update(data: part)
            }
            return .continue
        }
        return hasher.finalize().withUnsafeBytes { Digest($0) } ?? .zero
    }
}
