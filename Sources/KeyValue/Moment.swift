internal import CRocksDB
import Synchronization

/// The store as it was at one moment, for reads that take long, whatever is written meanwhile.
///
/// Keeps what it sees from being compacted away: give it back soon, with `release()` or the last
/// reference. Reads after the store was closed throw `.closed`.
package final class Moment: Sendable {
    private let connection: Connection
    /// The snapshot's address, which every thread may use; 0 once it was given back.
    private let snapshot = Mutex<UInt>(0)

    fileprivate init(_ connection: Connection) throws {
        self.connection = connection
        try snapshot.withLock { snapshot in
            try connection.use {
                snapshot = UInt(bitPattern: rocksdb_create_snapshot(connection.database))
            }
        }
    }

    deinit { release() }

    /// Gives it back; a second call does nothing.
    package func release() {
        snapshot.withLock { snapshot in
            guard let pointer = OpaquePointer(bitPattern: snapshot) else { return }
            // Where the store is closed, its end took the snapshot with it.
            try? connection.use { rocksdb_release_snapshot(connection.database, pointer) }
            snapshot = 0
        }
    }

    /// Visits the entries whose key starts with `prefix`, in order; all of them lie apart, or none.
    /// One caller at a time; the visitor MUST NOT use the moment.
    package func scan(prefix: [UInt8], _ visit: ScanVisitor) throws {
        try snapshot.withLock { snapshot in
            guard let snapshot = OpaquePointer(bitPattern: snapshot) else {
                throw KeyValueError(
                    .closed, path: connection.path, detail: "the moment was given back")
            }
            try connection.use { try scan(prefix: prefix, of: snapshot, visit) }
        }
    }

    private func scan(
        prefix: [UInt8], of snapshot: OpaquePointer, _ visit: ScanVisitor
    ) throws {
        let options: OpaquePointer = rocksdb_readoptions_create()
        rocksdb_readoptions_set_snapshot(options, snapshot)
        rocksdb_readoptions_set_verify_checksums(options, 1)
        // A pass over everything must not push out what the point reads need.
        rocksdb_readoptions_set_fill_cache(options, 0)
        let iterator: OpaquePointer = rocksdb_create_iterator_cf(
            connection.database, options, connection.families.family(of: prefix))
        defer {
            rocksdb_iter_destroy(iterator)
            rocksdb_readoptions_destroy(options)
        }
        withCharacters(prefix) { rocksdb_iter_seek(iterator, $0, $1) }
        while rocksdb_iter_valid(iterator) != 0 {
            var keyCount = 0
            var valueCount = 0
            let key = UnsafeRawBufferPointer(
                start: rocksdb_iter_key(iterator, &keyCount), count: keyCount)
            let value = UnsafeRawBufferPointer(
                start: rocksdb_iter_value(iterator, &valueCount), count: valueCount)
            guard key.starts(with: prefix), try visit(key, value) == .continue else { break }
            rocksdb_iter_next(iterator)
        }
        var message: UnsafeMutablePointer<CChar>?
        rocksdb_iter_get_error(iterator, &message)
        if let text = takeMessage(&message) {
            throw KeyValueError(message: text, path: connection.path)
        }
    }
}

extension KeyValueStore {
    /// The store as it is now.
    package func moment() throws -> Moment { try Moment(connection) }
}
