package import LedgerCore

/// What a node is told at its start. Everything else is in its data directory.
package struct NodeConfiguration: Sendable {
    package var directory: DataDirectory
    package var founding: FoundingPlan
    /// Space that is kept free for finishing what was accepted.
    package var reserveBytes: UInt64
    /// Bound of the sealed local copies.
    package var cacheBytesMax: Int
    /// For how many blocks back the state can be proved.
    package var stateHistoryBlocks: UInt64

    /// Under full load about a minute, on a quiet ward days; the pages of more cost disk.
    package static let stateHistoryBlocksDefault: UInt64 = 1_024
    /// Keys of other logs whose checkpoints this node cosigns as a witness.
    package var witnessedLogs: [NoteKey] = []
    /// Witnesses outside of the network that are shown this log's checkpoints.
    package var witnesses: [OutsideWitness] = []
    /// Timestamps from outside; `nil` for none.
    package var timestamps: TimestampPlan?

    package init(
        directory: DataDirectory, founding: FoundingPlan = FoundingPlan(),
        reserveBytes: UInt64 = SpaceGuard.reserveBytesDefault, cacheBytesMax: Int = 64 << 30,
        stateHistoryBlocks: UInt64 = stateHistoryBlocksDefault
    ) {
        self.directory = directory
        self.founding = founding
        self.reserveBytes = reserveBytes
        self.cacheBytesMax = cacheBytesMax
        self.stateHistoryBlocks = stateHistoryBlocks
    }
}
