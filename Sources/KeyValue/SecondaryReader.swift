internal import CRocksDB
import Synchronization

/// Reading a store that another process holds open for writing.
package enum SecondaryReader {
    /// Visits every entry in the order of the keys, as of one moment after the call's start: all
    /// that the other process had written by then, also what lies in its log alone. Changes no file
    /// of the folder.
    ///
    /// - Parameter scratch: a folder for RocksDB's own diagnostics, made if absent.
    /// - Throws: `KeyValueError`; a file may have been compacted away while it was opened, and a
    ///   second try finds the newer ones.
    package static func forEach(
        path: String, scratch: String, _ visit: ScanVisitor
    ) throws {
        let options: OpaquePointer = rocksdb_options_create()
        defer { rocksdb_options_destroy(options) }
        // All files are opened at once, so that none can go away later.
        rocksdb_options_set_max_open_files(options, -1)
        rocksdb_options_set_paranoid_checks(options, 1)
        rocksdb_options_set_stats_dump_period_sec(options, 0)
        var message: UnsafeMutablePointer<CChar>?
        var opened: OpaquePointer?
        Connection.opening.withLock { _ in
            opened = rocksdb_open_as_secondary(options, path, scratch, &message)
        }
        if let text = takeMessage(&message) {
            throw KeyValueError(message: text, path: path, otherwise: .cannotOpen)
        }
        guard let database = opened else {
            throw KeyValueError(.cannotOpen, path: path, detail: "no handle")
        }
        defer { rocksdb_close(database) }
        let read: OpaquePointer = rocksdb_readoptions_create()
        rocksdb_readoptions_set_verify_checksums(read, 1)
        let iterator: OpaquePointer = rocksdb_create_iterator(database, read)
        defer {
            rocksdb_iter_destroy(iterator)
            rocksdb_readoptions_destroy(read)
        }
        rocksdb_iter_seek_to_first(iterator)
        while rocksdb_iter_valid(iterator) != 0 {
            var keyCount = 0
            var valueCount = 0
            let key = rocksdb_iter_key(iterator, &keyCount)
            let value = rocksdb_iter_value(iterator, &valueCount)
            let step = try visit(
                UnsafeRawBufferPointer(start: key, count: keyCount),
                UnsafeRawBufferPointer(start: value, count: valueCount))
            if step == .stop { break }
            rocksdb_iter_next(iterator)
        }
        rocksdb_iter_get_error(iterator, &message)
        if let text = takeMessage(&message) { throw KeyValueError(message: text, path: path) }
    }
}
