import Contracts
import Crypto
import Identity
import LedgerCore

/// A node's parts that speak to those outside of the network.
extension CairnNode {
    /// What signs checkpoints of the node's channel.
    static func signer(
        _ identity: NodeIdentity, _ clock: @escaping @Sendable () -> UInt64
    ) -> CheckpointSigner {
        CheckpointSigner(
            network: identity.genesis.digest, channel: channel, member: identity.member,
            publicKey: [UInt8](identity.keys.checkpoint.publicKey.rawRepresentation),
            key: .ed25519(identity.keys.checkpoint), clock: clock)
    }

    static func outside(
        _ configuration: NodeConfiguration, _ finality: Finality, _ reader: LedgerReader,
        _ checkpoints: CheckpointSigner, _ clock: @escaping @Sendable () -> UInt64
    ) throws -> (Publication, Timestamps, Witness) {
        let publication = Publication(
            witnesses: configuration.witnesses, finality: finality, reader: reader, clock: clock)
        let timestamps = try Timestamps(
            plan: configuration.timestamps, folder: configuration.directory.timestamps,
            publication: publication, reader: reader,
            toleranceMs: try reader.state.parameters().driftMaxMs, clock: clock)
        return (publication, timestamps, try witness(configuration, checkpoints))
    }

    /// - Throws: `NodeError.conflict` where the node is to be an outside witness of its own log.
    private static func witness(
        _ configuration: NodeConfiguration, _ checkpoints: CheckpointSigner
    ) throws -> Witness {
        guard !configuration.witnessedLogs.contains(where: { $0.name == checkpoints.origin }) else {
            throw NodeError(
                .conflict, "this node cosigns its own log as a member, and is no witness of it",
                hint: "name other logs with --witness-log")
        }
        return try Witness(
            folder: configuration.directory.witness, logs: configuration.witnessedLogs,
            cosign: { try checkpoints.cosign($0) })
    }
}
