package import LedgerCore
import Storage
import Synchronization

/// Signs checkpoints of the channel's log: as the log (C2SP algorithm 1) and as a member
/// (timestamped cosignature, algorithm 4).
///
/// A checkpoint is made when somebody asks and the log has grown, at most every 100 ms: whoever
/// waits for one that covers a leaf gets it at once. A block that is dated further ahead of this
/// node's clock than the network's bound, as after that was set back, is not cosigned.
package final class CheckpointSigner: Sendable {
    private let key: SigningKey
    package let logKey: NoteKey
    package let memberKey: NoteKey
    private let clock: @Sendable () -> UInt64
    package let origin: String
    private let newest = Mutex<(checkpoint: Checkpoint?, atMs: UInt64)>((nil, 0))

    private static let intervalMs: UInt64 = 100

    package init(
        network: Digest, channel: String, member: Identifier, publicKey: [UInt8], key: SigningKey,
        clock: @escaping @Sendable () -> UInt64
    ) {
        origin = Checkpoint.origin(network: network, channel: channel)
        self.key = key
        logKey = NoteKey(name: origin, algorithm: .ed25519, publicKey: publicKey)
        memberKey = NoteKey(
            name: "\(origin)/\(member)", algorithm: .cosignature, publicKey: publicKey)
        self.clock = clock
    }

    /// The newest checkpoint for a log that stands at `tree`; signed anew where it has grown and
    /// the last one is old enough, or lacks the member's line and need not any more.
    ///
    /// - Parameter isTimely: whether the newest block's time is one that this member vouches for.
    package func checkpoint(of tree: LogTree, isTimely: Bool) throws -> Checkpoint {
        let now = clock()
        return try newest.withLock { newest in
            if let last = newest.checkpoint {
                let isWhole = last.signatures.count > 1 || !isTimely
                if last.size == tree.size, isWhole { return last }
                if now &- newest.atMs < CheckpointSigner.intervalMs { return last }
            }
            var checkpoint = Checkpoint(origin: origin, size: tree.size, root: tree.root)
            checkpoint.signatures = [
                try logKey.sign(checkpoint, timeSeconds: now / 1000, with: key)
            ]
            if isTimely {
                checkpoint.signatures.append(
                    try memberKey.sign(checkpoint, timeSeconds: now / 1000, with: key))
            }
            newest = (checkpoint, now)
            return checkpoint
        }
    }

    /// Whether a block's time is not further ahead of this node's clock than the bound.
    func isTimely(_ timeMs: UInt64, driftMaxMs: UInt64) -> Bool {
        let (latest, overflow) = clock().addingReportingOverflow(driftMaxMs)
        return overflow || timeMs <= latest
    }

    /// This member's cosignature on a checkpoint that this node found to be its own log's.
    package func cosign(_ checkpoint: Checkpoint) throws -> NoteSignature {
        try memberKey.sign(checkpoint, timeSeconds: clock() / 1000, with: key)
    }
}
