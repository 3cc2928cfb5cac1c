import Contracts
package import LedgerCore
import Storage
import Synchronization

/// Checkpoints with the members' cosignatures on them: which is the newest, and which the newest
/// that is final, cosigned by more than half of the members that the log up to it names.
///
/// Nothing of it is kept over a restart: cosignatures are made anew.
package final class Finality: Sendable {
    private let signer: CheckpointSigner
    private let reader: LedgerReader
    private let engine: LedgerEngine
    /// Whether this node orders, and so makes the log's checkpoints.
    private let orders: Bool
    private let shared = Mutex(Shared())

    private struct Shared {
        /// By size of the log, the newest few.
        var checkpoints: [UInt64: Checkpoint] = [:]
        var newest: Checkpoint?
        var final: Checkpoint?
        /// Where the seal of the block that admitted a member lies in the log.
        var admitted: [Identifier: UInt64] = [:]
        /// The largest checkpoint that each key cosigned, by the key's name.
        var cosigned: [String: UInt64] = [:]
    }

    /// Checkpoints kept that are not yet final: at ten a second, some seconds of them.
    private static let kept = 64
    private static let pollMs = 10

    init(
        signer: CheckpointSigner, reader: LedgerReader, engine: LedgerEngine, orders: Bool
    ) {
        self.signer = signer
        self.reader = reader
        self.engine = engine
        self.orders = orders
    }

    /// The newest checkpoint with all cosignatures that this node knows. Where this node orders, it
    /// is signed anew once the log has grown.
    package func newest() throws -> Checkpoint {
        let tip = engine.head.tip
        let tree = tip.log
        let drift = try engine.state.parameters().driftMaxMs
        let isTimely = signer.isTimely(tip.timeMs, driftMaxMs: drift)
        if orders {
            let own = try signer.checkpoint(of: tree, isTimely: isTimely)
            try add(own)
            return shared.withLock { $0.checkpoints[own.size] ?? $0.final } ?? own
        }
        if let known = shared.withLock({ $0.newest }) { return known }
        var own = Checkpoint(origin: signer.origin, size: tree.size, root: tree.root)
        if isTimely { own.signatures = [try signer.cosign(own)] }
        return own
    }

    /// The size of the newest final checkpoint, and when it was cosigned: the median of its
    /// members' times, in seconds since 1970, which no single clock decides. `nil` where none is
    /// known.
    package func cosignedTime() throws -> (size: UInt64, seconds: UInt64)? {
        guard let final = try final() else { return nil }
        let times = try voters(size: final.size).compactMap { $0.verify(final) }
        return CosignedTime.median(times).map { (final.size, $0) }
    }

    /// The newest checkpoint that a quorum cosigned; `nil` where none is known.
    package func final() throws -> Checkpoint? {
        if orders { _ = try newest() }
        return shared.withLock { $0.final }
    }

    /// How many blocks the newest one is ahead of what each member has cosigned; a member of whom
    /// no cosignature has come since the start is missing.
    package func blocksBehind() throws -> [Identifier: UInt64] {
        if orders { _ = try newest() }
        let head = engine.head.tip.height
        let cosigned = shared.withLock { $0.cosigned }
        var behind = [Identifier: UInt64]()
        for member in try PeerDirectory(state: engine.state).members() {
            guard let size = cosigned["\(signer.origin)/\(member.id)"],
                let height = try reader.height(sealedBySize: size)
            else { continue }
            behind[member.id] = head - min(height, head)
        }
        return behind
    }

    /// Waits for a final checkpoint over more than `leaf` leaves; `nil` when none came in time.
    package func wait(covering leaf: UInt64, atMostMs ms: Int) async throws -> Checkpoint? {
        let end = ContinuousClock.now + .milliseconds(ms)
        while true {
            if let final = try final(), final.size > leaf { return final }
            guard ContinuousClock.now < end else { return nil }
            try await Task.sleep(for: .milliseconds(Finality.pollMs))
        }
    }

    /// The root of this node's log when it had so many leaves; `nil` where it never had.
    package func root(size: UInt64) throws -> Digest? {
        let tip = engine.head.tip
        guard size <= tip.log.size else { return nil }
        if size == tip.log.size { return tip.log.root }
        let store = engine.state.store
        return try LogTree(size: size, tile: { try Tiles.read($0, $1, from: store) })?.root
    }

    /// Takes the members' signatures that hold from a checkpoint of this node's own log.
    ///
    /// - Throws: ``PeerRefusal``, where it is of another log.
    package func add(_ checkpoint: Checkpoint) throws {
        guard checkpoint.origin == signer.origin, try root(size: checkpoint.size) == checkpoint.root
        else {
            throw PeerRefusal(
                .otherLog, "the checkpoint of \(checkpoint.size) leaves is not of this node's log")
        }
        let voters = try self.voters(size: checkpoint.size)
        let logKeys = try logKeys()
        let signatures = checkpoint.signatures.filter { signature in
            var alone = checkpoint
            alone.signatures = [signature]
            let key =
                voters.first { $0.name == signature.name }
                ?? logKeys.first { $0.name == signature.name && $0.verify(alone) != nil }
            return key?.verify(alone) != nil
        }
        shared.withLock { shared in
            var merged =
                shared.checkpoints[checkpoint.size]
                ?? Checkpoint(
                    origin: checkpoint.origin, size: checkpoint.size, root: checkpoint.root)
            for key in voters where signatures.contains(where: { $0.name == key.name }) {
                shared.cosigned[key.name] = max(
                    shared.cosigned[key.name] ?? 0, checkpoint.size)
            }
            for signature in signatures
            where !merged.signatures.contains(where: { $0.name == signature.name }) {
                merged.signatures.append(signature)
            }
            keep(merged, voters: voters, &shared)
        }
    }

    private func keep(_ merged: Checkpoint, voters: [NoteKey], _ shared: inout Shared) {
        shared.checkpoints[merged.size] = merged
        if merged.size >= shared.newest?.size ?? 0 { shared.newest = merged }
        let signed = voters.count { key in merged.signatures.contains { $0.name == key.name } }
        if signed * 2 > voters.count, merged.size >= shared.final?.size ?? 0 {
            shared.final = merged
        }
        let oldest = shared.final?.size ?? 0
        shared.checkpoints = shared.checkpoints.filter { $0.key >= oldest }
        while shared.checkpoints.count > Finality.kept, let first = shared.checkpoints.keys.min() {
            shared.checkpoints[first] = nil
        }
    }

    /// The keys with which this log's checkpoints are checked: the log's own, of the node that
    /// orders, and every member's.
    package func keys() throws -> [NoteKey] {
        let members = try PeerDirectory(state: engine.state).members().map {
            NoteKey(
                name: "\(signer.origin)/\($0.id)", algorithm: .cosignature,
                publicKey: $0.checkpointKey)
        }
        if orders { return [signer.logKey] + members }
        let newest = shared.withLock { $0.newest }
        let log = try logKeys().first { key in newest.flatMap { key.verify($0) } != nil }
        return (log.map { [$0] } ?? []) + members
    }

    /// The cosignature keys of the members that the first `size` leaves admit.
    private func voters(size: UInt64) throws -> [NoteKey] {
        try PeerDirectory(state: engine.state).members().compactMap { member in
            guard try admitted(member) < size else { return nil }
            return NoteKey(
                name: "\(signer.origin)/\(member.id)", algorithm: .cosignature,
                publicKey: member.checkpointKey)
        }
    }

    /// The log's own line is made by the member whose node orders: one of them.
    private func logKeys() throws -> [NoteKey] {
        try PeerDirectory(state: engine.state).members().map {
            NoteKey(name: signer.origin, algorithm: .ed25519, publicKey: $0.checkpointKey)
        }
    }

    private func admitted(_ member: PeerDirectory.Member) throws -> UInt64 {
        if let known = shared.withLock({ $0.admitted[member.id] }) { return known }
        guard let leaf = try reader.header(member.since)?.logSize else {
            throw NodeError(.damaged, "the chain lacks block \(member.since)")
        }
        shared.withLock { $0.admitted[member.id] = leaf }
        return leaf
    }
}
