import FoundationEssentials
package import LedgerCore
import SwiftProtobuf

/// What the catalogue says about one pack: where its fragments are and what it holds.
package struct PackRecord: Hashable, Sendable {
    package struct PlacedFragment: Hashable, Sendable {
        package let provider: String
        package let digest: LedgerCore.Digest
    }

    package let pack: Identifier
    /// Bytes.
    package let size: Int
    /// SHA-256 of the pack.
    package let digest: LedgerCore.Digest
    package let code: ErasureCode
    /// In order of their indices.
    package let fragments: [PlacedFragment]
    package private(set) var entries: [PackEntry]

    init(_ pack: Pack, code: ErasureCode, fragments: [PlacedFragment]) {
        self.pack = pack.id
        size = pack.bytes.count
        digest = Digest.sha256(pack.bytes)
        self.code = code
        self.fragments = fragments
        entries = pack.entries
    }

    /// Where the fragments are, without what they hold.
    var withoutEntries: PackRecord {
        var record = self
        record.entries = []
        return record
    }

    /// The name of a fragment at its provider.
    func name(_ index: Int) -> String { Fragment.name(fragments[index].digest) }

    /// What the header of a fragment must say.
    func header(_ index: Int) -> FragmentHeader {
        FragmentHeader(
            pack: pack, index: index, code: code, shardSize: code.shardSize(of: size),
            packSize: size)
    }
}

extension PackRecord {
    var wire: WirePackRecord {
        var wire = WirePackRecord()
        wire.pack = .init(pack.bytes)
        wire.size = UInt64(size)
        wire.digest = .init(digest.bytes)
        wire.dataShards = UInt32(code.dataShards)
        wire.parityShards = UInt32(code.parityShards)
        wire.fragments = fragments.map { fragment in
            var wire = WirePlacedFragment()
            wire.provider = fragment.provider
            wire.digest = .init(fragment.digest.bytes)
            return wire
        }
        wire.entries = entries.map(\.wire)
        return wire
    }

    /// `nil` where the fields contradict each other or a limit.
    init?(_ wire: WirePackRecord) {
        guard wire.unknownFields.data.isEmpty, wire.size <= UInt64(Limits.packBytes),
            wire.dataShards <= UInt32(Limits.shards), wire.parityShards <= UInt32(Limits.shards),
            let pack = Identifier(wire.pack), let digest = Digest(wire.digest),
            let code = try? ErasureCode(
                dataShards: Int(wire.dataShards), parityShards: Int(wire.parityShards))
        else { return nil }
        self.pack = pack
        self.size = Int(wire.size)
        self.digest = digest
        self.code = code
        fragments = wire.fragments.compactMap { fragment in
            guard fragment.unknownFields.data.isEmpty else { return nil }
            return Digest(fragment.digest).map { .init(provider: fragment.provider, digest: $0) }
        }
        entries = wire.entries.compactMap(PackEntry.init)
        guard fragments.count == code.count, entries.count == wire.entries.count,
            entries.allSatisfy({ $0.range.upperBound <= wire.size })
        else { return nil }
    }
}
