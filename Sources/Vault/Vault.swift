package import Crypto
import LedgerCore
import Synchronization

/// Sealed versions, spread over providers, with a local copy for fast reads.
///
/// Contract:
/// - When `put` or `Upload.finish` returns, the version survives a crash and the loss of as many
///   providers as the erasure code allows: at least k + margin fragments of its packs, its slot and
///   the catalogue records are on disk. When it throws, the version is not readable, except after a
///   `damaged` or `full` from the catalogue's device, where it may come back at the next open;
///   the ledger MUST NOT name it.
/// - A crash leaves at worst orphans: versions that no transaction names, which `takeEnded` finds,
///   and fragments that no record names, which a `FragmentSweep` finds.
/// - A read returns what was put, or throws; it never returns other bytes. Reads repair what they
///   find missing or damaged.
/// - One vault at a time may hold a directory and its providers open.
/// - All methods MAY be called from any tasks at once.
package final class Vault: Sendable {
    package let keystore: Keystore
    let configuration: VaultConfiguration
    let keys: StorageKeys
    let catalogue: Catalogue
    let fragments: FragmentStore
    let cache: PackCache
    let watch: FragmentWatch
    /// Locators that are being put: one is put once.
    let incoming = Mutex<Set<Identifier>>([])
    /// Packs whose fragments are being written and which the catalogue does not name yet.
    let spreading = Mutex<Set<Identifier>>([])
    /// Reasons to look for fragments that nothing names.
    let untidiness: Mutex<Int>
    /// Places for the packs of uploads.
    let growing = PackRoom(places: Limits.growingPacks, waitSeconds: Limits.placeWaitSeconds)
    let storing = PackRoom(places: Limits.storingPacks, waitSeconds: Limits.placeWaitSeconds)
    /// One fetch from fragments at a time for packs that share a stripe.
    let fetching: Stripes
    private let group = Mutex<GroupCommit<[SealingVersion]>?>(nil)

    /// Opens a vault, made if its directory is absent, and recovers from a crash: half-written
    /// fragments are removed, a torn catalogue tail is cut off, the lookup store catches up.
    ///
    /// Throws `damaged` (with file and offset) where catalogue or keystore are not as they were
    /// written, `wrongRootKey`, and `refused` for a configuration that contradicts itself.
    package init(
        _ configuration: VaultConfiguration, storageRootKey: SymmetricKey, signer: CatalogueSigner
    ) throws {
        let directory = configuration.directory
        self.configuration = configuration
        keys = StorageKeys(root: storageRootKey)
        fragments = try FragmentStore(
            providers: configuration.providers, code: configuration.erasureCode,
            margin: configuration.durableMargin)
        watch = FragmentWatch(fragments)
        try Posix.makeDirectories(directory)
        keystore = try Keystore(path: Self.keyrings(directory), keys: keys)
        fetching = Stripes()
        do {
            catalogue = try Catalogue(directory: directory, signer: signer)
        } catch {
            keystore.close()
            throw error
        }
        do {
            cache = try PackCache(
                directory: "\(directory)/cache", sizeMaxBytes: configuration.cacheMaxBytes)
            untidiness = Mutex(try keystore.markOpen() ? 1 : 0)
        } catch {
            keystore.close()
            catalogue.close()
            throw error
        }
        // A provider that is away now may be back at the next put.
        for provider in configuration.providers { try? provider.prepare() }
    }

    static func keyrings(_ directory: String) -> String { "\(directory)/keys/keyrings" }

    /// Releases the stores. Calls after it throw.
    package func close() {
        watch.close()
        if !needsSweep, spreading.withLock({ $0.isEmpty }) { try? keystore.markClosed() }
        catalogue.close()
        keystore.close()
    }

    /// Throws `full` before a device is so full that the stores beside the packs could not go on.
    func checkFreeSpace() throws(VaultError) {
        guard try Posix.freeBytes(configuration.directory) >= configuration.freeReserveBytes else {
            throw .full(place: configuration.directory)
        }
    }

    /// Marks locators as being put. Throws `refused` where one is kept already or is on its way.
    func reserve(_ locators: [Identifier]) throws {
        for locator in locators where try catalogue.contains(locator) {
            throw VaultError.refused("locator \(locator) is taken")
        }
        let isFresh = incoming.withLock { incoming in
            let new = Set(locators)
            guard new.count == locators.count, incoming.isDisjoint(with: new) else { return false }
            incoming.formUnion(new)
            return true
        }
        guard isFresh else { throw VaultError.refused("a locator is being put already") }
    }

    /// Fragments that reads found missing or damaged and made again, since the start.
    package var mendedFragments: Int { watch.mended }

    func release(_ locators: [Identifier]) { incoming.withLock { $0.subtract(locators) } }

    /// The group commit that small puts share.
    var commits: GroupCommit<[SealingVersion]> {
        group.withLock { group in
            if let group { return group }
            let made = GroupCommit<[SealingVersion]> { [weak self] jobs in
                guard let self else { throw VaultError.refused("the vault is gone") }
                try await self.commit(jobs.flatMap { $0 })
            }
            group = made
            return made
        }
    }
}

/// Locks by pack, few enough to keep.
final class Stripes: Sendable {
    private let locks: [Lock] = (0..<64).map { _ in Lock() }

    private final class Lock: Sendable { let mutex = Mutex(()) }

    func withLock<Value>(_ pack: Identifier, _ body: () throws -> Value) rethrows -> Value {
        let lock = locks[pack.hashValue & (locks.count - 1)]
        return try lock.mutex.withLock { _ in try body() }
    }
}
