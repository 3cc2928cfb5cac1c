import Contracts
import Identity
import LedgerCore
import Ordering
import Synchronization

/// Which of a node's parts depend on whether it orders or follows.
extension CairnNode {
    /// Whether another node orders, and this one follows it.
    package var follows: Bool { identity.membership != nil }

    static func ordering(
        _ identity: NodeIdentity, tip: LedgerTip, state: LedgerState, forwarding: Forwarding,
        clock: @escaping @Sendable () -> UInt64, isHeld: Bool = false
    ) throws -> any OrderingService {
        guard identity.membership != nil else {
            // While it is held, not even an empty block is made, to seal.
            return LocalOrdering(
                startHeight: tip.height + 1, lastSealedMs: tip.isSealed ? tip.timeMs : 0,
                lastBatchSealed: tip.isSealed || isHeld, clock: clock, check: { _ in .accept })
        }
        // After its longest window, nothing that was handed in can be accepted any more.
        let keepMs = try state.parameters().windowMaxMs
        return FollowedOrdering(
            startHeight: tip.height + 1, keepMs: keepMs, clock: clock,
            forward: { await forwarding.submit($0) })
    }

    static func invitations(
        _ identity: NodeIdentity, _ directory: DataDirectory, _ state: LedgerState,
        _ clock: @escaping @Sendable () -> UInt64
    ) throws -> Invitations? {
        guard identity.membership == nil else { return nil }
        return try Invitations(
            path: directory.invitations, network: identity.genesis.digest,
            transportKey: try SigningKey.p256(identity.keys.transport).publicKey().id,
            state: state, clock: clock)
    }

    static func follower(
        _ identity: NodeIdentity, _ directory: DataDirectory, ordering: any OrderingService,
        engine: LedgerEngine, reader: LedgerReader, clock: @escaping @Sendable () -> UInt64
    ) throws -> Follower? {
        guard let membership = identity.membership, let ordering = ordering as? FollowedOrdering
        else { return nil }
        try FileSystem.makeDirectory(directory.peer, mode: 0o700)
        return Follower(
            engine: engine, reader: reader, ordering: ordering, leaderKey: membership.leaderKey,
            signatures: try SignatureLog(path: directory.peer + "/signatures"),
            evidence: EvidenceFolder(path: directory.evidence), clock: clock)
    }

    /// Takes a submission of another member's node in for ordering.
    ///
    /// - Throws: ``PeerRefusal`` where this node does not order, or the submission is not that
    ///   node's; `NodeError` where it cannot be taken at the moment.
    package func take(submission bytes: [UInt8], from peer: PeerDirectory.Node) async throws {
        guard !follows else {
            throw PeerRefusal(.notOrdering, "this node follows another and does not order")
        }
        if let held = engine.held { throw held }
        try timestamps.requireInTime()
        let submission = try Submission(bytes: bytes)
        guard submission.node == peer.id,
            submission.holds(network: engine.network, key: try ParsedKey(peer.stampKey))
        else { throw PeerRefusal(.unknownKey, "the submission is not stamped by the peer's node") }
        do throws(OrderingError) {
            try await engine.ordering.submit(bytes)
        } catch {
            throw OrderingProblem.error(error)
        }
    }

    /// Takes note that another member's node follows from a height on. One that is ahead of this
    /// node has blocks that this one signed and lost: nothing may be ordered in their place.
    package func noteFollower(_ peer: PeerDirectory.Node, from height: UInt64) {
        guard !follows else { return }
        let tip = engine.head.tip
        if height > tip.height + 1 {
            engine.halt(because: RestoredLedger.lost(peer.id, from: height, head: tip.height))
        } else if restored.heard(peer.member) {
            engine.letGo()
        }
    }

    /// Takes a cosigned note of another member's node.
    package func take(note text: String) throws { try finality.add(try Checkpoint(note: text)) }
}

/// The way to the node that orders, once it is known.
final class Forwarding: Sendable {
    private let transport = Mutex<PeerTransport?>(nil)

    func set(_ transport: PeerTransport?) { self.transport.withLock { $0 = transport } }

    func submit(_ bytes: [UInt8]) async -> FollowedOrdering.Forwarded {
        guard let transport = transport.withLock({ $0 }) else { return .unreachable }
        return await transport.submit(bytes)
    }
}
