import FoundationEssentials
import LedgerCore
import SwiftProtobuf

/// What one pack holds of one version: one segment of its content and, with the last, its sidecar.
struct Location: Hashable, Sendable {
    let pack: Identifier
    let content: PackEntry
    let sidecar: PackEntry?

    /// The locations that a pack's contents give. `nil` where a sidecar has no final content beside
    /// it, or a version comes twice.
    static func all(pack: Identifier, entries: [PackEntry]) -> [Location]? {
        var sidecars: [Identifier: PackEntry] = [:]
        var locators: Set<Identifier> = []
        for entry in entries where entry.kind == .sidecar {
            guard sidecars.updateValue(entry, forKey: entry.locator) == nil else { return nil }
        }
        var locations: [Location] = []
        for entry in entries where entry.kind == .content {
            guard locators.insert(entry.locator).inserted else { return nil }
            let sidecar = entry.isFinal ? sidecars.removeValue(forKey: entry.locator) : nil
            locations.append(Location(pack: pack, content: entry, sidecar: sidecar))
        }
        return sidecars.isEmpty ? locations : nil
    }

    /// Whether `locations`, in order of their segments, are one whole version.
    static func isWhole(_ locations: [Location]) -> Bool {
        var chunks: UInt64 = 0
        for (index, location) in locations.enumerated() {
            let entry = location.content
            guard entry.segment == UInt32(index), entry.firstChunk == chunks,
                entry.isFinal == (index == locations.count - 1),
                (location.sidecar != nil) == entry.isFinal
            else { return false }
            chunks += UInt64(entry.chunkCount)
        }
        return !locations.isEmpty
    }

    var encoded: [UInt8] {
        get throws {
            var wire = WireLocation()
            wire.pack = .init(pack.bytes)
            wire.entries = [content.wire] + (sidecar.map { [$0.wire] } ?? [])
            return try wire.serializedBytes()
        }
    }

    init(pack: Identifier, content: PackEntry, sidecar: PackEntry?) {
        self.pack = pack
        self.content = content
        self.sidecar = sidecar
    }

    init?(_ bytes: [UInt8]) {
        guard let wire = try? WireLocation(serializedBytes: bytes),
            wire.unknownFields.data.isEmpty, let pack = Identifier(wire.pack),
            let first = wire.entries.first.flatMap(PackEntry.init), first.kind == .content
        else { return nil }
        self.init(
            pack: pack, content: first,
            sidecar: wire.entries.count == 2 ? PackEntry(wire.entries[1]) : nil)
        guard wire.entries.count == (sidecar == nil ? 1 : 2) else { return nil }
    }
}
