import KeyValue

/// Runs a body against a key-value store and turns its errors into the vault's.
func vaultErrors<Value>(_ body: () throws -> Value) throws -> Value {
    do { return try body() } catch let error as KeyValueError {
        switch error.code {
        case .full: throw VaultError.full(place: error.path)
        default:
            throw VaultError.damaged(place: error.path, reason: "\(error.code): \(error.detail)")
        }
    }
}
