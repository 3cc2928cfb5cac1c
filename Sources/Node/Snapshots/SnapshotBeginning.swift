import LedgerCore
import Storage

/// `DIR/snapshot.cairn`: what a node began with in place of block 0.
///
/// It stays there: where the state is lost, it is built again from the snapshot and the chain after
/// it, as that of other nodes is built from the chain alone.
struct SnapshotBeginning {
    let directory: DataDirectory
    let genesis: Genesis
    let channel: String

    /// Loads an empty store; does nothing where there is no snapshot, or the store has a head.
    ///
    /// A crash anywhere leaves a store without a head, and the next start does it again.
    func load(into store: any LedgerStore, chain: ChainLog) throws {
        guard FileSystem.exists(directory.snapshot), try store.head() == nil else { return }
        var known = [UInt64: (position: ChainPosition, digest: Digest)]()
        if let first = chain.first, let last = chain.last {
            try chain.forEach(from: first) { record in
                guard record.height <= last else { return }
                known[record.height] = (record.position, Digest.sha256(record.payload))
            }
        }
        do {
            _ = try SnapshotImport(genesis: genesis, channel: channel, store: store) {
                height, block in
                if let known = known[height] {
                    guard known.digest == Digest.sha256(block) else {
                        throw SnapshotRefusal(
                            .otherHistory, "the chain has another block at height \(height)")
                    }
                    return known.position
                }
                return try chain.append(height: height, payload: block)
            }.run(directory.snapshot)
            try chain.sync()
            try store.flush()
        } catch let refusal as SnapshotRefusal {
            throw NodeError(
                .damaged, "\(directory.snapshot): \(refusal.message) (\(refusal.reason.rawValue))",
                hint: "join again from an empty folder with another snapshot")
        }
    }
}
