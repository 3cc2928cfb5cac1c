import Contracts
import LedgerCore
import Storage

/// Compares the checkpoints of the node that orders with this node's own log, and cosigns those
/// that agree.
struct CheckpointCosigner: Sendable {
    let follower: Follower
    let engine: LedgerEngine
    let reader: LedgerReader
    let finality: Finality
    let signer: CheckpointSigner
    let clock: @Sendable () -> UInt64

    /// Without a new block it is asked this often, for other members' cosignatures.
    private static let idleMs = 1_000
    /// At most so many a second, as the other side makes them.
    private static let pauseMs = 100

    /// Works until it is cancelled, or the engine is halted.
    func run(_ transport: PeerTransport) async {
        var height: UInt64 = 0
        while !Task.isCancelled, engine.halted == nil {
            if follower.status.isConnected {
                height = engine.heads.height
                // A failure is the connection's, and shows in the follower's status.
                try? await once(transport)
            }
            try? await Task.sleep(for: .milliseconds(CheckpointCosigner.pauseMs))
            _ = await engine.heads.wait(above: height, atMostMs: CheckpointCosigner.idleMs)
        }
    }

    private func once(_ transport: PeerTransport) async throws {
        let notes = try await transport.checkpoints()
        let checkpoint = try Checkpoint(note: notes.newest)
        let leader = try follower.leader()
        guard checkpoint.origin == signer.origin, leader.logKey.verify(checkpoint) != nil else {
            throw PeerRefusal(.otherLog, "a checkpoint is not signed by the ordering node")
        }
        guard try await agrees(checkpoint, leader) else { return }
        var cosigned = checkpoint
        if try isTimely() {
            cosigned.signatures.append(try signer.cosign(checkpoint))
            try finality.add(cosigned)
            try await transport.cosign(cosigned.note)
        } else {
            try finality.add(checkpoint)
        }
        guard let final = notes.final else { return }
        let other = try Checkpoint(note: final)
        if try await agrees(other, leader) { try finality.add(other) }
    }

    /// Whether a checkpoint is of this node's log, once this node has as many leaves. Another root
    /// convicts the node that signed it.
    private func agrees(_ checkpoint: Checkpoint, _ leader: Leader) async throws -> Bool {
        let end = ContinuousClock.now + .seconds(5)
        var root = try finality.root(size: checkpoint.size)
        while root == nil, ContinuousClock.now < end {
            try await Task.sleep(for: .milliseconds(5))
            root = try finality.root(size: checkpoint.size)
        }
        guard let root else { return false }
        if root == checkpoint.root { return true }
        guard let signed = leader.signed(checkpoint) else { return false }
        let (height, evidence) = try evidence(against: signed)
        follower.convict(evidence, height: height)
        return false
    }

    /// What the other node signed about the block whose seal is the checkpoint's last leaf.
    private func evidence(against checkpoint: Checkpoint) throws -> (UInt64, Evidence?) {
        var low: UInt64 = 0
        var high = engine.head.tip.height
        while low < high {
            let middle = (low + high) / 2
            guard let header = try reader.header(middle) else { return (middle, nil) }
            if header.logSize + 1 < checkpoint.size {
                low = middle + 1
            } else {
                high = middle
            }
        }
        guard let headerBytes = try reader.headerBytes(low) else { return (low, nil) }
        let header = try Header(bytes: headerBytes)
        let store = engine.state.store
        guard header.logSize + 1 == checkpoint.size,
            let first = follower.signed(low, headerBytes: headerBytes),
            let log = try LogTree(
                size: header.logSize, tile: { try Tiles.read($0, $1, from: store) })
        else { return (low, nil) }
        return (
            low,
            Evidence(
                network: engine.network, first: first,
                contradiction: .checkpoint(checkpoint, edge: log.edge))
        )
    }

    /// A time outside the network's bound is applied, but not cosigned: a block from the future, or
    /// one that came at once and was yet dated long ago.
    private func isTimely() throws -> Bool {
        let drift = try engine.state.parameters().driftMaxMs
        return engine.head.tip.timeMs <= clock() + drift && follower.status.driftMs <= drift
    }
}
