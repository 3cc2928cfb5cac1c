package import LedgerCore

/// What a node is told at its start. Everything else is in its data directory.
package struct NodeConfiguration: Sendable {
    package var directory: DataDirectory
    package var founding: FoundingPlan
    /// Space that is kept free for finishing what was accepted.
    package var reserveBytes: UInt64
    /// Bound of the sealed local copies.
    package var cacheBytesMax: Int
    /// Keys of other logs whose checkpoints this node cosigns as a witness.
    package var witnessedLogs: [NoteKey] = []
    /// Witnesses outside of the network that are shown this log's checkpoints.
    package var witnesses: [OutsideWitness] = []
    /// Timestamps from outside; `nil` for none.
    package var timestamps: TimestampPlan?

    package init(
        directory: DataDirectory, founding: FoundingPlan = FoundingPlan(),
        reserveBytes: UInt64 = SpaceGuard.reserveBytesDefault, cacheBytesMax: Int = 64 << 30
    ) {
        self.directory = directory
        self.founding = founding
        self.reserveBytes = reserveBytes
        self.cacheBytesMax = cacheBytesMax
    }
}
