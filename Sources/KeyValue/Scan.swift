internal import CRocksDB

/// What a scan does after an entry.
package enum ScanStep: Sendable {
    case `continue`
    case stop
}

/// Sees one entry of a scan. The buffers live only during the call; what is kept is copied.
package typealias ScanVisitor = (
    _ key: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer
) throws -> ScanStep

/// Ordered scans. Keys are ordered as unsigned bytes, a shorter key before a longer one that it
/// starts. A scan sees the store as of its start, whatever is written meanwhile; the visitor MAY
/// read and write the store, and MUST NOT close it.
extension KeyValueStore {
    /// Visits the entries whose key starts with `prefix`, from the key `from` on if one is given.
    package func scan(
        prefix: [UInt8], from start: [UInt8]? = nil, _ visit: ScanVisitor
    ) throws {
        let first = start.map { prefix.lexicographicallyPrecedes($0) ? $0 : prefix } ?? prefix
        try walk(from: first) { key, value in
            key.starts(with: prefix) ? try visit(key, value) : .stop
        }
    }

    /// Visits the entries from `start` (with it) to `end` (without it; to the last one if `nil`).
    package func scan(from start: [UInt8], to end: [UInt8]?, _ visit: ScanVisitor) throws {
        try walk(from: start) { key, value in
            if let end, !key.lexicographicallyPrecedes(end) { return .stop }
            return try visit(key, value)
        }
    }

    /// Reads every entry from the files and checks every checksum on the way.
    ///
    /// Returns the number of entries; throws `.damaged` at the first block that does not check.
    /// Blocks that a read does not need (old versions, statistics) are not looked at.
    @discardableResult
    package func verifyChecksums() throws -> UInt64 {
        var count: UInt64 = 0
        try walk(from: [], verifying: true) { _, _ in
            count += 1
            return .continue
        }
        return count
    }

    private func walk(from start: [UInt8], verifying: Bool = false, _ visit: ScanVisitor) throws {
        try withIterators(from: start, verifying: verifying) { iterator, segment in
            withCharacters(segment.start) { rocksdb_iter_seek(iterator, $0, $1) }
            while rocksdb_iter_valid(iterator) != 0 {
                var keyCount = 0
                var valueCount = 0
                let key = UnsafeRawBufferPointer(
                    start: rocksdb_iter_key(iterator, &keyCount), count: keyCount)
                if let end = segment.end, !key.lexicographicallyPrecedes(end) { return .continue }
                let value = rocksdb_iter_value(iterator, &valueCount)
                let step = try visit(
                    key, UnsafeRawBufferPointer(start: value, count: valueCount))
                if step == .stop { return .stop }
                rocksdb_iter_next(iterator)
            }
            return .continue
        }
    }
}
