import KeyValue
import Synchronization

/// RocksDB 7.8 sets its registry of table factories up at the first open, without a lock: two
/// first opens at once crashed in `rocksdb_options_set_block_based_table_factory`.
private let opening = Mutex(())

/// Opens a key-value store; one at a time in this process.
func openStore(_ path: String, _ options: KeyValueOptions) throws -> KeyValueStore {
    try opening.withLock { _ in try KeyValueStore.open(path: path, options: options) }
}

/// Runs a body against a key-value store and turns its errors into the vault's.
func vaultErrors<Value>(_ body: () throws -> Value) throws -> Value {
    do { return try body() } catch let error as KeyValueError {
        switch error.code {
        case .full: throw VaultError.full(place: error.path)
        default: throw VaultError.damaged(place: error.path, reason: "\(error.code): \(error.detail)")
        }
    }
}
