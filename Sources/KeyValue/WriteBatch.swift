internal import CRocksDB

/// Writes that become visible together or not at all.
///
/// Later operations on a key win over earlier ones of the same batch. Each `put` copies key and
/// value once.
package struct WriteBatch: ~Copyable {
    let pointer: OpaquePointer
    /// Where keys lie apart: lent by the store, for as long as it is sure to be open.
    private let families: Families?

    /// Payload bytes put so far, for callers that bound their batches.
    package private(set) var sizeBytes = 0

    /// For a store whose keys all lie together. One with keys apart lends its own:
    /// ``KeyValueStore/write(durable:_:)``.
    package init() { self.init(families: nil) }

    init(families: Families?) {
        pointer = rocksdb_writebatch_create()
        self.families = families
    }

    deinit { rocksdb_writebatch_destroy(pointer) }

    /// The number of operations.
    package var count: Int { Int(rocksdb_writebatch_count(pointer)) }

    package mutating func put(_ key: [UInt8], _ value: [UInt8]) {
        withCharacters(key) { keyStart, keyCount in
            withCharacters(value) { valueStart, valueCount in
                if let families {
                    rocksdb_writebatch_put_cf(
                        pointer, families.family(of: key), keyStart, keyCount, valueStart,
                        valueCount)
                } else {
                    rocksdb_writebatch_put(pointer, keyStart, keyCount, valueStart, valueCount)
                }
            }
        }
        sizeBytes += key.count + value.count
    }

    package mutating func delete(_ key: [UInt8]) {
        withCharacters(key) {
            if let families {
                rocksdb_writebatch_delete_cf(pointer, families.family(of: key), $0, $1)
            } else {
                rocksdb_writebatch_delete(pointer, $0, $1)
            }
        }
        sizeBytes += key.count
    }
}

/// Lends bytes as C's `const char*` and a length, without a copy.
@inline(__always)
func withCharacters<Result>(
    _ bytes: [UInt8], _ body: (UnsafePointer<CChar>?, Int) throws -> Result
) rethrows -> Result {
    try bytes.withUnsafeBytes {
        try body($0.baseAddress?.assumingMemoryBound(to: CChar.self), $0.count)
    }
}
