/// How a key-value folder is opened. Memory is bounded by these numbers, not by the data.
package struct KeyValueOptions: Sendable {
    /// A read-only open MUST NOT change any file of the folder, and creates none.
    package var readOnly = false

    /// Whether a write goes to RocksDB's own log by default. Without it a crash loses the newest
    /// writes (never a part of one, never an older before a newer), which is right where another
    /// log can repeat them.
    package var writeAheadLog = true

    /// One memtable; four of them at most are held, the others until they are written out.
    package var writeBufferBytes = 8 << 20

    /// Cached data blocks.
    package var blockCacheBytes = 16 << 20

    /// Files kept open, each with its index and filter in memory: about 1 MB for a table of 64 MiB.
    /// Below the usual limit of 1,024 descriptors a process, with room for sockets.
    package var openFilesMax = 256

    /// Where keys carry versions: which of them may go.
    package var pruning: VersionPruning?

    /// Keys that lie apart, in memory and in files of their own: where they are many and large, the
    /// others are found and written faster.
    package var apart: KeyRange?

    package init() {}

    /// Memtables at once: one that takes writes, and others that wait to be written out, so that a
    /// burst need not wait for the disk.
    static let writeBuffers: Int32 = 4
    /// Ten bits a key make one in a hundred reads of an absent key touch the disk.
    static let bloomBitsPerKey = 10.0
    /// What a memtable's filter takes of its size.
    static let memtableBloomRatio = 0.1
    /// Small blocks: the reads are points of some 100 bytes, and a block is what a miss costs.
    static let blockBytes = 4 << 10
    /// Bytes of a new file after which they are sent to the disk.
    static let bytesPerSync: UInt64 = 512 << 10
    /// Bytes a second that RocksDB writes of its own accord, more than a full load makes.
    static let bytesPerSecond: Int64 = 160 << 20
    static let refillMicroseconds: Int64 = 10_000
    /// RocksDB's own default: one in ten requests of low priority goes before those of high.
    static let fairness: Int32 = 10
    /// RocksDB's own diagnostics, kept short.
    static let infoLogFiles = 2
    /// One flush and one compaction beside the server's own work.
    static let backgroundJobs: Int32 = 2
}
