import KeyValue
package import LedgerCore

/// A version that was opened from fragments.
package struct InspectedVersion: Sendable {
    package let locator: Identifier
    /// Computed from the content and the secret in the slot.
    package let commitment: Commitment
    package let secret: LedgerCore.Digest
    package let sizeBytes: Int
    package let sidecar: [UInt8]
    /// `nil` where the version spans packs: the commitment was computed as it passed by.
    package let content: [UInt8]?
}

extension VaultInspector {
    /// Rebuilds versions from fragments, never from the cache, and hands each to `visit`, ordered
    /// by where their packs lie in the catalogue; those without slot or pack come last.
    ///
    /// Throws what reading the catalogue or opening the keystore throws, and what `visit` throws.
    package func inspectVersions(
        _ locators: Set<Identifier>,
        _ visit: (Identifier, Result<InspectedVersion, any Error>) throws -> Void
    ) throws {
        let keystore = try Keystore(
            path: Vault.keyrings(configuration.directory), keys: keys, readOnly: true)
        defer { keystore.close() }
        var locations: [Identifier: [Location]] = [:]
        var order: [Identifier] = []
        var places: [Identifier: CataloguePosition] = [:]
        _ = try walk.run(from: nil) { position, record in
            if record.isCollected {
                for entry in record.pack.entries {
                    locations[entry.locator]?.removeAll { $0.pack == record.pack.pack }
                }
                return
            }
            for location in Location.all(pack: record.pack.pack, entries: record.pack.entries) ?? []
            where locators.contains(location.content.locator) {
                let locator = location.content.locator
                if locations[locator] == nil { order.append(locator) }
                locations[locator, default: []].append(location)
                places[record.pack.pack] = position
            }
        }
        var packs = LastPack(inspector: self, places: places)
        for locator in order {
            let found = (locations[locator] ?? []).sorted {
                $0.content.segment < $1.content.segment
            }
            try visit(locator, Result { try rebuild(locator, found, keystore, &packs) })
        }
        for locator in locators.subtracting(order).sorted() {
            let missing = VaultError.damaged(
                place: "locator \(locator)", reason: "the catalogue names no pack")
            try visit(locator, .failure(missing))
        }
    }

    private func rebuild(
        _ locator: Identifier, _ locations: [Location], _ keystore: Keystore,
        _ packs: inout LastPack
    ) throws -> InspectedVersion {
        guard let keys = try keystore.slot(locator)?.keys else {
            throw VaultError.unknown(locator: locator)
        }
        guard Location.isWhole(locations) else {
            throw VaultError.damaged(
                place: "locator \(locator)", reason: "the catalogue names only a part of it")
        }
        var hasher = ContentHasher(secret: keys.secret)
        var size = 0
        var sidecar: [UInt8] = []
        var content: [UInt8] = []
        for location in locations {
            content.removeAll(keepingCapacity: true)
            let source = PackSource.memory(try packs.fetch(location.pack))
            do { sidecar = try Vault.open(location, keys, source, into: &content) } catch {
                throw VaultError.damaged(
                    place: "locator \(locator), pack \(location.pack)", reason: "it does not open")
            }
            hasher.update(content)
            size += content.count
        }
        guard let commitment = hasher.finish() else { throw VaultError.unknown(locator: locator) }
        return InspectedVersion(
            locator: locator, commitment: commitment, secret: keys.secret, sizeBytes: size,
            sidecar: sidecar, content: locations.count == 1 ? content : nil)
    }

    /// Keeps the pack that was rebuilt last: versions beside each other share it.
    private struct LastPack {
        let inspector: VaultInspector
        let places: [Identifier: CataloguePosition]
        private var last: (id: Identifier, bytes: [UInt8])?

        init(inspector: VaultInspector, places: [Identifier: CataloguePosition]) {
            self.inspector = inspector
            self.places = places
        }

        mutating func fetch(_ id: Identifier) throws -> [UInt8] {
            if let last, last.id == id { return last.bytes }
            guard let place = places[id] else {
                throw VaultError.damaged(place: "pack \(id)", reason: "the catalogue lacks it")
            }
            let walk = inspector.walk
            let path = "\(CatalogueFile.path(walk.directory, place.file))@\(place.offset)"
            guard
                let file = try CatalogueFile.open(
                    walk.directory, place.file, isNewest: false, writable: false),
                case .frame(let frame) = try file.read(at: place.offset)
            else { throw VaultError.damaged(place: path, reason: "no record lies there") }
            let record = try CatalogueRecord(frame, place: path, signer: walk.signer).pack
            let bytes = try inspector.fragments.fetch(record, repairs: false)
            _ = try Pack(opening: bytes, id: id, keys: inspector.keys)
            last = (id, bytes)
            return bytes
        }
    }
}
