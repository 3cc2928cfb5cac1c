internal import CRocksDB
import Glibc
import Synchronization

/// The open RocksDB handles, and the count of calls inside them.
///
/// `@unchecked Sendable`: the pointers never change after `init`, RocksDB allows every call made
/// here from any thread at once, and `close()` destroys them only once no call is inside (`users`).
final class Connection: @unchecked Sendable {
    /// RocksDB 7.8 sets its registry of table factories up at the first open, without a lock: two
    /// first opens at once crashed in `rocksdb_options_set_block_based_table_factory`.
    static let opening = Mutex(())

    let database: OpaquePointer
    let families: Families
    /// The folder was there, and had no family for the keys that lie apart.
    let lackedApart: Bool
    let read: OpaquePointer
    private let write: [OpaquePointer]
    private let cache: OpaquePointer
    private let options: OpaquePointer

    /// Calls inside; `closedMark` is added once by `close()`.
    private let users = Atomic<Int>(0)
    private static let closedMark = Int.min / 2

    let path: String
    let readOnly: Bool

    init(path: String, configuration: KeyValueOptions) throws(KeyValueError) {
        let cache: OpaquePointer = rocksdb_cache_create_lru(configuration.blockCacheBytes)
        let options = Connection.makeOptions(configuration, cache: cache)
        let opened: Families.Opened
        do throws(KeyValueError) {
            opened = try Families.open(path: path, configuration, options)
        } catch {
            rocksdb_options_destroy(options)
            rocksdb_cache_destroy(cache)
            throw error
        }
        database = opened.database
        families = opened.families
        lackedApart = opened.lackedApart
        self.cache = cache
        self.options = options
        self.path = path
        readOnly = configuration.readOnly
        read = rocksdb_readoptions_create()
        write = [false, true].map { durable in
            let options: OpaquePointer = rocksdb_writeoptions_create()
            rocksdb_writeoptions_set_sync(options, durable && configuration.writeAheadLog ? 1 : 0)
            rocksdb_writeoptions_disable_WAL(options, configuration.writeAheadLog ? 0 : 1)
            return options
        }
    }

    deinit { close() }

    func writeOptions(durable: Bool) -> OpaquePointer { write[durable ? 1 : 0] }

    /// Runs `body` while the handles are sure to live.
    @inline(__always)
    func use<Result>(_ body: () throws -> Result) throws -> Result {
        guard users.wrappingAdd(1, ordering: .acquiring).newValue > 0 else {
            users.wrappingSubtract(1, ordering: .releasing)
            throw KeyValueError(.closed, path: path, detail: "the store is closed")
        }
        defer { users.wrappingSubtract(1, ordering: .releasing) }
        return try body()
    }

    /// Waits for the calls inside and destroys the handles; a second call does nothing.
    func close() {
        var seen = users.load(ordering: .acquiring)
        repeat {
            guard seen >= 0 else { return }
            let result = users.weakCompareExchange(
                expected: seen, desired: seen + Connection.closedMark,
                ordering: .acquiringAndReleasing)
            if result.exchanged { break }
            seen = result.original
        } while true
        while users.load(ordering: .acquiring) != Connection.closedMark { usleep(100) }
        families.destroy()
        rocksdb_close(database)
        rocksdb_readoptions_destroy(read)
        write.forEach { rocksdb_writeoptions_destroy($0) }
        rocksdb_options_destroy(options)
        rocksdb_cache_destroy(cache)
    }

    private static func makeOptions(
        _ configuration: KeyValueOptions, cache: OpaquePointer
    ) -> OpaquePointer {
        let options: OpaquePointer = rocksdb_options_create()
        rocksdb_options_set_create_if_missing(options, configuration.readOnly ? 0 : 1)
        if configuration.apart != nil {
            rocksdb_options_set_create_missing_column_families(
                options, configuration.readOnly ? 0 : 1)
            rocksdb_options_set_atomic_flush(options, 1)
        }
        rocksdb_options_set_write_buffer_size(options, configuration.writeBufferBytes)
        rocksdb_options_set_max_write_buffer_number(options, KeyValueOptions.writeBuffers)
        // Most reads before a write are of keys that are not there yet, and the newest table is the
        // slowest to search: a skip list.
        rocksdb_options_set_memtable_prefix_bloom_size_ratio(
            options, KeyValueOptions.memtableBloomRatio)
        rocksdb_options_set_memtable_whole_key_filtering(options, 1)
        // Batches are large, and few threads write: one after the other is cheaper.
        rocksdb_options_set_allow_concurrent_memtable_write(options, 0)
        rocksdb_options_set_max_open_files(options, Int32(clamping: configuration.openFilesMax))
        rocksdb_options_set_max_background_jobs(options, KeyValueOptions.backgroundJobs)
        setPace(of: options)
        // Keys and values are mostly digests and seals, which no method shrinks.
        rocksdb_options_set_compression(options, Int32(rocksdb_no_compression))
        rocksdb_options_set_paranoid_checks(options, 1)
        rocksdb_options_set_stats_dump_period_sec(options, 0)
        rocksdb_options_set_keep_log_file_num(options, KeyValueOptions.infoLogFiles)
        rocksdb_options_set_info_log_level(options, 2)  // warnings
        setTable(of: options, cache: cache)
        if !configuration.readOnly { configuration.pruning?.register(in: options) }
        return options
    }

    /// Files go to the disk little by little: a whole one at once holds up the syncs of others for
    /// tens of milliseconds.
    private static func setPace(of options: OpaquePointer) {
        rocksdb_options_set_bytes_per_sync(options, KeyValueOptions.bytesPerSync)
        let limiter: OpaquePointer = rocksdb_ratelimiter_create(
            KeyValueOptions.bytesPerSecond, KeyValueOptions.refillMicroseconds,
            KeyValueOptions.fairness)
        rocksdb_options_set_ratelimiter(options, limiter)
        rocksdb_ratelimiter_destroy(limiter)
    }

    private static func setTable(of options: OpaquePointer, cache: OpaquePointer) {
        let table: OpaquePointer = rocksdb_block_based_options_create()
        defer { rocksdb_block_based_options_destroy(table) }
        rocksdb_block_based_options_set_block_cache(table, cache)
        rocksdb_block_based_options_set_block_size(table, KeyValueOptions.blockBytes)
        // Held with the open file: in the cache they are as large as one of its shards, and push
        // each other out (measured: reading an absent key took 9 µs against 0.5).
        rocksdb_block_based_options_set_cache_index_and_filter_blocks(table, 0)
        rocksdb_block_based_options_set_format_version(table, 5)
        rocksdb_block_based_options_set_filter_policy(
            table, rocksdb_filterpolicy_create_bloom_full(KeyValueOptions.bloomBitsPerKey))
        rocksdb_options_set_block_based_table_factory(options, table)
    }
}

/// Takes over and frees a message that RocksDB allocated.
func takeMessage(_ message: inout UnsafeMutablePointer<CChar>?) -> String? {
    guard let text = message else { return nil }
    defer {
        rocksdb_free(text)
        message = nil
    }
    return String(cString: text)
}
