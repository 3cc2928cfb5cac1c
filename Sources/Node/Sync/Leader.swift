import Contracts
package import LedgerCore

/// The node that orders, as the ledger knows it.
package struct Leader: Sendable {
    package let node: Identifier
    package let member: Identifier
    package let stampKey: PublicKey
    package let transportKey: PublicKey
    /// With which its checkpoints are signed: as the log, and as a member.
    package let logKey: NoteKey
    package let memberKey: NoteKey

    /// A checkpoint that this node signed, with one line of its own alone; `nil` where none holds.
    func signed(_ checkpoint: Checkpoint) -> Checkpoint? {
        for signature in checkpoint.signatures {
            var alone = checkpoint
            alone.signatures = [signature]
            if logKey.verify(alone) != nil || memberKey.verify(alone) != nil { return alone }
        }
        return nil
    }

    /// The node with that transport key; `nil` where the ledger has none in service.
    package static func find(
        transportKey id: Digest, in state: LedgerState, network: Digest, channel: String
    ) throws -> Leader? {
        for peer in try PeerDirectory(state: state).nodes() where peer.transportKey.id == id {
            guard !peer.isRetired, let member = try state.member(peer.member) else { return nil }
            let key = [UInt8](member.description_p.checkpointKey)
            let origin = Checkpoint.origin(network: network, channel: channel)
            return Leader(
                node: peer.id, member: peer.member, stampKey: peer.stampKey,
                transportKey: peer.transportKey,
                logKey: NoteKey(name: origin, algorithm: .ed25519, publicKey: key),
                memberKey: NoteKey(
                    name: "\(origin)/\(peer.member)", algorithm: .cosignature, publicKey: key))
        }
        return nil
    }
}
