import LedgerCore
import Synchronization

/// A pack whose collection has begun: no version in it has keys any more.
package struct DoomedPack: Sendable {
    let record: PackRecord
}

/// Collecting versions that the ledger does not name and never will. Who decides that is above: the
/// vault knows windows and transactions by name only.
///
/// The order makes a crash anywhere harmless: the keys go first, together with a note of the packs
/// that are dead then; what the notes name is removed from the catalogue, then from cache and
/// providers; the note goes last. Whoever finds a note goes on from there. All of it blocks for
/// disk writes.
extension Vault {
    /// Takes up to `limit` versions whose windows ended before `ms` (block time), without those
    /// that are still being put. Each MUST be settled, forgotten or given to `revisit`.
    package func takeEnded(before ms: UInt64, limit: Int) throws -> [NamedVersion] {
        let ended = try keystore.takeEnded(before: ms, limit: limit)
        let busy = incoming.withLock { $0 }
        keystore.revisit(ended.filter { busy.contains($0.locator) })
        return ended.filter { !busy.contains($0.locator) }
    }

    /// Gives versions back that were taken.
    package func revisit(_ versions: [NamedVersion]) { keystore.revisit(versions) }

    /// Notes that the ledger names these versions: they stay.
    package func settle(_ versions: [NamedVersion]) throws {
        if !versions.isEmpty { try keystore.settle(versions) }
    }

    /// Destroys the keys of versions that the ledger will never name. Packs that hold nothing else
    /// are doomed; of others the sealed bytes stay, which nobody can open.
    package func forget(_ orphans: [NamedVersion]) throws {
        let gone = Set(orphans.map(\.locator))
        var seen: Set<Identifier> = []
        var dead: [PackRecord] = []
        for orphan in orphans {
            for pack in try catalogue.packs(holding: orphan.locator)
            where seen.insert(pack).inserted {
                let record = try catalogue.record(of: pack)
                let isAlive = try record.entries.contains {
                    try !gone.contains($0.locator) && keystore.keeps($0.locator)
                }
                if !isAlive { dead.append(record.withoutEntries) }
            }
        }
        try keystore.forget(orphans, dooming: dead)
    }

    /// Packs whose collection has begun, at most `limit`.
    package func doomed(limit: Int) throws -> [DoomedPack] {
        try keystore.doomed(limit: limit).map(DoomedPack.init)
    }

    /// Takes a doomed pack out of the catalogue.
    package func strike(_ pack: DoomedPack) throws { try catalogue.collect(pack.record.pack) }

    /// Removes a struck pack's local copy and its fragments, and keeps them from coming back.
    /// Returns whether every provider has let go.
    package func removeCopies(of pack: DoomedPack) -> Bool {
        watch.forget(pack.record.pack)
        return fetching.withLock(pack.record.pack) {
            cache.remove(pack.record.pack)
            return fragments.delete(pack.record)
        }
    }

    /// Notes that nothing is left of a pack.
    package func finish(_ pack: DoomedPack) throws { try keystore.finish(pack.record.pack) }
}
