import LedgerCore
import Synchronization

/// A version with what can be sealed before it is known which pack it comes into.
///
/// One reference, for it passes through many hands.
final class SealingVersion: Sendable {
    let version: VersionToSeal
    let keys: VersionKeys
    let slot: Keystore.NewSlot
    /// `nil` for large content, which is sealed into its packs.
    let runs: SealedRuns?

    /// Draws a data key and seals.
    init(_ version: VersionToSeal, _ keystore: Keystore) throws {
        self.version = version
        keys = VersionKeys(secret: version.secret)
        slot = try keystore.seal(
            keys, of: version.locator, into: version.compartment, naming: version.naming)
        let isSmall = version.content.count <= SealedRuns.contentBytesMax
        runs = isSmall ? try SealedRuns(version, keys) : nil
    }
}

extension Vault {
    /// Seals versions and makes them durable, all or none, in the order given. Calls that meet
    /// share a pack and its disk writes.
    ///
    /// Throws `refused` for a locator used before, a sidecar beyond its limit or too many versions;
    /// `busy`; `full`; `providersUnavailable`.
    package func put(_ versions: [VersionToSeal]) async throws -> [SealedVersion] {
        guard !versions.isEmpty else { return [] }
        guard versions.count <= Limits.packVersions else {
            throw VaultError.refused("\(versions.count) versions in one put")
        }
        guard versions.allSatisfy({ $0.sidecar.count <= Limits.sidecarBytes }) else {
            throw VaultError.refused("a sidecar beyond \(Limits.sidecarBytes) bytes")
        }
        let locators = versions.map(\.locator)
        try reserve(locators)
        defer { release(locators) }
        try await commits.submit(
            try versions.map { try SealingVersion($0, keystore) },
            sizeBytes: versions.reduce(0) { $0 + $1.sizeBytes })
        return versions.map {
            SealedVersion(
                locator: $0.locator, paddedSizeBytes: Padme.padded($0.content.count),
                commitment: $0.commitment ?? Commitment(content: $0.content, secret: $0.secret))
        }
    }

    /// Commits one group: packs, then fragments and slots side by side, then the catalogue.
    func commit(_ versions: [SealingVersion]) async throws {
        try checkFreeSpace()
        let packs = try sealPacks(versions)
        let slots = versions.map(\.slot)
        // Beside the rest: nothing depends on a copy.
        async let copied: Void = keepCopies(packs)
        async let slotsKept: Void = BlockingPool.run { [keystore] in try keystore.put(slots) }
        var stored: [PackRecord] = []
        do {
            for pack in packs { stored.append(try await spread(pack)) }
            try await slotsKept
            try await record(stored)
        } catch {
            try? await slotsKept
            await copied
            await undo(stored, slots: slots)
            await dropCopies(packs)
            throw error
        }
        await copied
    }

    /// Writes a pack's fragments. It counts as under way until `record` or `undo`.
    func spread(_ pack: Pack) async throws -> PackRecord {
        spreading.withLock { _ = $0.insert(pack.id) }
        do { return try await fragments.put(pack) } catch {
            // Providers that failed a write may have failed to remove it, too.
            untidiness.withLock { $0 += 1 }
            spreading.withLock { _ = $0.remove(pack.id) }
            throw error
        }
    }

    /// Appends packs to the catalogue.
    func record(_ records: [PackRecord]) async throws {
        try await BlockingPool.run { [catalogue] in try catalogue.append(records) }
        spreading.withLock { $0.subtract(records.map(\.pack)) }
    }

    /// Removes what a failed commit wrote, unless the catalogue may name it already.
    func undo(_ records: [PackRecord], slots: [Keystore.NewSlot]) async {
        if catalogue.isUncertain { return }
        let named = records.contains { (try? catalogue.record(of: $0.pack)) != nil }
        // What stays is collected once its window has ended.
        if named { return }
        for record in records where await !fragments.remove(record) {
            untidiness.withLock { $0 += 1 }
        }
        spreading.withLock { $0.subtract(records.map(\.pack)) }
        _ = try? await BlockingPool.run { [keystore] in
            try keystore.delete(slots.map(\.locator))
            try keystore.settle(slots.compactMap(\.named))
        }
    }

    func keepCopies(_ packs: [Pack]) async {
        _ = try? await BlockingPool.run { [cache] in
            for pack in packs { cache.put(pack.id, pack.bytes) }
        }
    }

    private func dropCopies(_ packs: [Pack]) async {
        _ = try? await BlockingPool.run { [cache] in
            for pack in packs { cache.remove(pack.id) }
        }
    }

    /// Fills packs in the versions' order. A version that does not fit into what is left of a pack
    /// starts a new one; one beyond a pack's size is cut into segments, a pack each.
    private func sealPacks(_ versions: [SealingVersion]) throws -> [Pack] {
        var packs: [Pack] = []
        let total = versions.reduce(0) { $0 + $1.version.sizeBytes + 192 }
        let capacity = min(total, Limits.packPlaintextBytes)
        var builder = PackBuilder(capacity: capacity)
        func cut() throws {
            packs.append(try builder.finish(keys))
            builder = PackBuilder(capacity: capacity)
        }
        for sealing in versions {
            let version = sealing.version
            let room = Limits.packPlaintextBytes - builder.plaintextSize
            if !builder.isEmpty,
                version.sizeBytes > room || builder.versionCount >= Limits.packVersions
            {
                try cut()
            }
            if let runs = sealing.runs {
                builder.add(runs)
                continue
            }
            var rest = version.content[...]
            var segment: UInt32 = 0
            while true {
                let part = rest.prefix(Limits.packPlaintextBytes)
                rest = rest.dropFirst(part.count)
                try builder.addSegment(
                    part, locator: version.locator, segment: segment, isFinal: rest.isEmpty,
                    dataKey: sealing.keys.dataKey)
                if rest.isEmpty { break }
                segment += 1
                try cut()
            }
            try builder.addSidecar(
                version.sidecar, locator: version.locator, dataKey: sealing.keys.dataKey)
        }
        if !builder.isEmpty { packs.append(try builder.finish(keys)) }
        return packs
    }
}
