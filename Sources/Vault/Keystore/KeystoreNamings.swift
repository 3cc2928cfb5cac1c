import FoundationEssentials
import KeyValue
import LedgerCore
import SwiftProtobuf
import Synchronization

/// What the keystore knows of versions whose transactions are not settled, and of packs whose
/// collection has begun.
extension Keystore {
    static func namingKey(_ version: NamedVersion) -> [UInt8] {
        namingKey(endMs: version.naming.endMs) + version.locator.bytes
    }

    private static func namingKey(endMs: UInt64) -> [UInt8] {
        var key: [UInt8] = [6]
        key.append(bigEndian: endMs)
        return key
    }

    private static func doomedKey(_ pack: Identifier) -> [UInt8] { [7] + pack.bytes }

    private static let openKey: [UInt8] = [8]

    /// Takes up to `limit` versions whose windows ended before `ms` for their fate to be settled.
    /// They are not found again before the next open, unless `revisit` puts them back.
    func takeEnded(before ms: UInt64, limit: Int) throws -> [NamedVersion] {
        let start = firstEndMs.withLock { first in
            let start = first
            first = max(first, ms)
            return start
        }
        guard start < ms else { return [] }
        var found: [NamedVersion] = []
        do {
            try namings(from: start, before: ms) {
                found.append($0)
                return found.count < limit
            }
        } catch {
            firstEndMs.withLock { $0 = min($0, start) }
            throw error
        }
        if found.count == limit { revisit(found.suffix(1)) }
        return found
    }

    /// Lets versions be found by the next `takeEnded`.
    func revisit(_ versions: some Collection<NamedVersion>) {
        guard let first = versions.map(\.naming.endMs).min() else { return }
        firstEndMs.withLock { $0 = min($0, first) }
    }

    /// Visits unsettled versions by the ends of their windows, until `visit` returns false.
    func namings(
        from start: UInt64 = 0, before end: UInt64? = nil, _ visit: (NamedVersion) -> Bool
    ) throws {
        var isSound = true
        try vaultErrors {
            try store.scan(
                from: Self.namingKey(endMs: start), to: end.map(Self.namingKey(endMs:)) ?? [7]
            ) { key, value in
                guard let version = NamedVersion(key: key.dropFirst(), row: value) else {
                    isSound = false
                    return .stop
                }
                return visit(version) ? .continue : .stop
            }
        }
        guard isSound else {
            throw VaultError.damaged(place: store.path, reason: "the row of a naming is malformed")
        }
    }

    /// Notes that versions stay. What a crash undoes of it is settled once more.
    func settle(_ versions: [NamedVersion]) throws {
        var batch = WriteBatch()
        for version in versions { batch.delete(Self.namingKey(version)) }
        try vaultErrors { try store.write(batch, durable: false) }
    }

    /// Forgets the keys of versions and notes the packs that hold nothing else, in one durable
    /// step: nothing of them can be read from here on.
    func forget(_ versions: [NamedVersion], dooming packs: [PackRecord]) throws {
        var batch = WriteBatch()
        for version in versions {
            try delete(version.locator, in: &batch)
            batch.delete(Self.namingKey(version))
        }
        for pack in packs { batch.put(Self.doomedKey(pack.pack), try pack.wire.serializedBytes()) }
        try vaultErrors { try store.write(batch, durable: true) }
    }

    /// The packs whose collection has begun, at most `limit`.
    func doomed(limit: Int) throws -> [PackRecord] {
        var packs: [PackRecord] = []
        var isSound = true
        try vaultErrors {
            try store.scan(prefix: [7]) { _, value in
                let wire = try? WirePackRecord(serializedBytes: [UInt8](value))
                let pack = wire.flatMap(PackRecord.init)
                pack.map { packs.append($0) }
                isSound = isSound && pack != nil
                return packs.count < limit ? .continue : .stop
            }
        }
        guard isSound else {
            throw VaultError.damaged(place: store.path, reason: "the row of a pack is malformed")
        }
        return packs
    }

    /// Notes that nothing is left of a pack.
    func finish(_ pack: Identifier) throws {
        var batch = WriteBatch()
        batch.delete(Self.doomedKey(pack))
        try vaultErrors { try store.write(batch, durable: false) }
    }

    /// Notes that the vault is open. Returns whether it was noted already: then the vault was not
    /// closed in good order.
    func markOpen() throws -> Bool {
        if try vaultErrors({ try store.get(Self.openKey) }) != nil { return true }
        var batch = WriteBatch()
        batch.put(Self.openKey, [])
        try vaultErrors { try store.write(batch, durable: true) }
        return false
    }

    /// Notes that the vault closes, and nothing is left that no record names.
    func markClosed() throws {
        var batch = WriteBatch()
        batch.delete(Self.openKey)
        try vaultErrors { try store.write(batch, durable: true) }
    }
}

extension NamedVersion {
    /// The value of its row.
    fileprivate init?(key: Slice<UnsafeRawBufferPointer>, row: UnsafeRawBufferPointer) {
        guard key.count == 8 + Identifier.size, let locator = Identifier(key.dropFirst(8)),
            let transaction = Digest(row)
        else { return nil }
        self.init(
            locator: locator,
            naming: Naming(transaction: transaction, endMs: UInt64(bigEndian: key.prefix(8))))
    }

    var row: [UInt8] { naming.transaction.bytes }
}
