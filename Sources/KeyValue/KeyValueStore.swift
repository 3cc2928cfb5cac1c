import Synchronization
internal import CRocksDB

/// An ordered map from bytes to bytes in a folder (RocksDB; keys of a range MAY lie in a column
/// family of their own).
///
/// Contract:
/// - All methods MAY be called from any threads at once. Reads do not wait for writes.
/// - `write` is atomic, also over a crash: a batch is there whole or not at all, and never without
///   the batches before it.
/// - A batch survives a crash of the process if the store was opened with `writeAheadLog`, and a
///   loss of power if it was also written `durable`. Without the log only `flush()` and `close()`
///   make batches durable; a crash loses the newest ones.
/// - A read-only store MUST NOT change or create any file of the folder.
/// - One process at a time may hold a folder open for writing.
/// - Damaged blocks make reads throw `.damaged`; nothing is repaired or skipped.
package final class KeyValueStore: Sendable {
    let connection: Connection
    private let writeAheadLog: Bool

    /// The folder.
    package var path: String { connection.path }

    private init(connection: Connection, writeAheadLog: Bool) {
        self.connection = connection
        self.writeAheadLog = writeAheadLog
    }

    /// Opens the folder `path`, made if it is absent and the open is not read-only.
    package static func open(
        path: String, options: KeyValueOptions = KeyValueOptions()
    ) throws(KeyValueError) -> KeyValueStore {
        let connection = try Connection.opening.withLock { _ throws(KeyValueError) in
            try Connection(path: path, configuration: options)
        }
        return KeyValueStore(connection: connection, writeAheadLog: options.writeAheadLog)
    }

    /// Removes the files of the folder, which nobody may have open.
    package static func destroy(path: String) throws {
        let options: OpaquePointer = rocksdb_options_create()
        defer { rocksdb_options_destroy(options) }
        var message: UnsafeMutablePointer<CChar>?
        rocksdb_destroy_db(options, path, &message)
        if let text = takeMessage(&message) { throw KeyValueError(message: text, path: path) }
    }

    /// The value of `key`, copied once, or `nil`.
    package func get(_ key: [UInt8]) throws -> [UInt8]? {
        try connection.use { try fetch(key, options: connection.read) }
    }

    /// The values of `keys` in their order, all as of one moment, looked up together: for many keys
    /// that is faster than one by one.
    package func get(many keys: [[UInt8]]) throws -> [[UInt8]?] {
        if keys.count <= 1 { return try keys.map { try get($0) } }
        return try connection.use {
            try ManyReads(keys, families: connection.families).run(connection)
        }
    }

    /// Whether the folder was there before the open, and had no place for the keys that lie apart.
    package var lackedApart: Bool { connection.lackedApart }

    /// Fills a batch and applies it; nothing is applied where `fill` throws.
    package func write(durable: Bool, _ fill: (inout WriteBatch) throws -> Void) throws {
        try connection.use {
            var batch = WriteBatch(families: connection.families)
            try fill(&batch)
            try apply(batch, durable: durable)
        }
    }

    /// Applies a batch. `durable` waits for the disk and asks for a store opened with
    /// `writeAheadLog`; on another it throws instead of promising what it cannot hold.
    package func write(_ batch: borrowing WriteBatch, durable: Bool) throws {
        guard connection.families.apart == nil else {
            throw KeyValueError(
                .failed, path: path, detail: "keys lie apart here: use write(durable:_:)")
        }
        try connection.use { try apply(batch, durable: durable) }
    }

    private func apply(_ batch: borrowing WriteBatch, durable: Bool) throws {
        guard !connection.readOnly else { throw readOnlyError }
        guard writeAheadLog || !durable else {
            throw KeyValueError(
                .failed, path: path, detail: "durable write without RocksDB's log: use flush()")
        }
        var message: UnsafeMutablePointer<CChar>?
        let options = connection.writeOptions(durable: durable)
        rocksdb_write(connection.database, options, batch.pointer, &message)
        try check(&message)
    }

    /// Writes everything held in memory to files and waits for the disk.
    package func flush() throws {
        guard !connection.readOnly else { throw readOnlyError }
        try connection.use {
            let options = rocksdb_flushoptions_create()
            defer { rocksdb_flushoptions_destroy(options) }
            rocksdb_flushoptions_set_wait(options, 1)
            // Without a log each family is flushed by itself here: those apart first, since what
            // lies in the main one may name them.
            for family in connection.families.flushed {
                var message: UnsafeMutablePointer<CChar>?
                rocksdb_flush_cf(connection.database, options, family, &message)
                try check(&message)
            }
        }
    }

    /// Waits for the calls inside, flushes and releases the folder. Later calls throw `.closed`; a
    /// second `close()` does nothing. MUST NOT be called from within a scan's callback.
    ///
    /// Errors of the last flush are not reported: who needs to know calls `flush()` before.
    package func close() { connection.close() }

    private var readOnlyError: KeyValueError {
        KeyValueError(.readOnly, path: path, detail: "the store was opened read-only")
    }

    private func fetch(_ key: [UInt8], options: OpaquePointer) throws -> [UInt8]? {
        var message: UnsafeMutablePointer<CChar>?
        let slice = withCharacters(key) {
            rocksdb_get_pinned_cf(
                connection.database, options, connection.families.family(of: key), $0, $1, &message)
        }
        try check(&message)
        guard let slice else { return nil }
        defer { rocksdb_pinnableslice_destroy(slice) }
        var count = 0
        let start = rocksdb_pinnableslice_value(slice, &count)
        return [UInt8](UnsafeRawBufferPointer(start: start, count: count))
    }

    private func check(_ message: inout UnsafeMutablePointer<CChar>?) throws {
        guard let text = takeMessage(&message) else { return }
        throw KeyValueError(message: text, path: path)
    }

    /// Lends iterators over one moment of the store, one for each part of the keys from `start` on,
    /// in order. For `Scan.swift`.
    func withIterators(
        from start: [UInt8], verifying: Bool,
        _ body: (OpaquePointer, Families.Segment) throws -> ScanStep
    ) throws {
        try connection.use {
            let segments = connection.families.segments(from: start)
            let options: OpaquePointer = rocksdb_readoptions_create()
            let snapshot: OpaquePointer? =
                segments.count > 1 ? rocksdb_create_snapshot(connection.database) : nil
            if let snapshot { rocksdb_readoptions_set_snapshot(options, snapshot) }
            defer {
                rocksdb_readoptions_destroy(options)
                if let snapshot { rocksdb_release_snapshot(connection.database, snapshot) }
            }
            rocksdb_readoptions_set_verify_checksums(options, 1)
            // A pass over everything must not push out what the point reads need.
            rocksdb_readoptions_set_fill_cache(options, verifying ? 0 : 1)
            for segment in segments {
                let iterator: OpaquePointer = rocksdb_create_iterator_cf(
                    connection.database, options, segment.family)
                defer { rocksdb_iter_destroy(iterator) }
                let step = try body(iterator, segment)
                var message: UnsafeMutablePointer<CChar>?
                rocksdb_iter_get_error(iterator, &message)
                try check(&message)
                if step == .stop { return }
            }
        }
    }
}
