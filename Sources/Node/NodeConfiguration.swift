/// What a node is told at its start. Everything else is in its data directory.
package struct NodeConfiguration: Sendable {
    package var directory: DataDirectory
    package var founding: FoundingPlan
    /// Space that is kept free for finishing what was accepted.
    package var reserveBytes: UInt64
    /// Bound of the sealed local copies.
    package var cacheBytesMax: Int

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
