import KeyValue
import LedgerCore
import SwiftProtobuf

/// The lookup store over the catalogue: version → packs, pack → place of its record.
///
/// Derived: it can be deleted at any time while the vault is closed and is rebuilt at the next
/// open. Its own log is off; every batch carries the catalogue position that it brings the store
/// to, so after a crash the tail of the catalogue is applied again.
///
/// Keys: 0 → position; 1 ‖ locator ‖ segment (4) → `WireLocation`; 2 ‖ pack id → file (8), offset
/// (8).
struct Locations: Sendable {
    let store: KeyValueStore

    static let positionKey: [UInt8] = [0]

    static func options(readOnly: Bool) -> KeyValueOptions {
        var options = KeyValueOptions()
        options.readOnly = readOnly
        options.writeAheadLog = false
        return options
    }

    /// Up to where the store has taken the catalogue in; `nil` for a fresh store.
    func position() throws -> CataloguePosition? {
        guard let bytes = try vaultErrors({ try store.get(Self.positionKey) }) else { return nil }
        guard let position = CataloguePosition(bytes) else { throw damaged("the position") }
        return position
    }

    /// Takes a record in: a pack, or that a pack was collected. MUST be called in the catalogue's
    /// order.
    func apply(_ record: PackRecord, isCollected: Bool, at position: CataloguePosition) throws {
        guard let locations = Location.all(pack: record.pack, entries: record.entries) else {
            throw VaultError.damaged(
                place: "catalogue record \(position.number)", reason: "its entries contradict")
        }
        var batch = WriteBatch()
        // In the order of the keys: the store inserts neighbours faster.
        for location in locations.sorted(by: { $0.content.locator < $1.content.locator }) {
            if isCollected {
                batch.delete(Self.key(location.content))
            } else {
                batch.put(Self.key(location.content), try location.encoded)
            }
        }
        if isCollected {
            batch.delete(Self.key(pack: record.pack))
        } else {
            batch.put(Self.key(pack: record.pack), Self.place(position))
        }
        batch.put(Self.positionKey, try position.wire.serializedBytes())
        try vaultErrors { try store.write(batch, durable: false) }
    }

    /// The packs of a version in order, or none. Throws `damaged` where some are missing.
    func version(_ locator: Identifier) throws -> [Location] {
        let first = [1] + locator.bytes + [0, 0, 0, 0]
        guard let bytes = try vaultErrors({ try store.get(first) }) else { return [] }
        guard let location = Location(bytes) else { throw damaged("locator \(locator)") }
        var locations = [location]
        if !location.content.isFinal {
            locations = []
            var isSound = true
            try vaultErrors {
                try store.scan(prefix: [1] + locator.bytes) { _, value in
                    let location = Location([UInt8](value))
                    location.map { locations.append($0) }
                    isSound = isSound && location != nil
                    return .continue
                }
            }
            guard isSound else { throw damaged("locator \(locator)") }
        }
        guard Location.isWhole(locations) else {
            throw VaultError.damaged(
                place: "locator \(locator)", reason: "the catalogue names only a part of it")
        }
        return locations
    }

    /// The packs that hold any part of a version, also where some of it is missing.
    func packs(holding locator: Identifier) throws -> [Identifier] {
        var packs: [Identifier] = []
        var isSound = true
        try vaultErrors {
            try store.scan(prefix: [1] + locator.bytes) { _, value in
                let location = Location([UInt8](value))
                location.map { packs.append($0.pack) }
                isSound = isSound && location != nil
                return .continue
            }
        }
        guard isSound else { throw damaged("locator \(locator)") }
        return packs
    }

    /// Whether the catalogue keeps a pack.
    func keeps(_ pack: Identifier) throws -> Bool {
        try vaultErrors { try store.get(Self.key(pack: pack)) } != nil
    }

    /// Whether any part of a version is kept.
    func contains(_ locator: Identifier) throws -> Bool {
        try vaultErrors { try store.get([1] + locator.bytes + [0, 0, 0, 0]) } != nil
    }

    /// Where the catalogue keeps a pack's record.
    func record(of pack: Identifier) throws -> (file: UInt64, offset: Int) {
        guard let bytes = try vaultErrors({ try store.get(Self.key(pack: pack)) }),
            bytes.count == 16
        else { throw damaged("pack \(pack)") }
        return (
            UInt64(bigEndian: bytes[..<8]),
            Int(truncatingIfNeeded: UInt64(bigEndian: bytes[8...]))
        )
    }

    static func key(_ content: PackEntry) -> [UInt8] {
        var key = [1] + content.locator.bytes
        key.append(bigEndian: content.segment)
        return key
    }

    static func key(pack: Identifier) -> [UInt8] { [2] + pack.bytes }

    static func place(_ position: CataloguePosition) -> [UInt8] {
        var value: [UInt8] = []
        value.append(bigEndian: position.file)
        value.append(bigEndian: UInt64(position.offset))
        return value
    }

    private func damaged(_ what: String) -> VaultError {
        .damaged(
            place: store.path,
            reason: "the row for \(what) is missing or wrong; delete the folder to rebuild it")
    }
}
