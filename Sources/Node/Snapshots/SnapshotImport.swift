import Contracts
import KeyValue
import LedgerCore
import Storage

/// Builds a ledger store from a snapshot: entries and the tree over them, the log's tiles, headers
/// and places of the blocks.
///
/// The walk checks everything once more; what it finds wrong stops the import, and the store stays
/// without a head, so that nothing takes it for a ledger.
struct SnapshotImport {
    let genesis: Genesis
    let channel: String
    let store: any LedgerStore
    /// Takes a whole block into the chain, or finds it there.
    let place: (_ height: UInt64, _ block: [UInt8]) throws -> ChainPosition

    /// Entries in one step: their pages are worked out together.
    private static let stepEntries = 20_000

    /// What is gathered on the way.
    private final class Work {
        var manifest: SnapshotManifest?
        var tip: LedgerTip?
        var rows: [LedgerRow] = []
        var entries: [SnapshotEntry] = []
        var root = Digest.zero
    }

    /// Reads the file and loads the store; the head comes last.
    func run(_ path: String) throws -> SnapshotWalk.Summary {
        let file = try SnapshotSource(path)
        let work = Work()
        var walk = try SnapshotWalk(
            read: file.read,
            visitor: SnapshotWalk.Visitor(
                manifest: { manifest in
                    guard manifest.genesis.digest == genesis.digest, manifest.channel == channel
                    else {
                        throw SnapshotRefusal(
                            .genesisNotTrusted, "the snapshot is of another network or channel")
                    }
                    work.manifest = manifest
                },
                block: { try take($0, work) },
                entries: { entries in
                    work.entries += entries
                    if work.entries.count >= SnapshotImport.stepEntries { try step(work) }
                }))
        let summary = try walk.run()
        try step(work)
        guard work.root == summary.stateRoot, let tip = work.tip else {
            throw SnapshotRefusal(.stateMismatch, "the tree over the entries has another root")
        }
        try store.load(work.rows, head: AppliedHead(height: tip.height, bytes: tip.headBytes))
        return summary
    }

    private func take(_ block: SnapshotBlock, _ work: Work) throws {
        guard let manifest = work.manifest else { return }
        let height = block.header.height
        var position = ChainPosition(segment: 0, offset: 0, length: 0)
        if let whole = block.block { position = try place(height, whole.bytes) }
        // Later ones are applied from the chain, in the usual way.
        guard height <= manifest.stateHeight else { return }
        for (number, accepted) in block.accepted.enumerated() {
            let place = TransactionPlace(
                height: height, index: accepted.index, leaf: block.firstLeaf + UInt64(number))
            work.rows.append(
                LedgerRow(.transaction, accepted.id.bytes, LedgerEntry.encode(place)))
        }
        for membership in block.membership {
            let accepted = block.accepted[Int(membership.leaf - block.firstLeaf)]
            let place = TransactionPlace(
                height: height, index: accepted.index, leaf: membership.leaf)
            work.rows.append(LedgerRow(.membership, accepted.id.bytes, LedgerEntry.encode(place)))
            if block.block == nil {
                work.rows.append(
                    LedgerRow(.proven, accepted.id.bytes, Wire.encode(membership.wire)))
            }
        }
        if block.block == nil {
            work.rows.append(LedgerRow(.header, LedgerEntry.blockKey(height), block.headerBytes))
        }
        let blockPlace = BlockPlace(position: position, firstLeaf: block.firstLeaf)
        work.rows.append(
            LedgerRow(.block, LedgerEntry.blockKey(height), LedgerEntry.encode(blockPlace)))
        work.rows.append(
            LedgerRow(.blockHash, block.hash.bytes, LedgerEntry.blockKey(height)))
        for tile in block.tiles {
            work.rows.append(
                LedgerRow(
                    .tile, LedgerEntry.tileKey(level: tile.level, index: tile.index),
                    Tiles.bytes(tile)))
        }
        if work.rows.count >= SnapshotImport.stepEntries { try load(work) }
        if height == manifest.stateHeight { work.tip = try tip(block) }
    }

    /// The tip after the block whose state the entries are.
    private func tip(_ block: SnapshotBlock) throws -> LedgerTip {
        var tip = LedgerTip(
            height: block.header.height, hash: block.hash, timeMs: block.header.timeMs,
            log: block.log)
        if let whole = block.block, try Batch(bytes: whole.batchBytes).seal == .begin {
            // The entries are what that seal comes to: nothing is left to be worked out.
            tip.begunSeal(at: block.header.height)
        }
        return tip
    }

    private func load(_ work: Work) throws {
        try store.load(work.rows, head: nil)
        work.rows.removeAll(keepingCapacity: true)
    }

    /// Adds entries to the state and to the tree over it.
    private func step(_ work: Work) throws {
        try load(work)
        guard !work.entries.isEmpty, let manifest = work.manifest else { return }
        // Every step adds to the same version; what it writes again replaces what was there.
        var update = StateTreeUpdate(version: manifest.stateHeight, read: store.stateNode)
        work.root = try update.apply(
            work.entries.map { StateTree.Change(key: $0.key, path: $0.path, leaf: $0.leaf) })
        work.rows = work.entries.map { LedgerRow(.state, $0.key, $0.value) }
        work.rows += (update.pages + update.rootRows).compactMap { page in
            page.bytes.map { LedgerRow(.node, page.name, $0) }
        }
        work.entries.removeAll(keepingCapacity: true)
        try load(work)
    }
}
