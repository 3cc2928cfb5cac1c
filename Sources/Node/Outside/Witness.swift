package import LedgerCore
import Synchronization

/// This node as a witness of other logs (C2SP tlog-witness): cosigns checkpoints of the logs that
/// its operator named, each one only where it goes on from the one before.
///
/// Contract: what was cosigned last is durable before a cosignature is given out, in
/// `DIR/witness`, one file for each log. A folder that is put back from an older copy makes this
/// witness forget, and cosign a second history from there: it is not for backups.
package final class Witness: Sendable {
    private let folder: String
    /// The logs' own keys, by origin: a key's name is its log's origin.
    private let logs: [String: NoteKey]
    private let cosign: @Sendable (Checkpoint) throws -> NoteSignature
    /// What was cosigned last, by origin.
    private let newest: Mutex<[String: Checkpoint]>

    /// Why a checkpoint is not cosigned.
    package enum Refusal: Error, Sendable, Hashable {
        /// No log of this origin is known here.
        case unknownLog
        /// None of its signatures is by the log's key.
        case notSigned
        /// The old size is above the checkpoint's.
        case oldSizeAbove
        /// The old size is not the one that was cosigned last, which is told.
        case otherSize(UInt64)
        /// Another root was cosigned for this size.
        case otherRoot(UInt64)
        /// The proof does not show that the log goes on from there.
        case inconsistent
    }

    /// - Parameters:
    ///   - logs: keys of other logs, of algorithm 1.
    ///   - cosign: makes this node's cosignature.
    /// - Throws: `NodeError.damaged` where a file does not read back: what was cosigned must not be
    ///   forgotten.
    init(
        folder: String, logs: [NoteKey],
        cosign: @escaping @Sendable (Checkpoint) throws -> NoteSignature
    ) throws {
        self.folder = folder
        self.cosign = cosign
        self.logs = Dictionary(logs.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        var newest: [String: Checkpoint] = [:]
        for origin in self.logs.keys {
            let path = Witness.path(folder, origin)
            guard FileSystem.exists(path) else { continue }
            let bytes = try FileSystem.read(path, limitBytes: Checkpoint.noteBytesMax)
            guard let text = String(validating: bytes, as: UTF8.self),
                let checkpoint = try? Checkpoint(note: text), checkpoint.origin == origin
            else {
                throw NodeError(
                    .damaged, "\(path) does not read back, which says what was cosigned last",
                    hint: "restore it from a backup that is not older than the last cosignature")
            }
            newest[origin] = checkpoint
        }
        self.newest = Mutex(newest)
    }

    /// Cosigns a checkpoint.
    ///
    /// - Returns: this node's cosignature.
    /// - Throws: ``Refusal``; `NodeError` where it cannot be made durable.
    package func add(_ request: WitnessRequest) throws -> NoteSignature {
        let checkpoint = request.checkpoint
        guard let key = logs[checkpoint.origin] else { throw Refusal.unknownLog }
        guard key.verify(checkpoint) != nil else { throw Refusal.notSigned }
        guard request.oldSize <= checkpoint.size else { throw Refusal.oldSizeAbove }
        return try newest.withLock { newest in
            let last = newest[checkpoint.origin]
            let lastSize = last?.size ?? 0
            guard request.oldSize == lastSize else { throw Refusal.otherSize(lastSize) }
            if let last, last.size == checkpoint.size, last.root != checkpoint.root {
                throw Refusal.otherRoot(lastSize)
            }
            guard
                LogConsistency.holds(
                    oldSize: lastSize, oldRoot: last?.root ?? TreeHash.empty,
                    newSize: checkpoint.size, newRoot: checkpoint.root, path: request.path)
            else { throw Refusal.inconsistent }
            if last?.size != checkpoint.size {
                // Of its lines the log's own alone: what others signed is not this node's to keep.
                var kept = checkpoint
                kept.signatures.removeAll { key.verify(checkpoint.with($0)) == nil }
                let path = Witness.path(folder, checkpoint.origin)
                try FileSystem.makeDirectory(folder, mode: 0o700)
                try FileSystem.write(Array(kept.note.utf8), to: path, mode: 0o600)
                newest[checkpoint.origin] = kept
            }
            return try cosign(checkpoint)
        }
    }

    /// The logs that this node is a witness of, and the size that it cosigned last of each.
    package var sizes: [(origin: String, size: UInt64)] {
        let known = newest.withLock { $0 }
        return logs.keys.sorted().map { ($0, known[$0]?.size ?? 0) }
    }

    private static func path(_ folder: String, _ origin: String) -> String {
        "\(folder)/\(Digest.sha256(Array(origin.utf8)))"
    }
}
