import Contracts
import LedgerCore

/// A node's parts that have to do with services outside of the network.
extension CairnNode {
    static func outside(
        _ configuration: NodeConfiguration, _ finality: Finality, _ reader: LedgerReader,
        _ parameters: WireParameters, _ clock: @escaping @Sendable () -> UInt64
    ) throws -> (Publication, Timestamps) {
        let publication = Publication(
            witnesses: configuration.witnesses, finality: finality, reader: reader, clock: clock)
        let timestamps = try Timestamps(
            plan: configuration.timestamps, folder: configuration.directory.timestamps,
            publication: publication, reader: reader, toleranceMs: parameters.driftMaxMs,
            clock: clock)
        return (publication, timestamps)
    }

    /// - Throws: `NodeError.conflict` where the node is to be an outside witness of its own log.
    static func witness(
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
