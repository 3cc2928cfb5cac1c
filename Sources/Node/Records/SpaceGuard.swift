import Synchronization

/// Refuses writes before the disk is really full, so that what was accepted can still be finished
/// and the stores never meet the end of the disk in the middle of something.
package final class SpaceGuard: Sendable {
    private let path: String
    private let reserveBytes: UInt64
    private let clock: @Sendable () -> UInt64
    private let last = Mutex<(atMs: UInt64, free: UInt64)>((0, .max))

    /// Space that is kept back: what the stores may still need for accepted work.
    package static let reserveBytesDefault: UInt64 = 32 * 1024 * 1024
    /// How long one look at the file system is good for.
    private static let freshMs: UInt64 = 100

    package init(
        path: String, reserveBytes: UInt64 = SpaceGuard.reserveBytesDefault,
        clock: @escaping @Sendable () -> UInt64
    ) {
        self.path = path
        self.reserveBytes = reserveBytes
        self.clock = clock
    }

    /// - Throws: `NodeError.storageFull` where less than the reserve is left.
    package func check(forBytes bytes: UInt64 = 0) throws {
        let now = clock()
        let free = last.withLock { last in
            if now &- last.atMs >= SpaceGuard.freshMs {
                last = (now, FileSystem.freeBytes(at: path) ?? .max)
            }
            return last.free
        }
        guard free >= reserveBytes + bytes else {
            throw NodeError(
                .storageFull, "the disk is nearly full; writes are refused, reads go on",
                hint: "free space on the node's disk, then try again")
        }
    }
}
