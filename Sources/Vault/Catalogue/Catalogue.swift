import Glibc
import KeyValue
import LedgerCore
import Synchronization

/// Catalogue and lookup store together.
final class Catalogue: Sendable {
    private let log: CatalogueLog
    private let locations: Locations
    /// Keeps the lookup store in the catalogue's order.
    private let order = Mutex(())

    /// Opens `DIR/catalogue` and `DIR/index/locations`, and brings the second up to the first. A
    /// missing or damaged lookup store is built anew. One that is ahead of the catalogue means that
    /// acknowledged records were lost: `damaged`.
    init(directory: String, signer: CatalogueSigner) throws {
        let index = Self.index(directory)
        var found = try Self.openLocations(index)
        if found == nil {
            for name in try Posix.names(in: index) { try Posix.remove("\(index)/\(name)") }
            found = try Self.openLocations(index)
        }
        guard let (opened, position) = found else {
            throw VaultError.damaged(place: index, reason: "it cannot be built anew")
        }
        locations = opened
        do {
            log = try CatalogueLog(
                directory: Self.folder(directory), signer: signer, applied: position
            ) { try opened.apply($1.pack, isCollected: $1.isCollected, at: $0) }
        } catch {
            opened.store.close()
            throw error
        }
    }

    static func folder(_ directory: String) -> String { "\(directory)/catalogue" }
    static func index(_ directory: String) -> String { "\(directory)/index/locations" }

    /// `nil` where the store is damaged.
    private static func openLocations(_ path: String) throws -> (Locations, CataloguePosition?)? {
        try Posix.makeDirectories(path)
        let store: KeyValueStore
        do {
            store = try KeyValueStore.open(
                path: path, options: Locations.options(readOnly: false))
        } catch {
            if error.code == .damaged { return nil }
            return try vaultErrors { throw error }
        }
        let locations = Locations(store: store)
        do { return (locations, try locations.position()) } catch {
            store.close()
            return nil
        }
    }

    /// Makes packs durable in the catalogue, in order, and visible to lookups. Blocking.
    func append(_ records: [PackRecord]) throws {
        try order.withLock { _ in
            for record in records {
                try locations.apply(record, isCollected: false, at: log.append(record))
            }
        }
    }

    /// Takes a pack's record back, durably. Does nothing for a pack that is not kept. Blocking.
    func collect(_ pack: Identifier) throws {
        try order.withLock { _ in
            guard try locations.keeps(pack) else { return }
            let record = try record(of: pack)
            try locations.apply(
                record, isCollected: true, at: log.append(record, isCollected: true))
        }
    }

    /// Whether a failed append may have left records on disk.
    var isUncertain: Bool { log.isUncertain }

    /// The packs of a version in order, or none.
    func version(_ locator: Identifier) throws -> [Location] { try locations.version(locator) }

    /// The packs that hold any part of a version, also where some of it is missing.
    func packs(holding locator: Identifier) throws -> [Identifier] {
        try locations.packs(holding: locator)
    }

    func contains(_ locator: Identifier) throws -> Bool { try locations.contains(locator) }

    /// Whether a pack has a record that was not taken back.
    func keeps(_ pack: Identifier) throws -> Bool { try locations.keeps(pack) }

    /// A pack's record. Blocking.
    func record(of pack: Identifier) throws -> PackRecord {
        let place = try locations.record(of: pack)
        let record = try log.record(file: place.file, offset: place.offset)
        guard record.pack == pack else {
            throw VaultError.damaged(
                place: log.directory, reason: "another pack lies where \(pack) should")
        }
        return record
    }

    func close() { locations.store.close() }
}
