package import LedgerCore
import Synchronization

/// Public keys of the ledger, parsed once: parsing a compressed P-256 key costs a third of a
/// verification. Bounded; a key's id is a digest of the key, so an entry never goes stale.
package final class KeyCache: Sendable {
    /// Parsed keys kept; beyond that the cache starts anew.
    private static let capacity = 4096
    private let keys = Mutex<[Digest: (PublicKey, ParsedKey)]>([:])

    package init() {}

    /// The key with that id, read by `load` where it is not cached.
    package func key(
        _ id: Digest, load: (Digest) throws -> PublicKey?
    ) throws -> (PublicKey, ParsedKey)? {
        if let found = keys.withLock({ $0[id] }) { return found }
        guard let key = try load(id) else { return nil }
        let entry = (key, try ParsedKey(key))
        keys.withLock { keys in
            if keys.count >= KeyCache.capacity { keys.removeAll(keepingCapacity: true) }
            keys[id] = entry
        }
        return entry
    }
}
