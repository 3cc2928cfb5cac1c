package import LedgerCore
import Synchronization

/// The chain of one channel: an append-only log of records of consecutive heights, in segment files
/// `<first height>.chain`. It is the write-ahead log of everything that is derived from it.
///
/// Contract:
/// - A record is durable once `sync()` has returned; the caller MUST NOT acknowledge it earlier.
///   Each `sync()` costs one `fdatasync`; rolling to a new segment inside `append` some more.
/// - After a crash the log holds every durable record and a prefix of the others, whole.
/// - `open` MUST cut off only what was never made durable: an *unfinished* tail, that is one which
///   ends early or of which some 512-byte sector reads as zeros, and that no later record proves to
///   have been durable. Anything else that does not check is damage: `open` throws the place and
///   changes nothing. (A zero sector *inside the payload* of a last record that rots later looks
///   unfinished; `knownDurable` closes that gap, and the cutting short of files by others.)
/// - `append` that finds no space leaves the log as before, throws `.full`, and the log stays
///   usable.
/// - After any other failed write or sync the log refuses to go on until it is opened again, for
///   the disk's state is unknown.
/// - One process at a time opens a folder. Any threads at once MAY read; `append` and `sync` MAY be
///   called from different threads, and an append during a sync is not covered by it.
package final class ChainLog: Sendable {
    let folder: ChainFolder
    private let network: Digest
    private let channel: String
    private let writer: Mutex<Writer>
    private let readers: Mutex<Readers>
    private let segmentBytes: UInt64

    /// Bytes of unfinished records that `open` cut off.
    package let tornTailBytes: UInt64

    /// Opens the log in `directory`, made if it is absent, and recovers it (see above).
    ///
    /// - Parameters:
    ///   - knownDurable: a height the caller knows to have been durable, for example the applied
    ///     height of the state; a chain that ends below it is damaged.
    ///   - segmentBytes: the length at which a segment is closed.
    /// - Throws: `ChainLogError`, `DiskError`.
    package static func open(
        directory: String, network: Digest, channel: String, disk: any Disk = RealDisk(),
        knownDurable: UInt64? = nil, verification: ChainVerification = .newestSegment,
        segmentBytes: UInt64 = ChainLimits.segmentBytes
    ) throws -> ChainLog {
        guard (1...ChainLimits.channelBytesMax).contains(channel.utf8.count) else {
            throw ChainLogError.channelNameUnusable
        }
        try disk.createDirectory(directory)
        let recovery = ChainRecovery(
            folder: ChainFolder(disk: disk, path: directory), network: network, channel: channel,
            knownDurable: knownDurable, verification: verification)
        let recovered = try recovery.run()
        return ChainLog(recovery: recovery, recovered: recovered, segmentBytes: segmentBytes)
    }

    private init(recovery: ChainRecovery, recovered: ChainRecovery.Result, segmentBytes: UInt64) {
        folder = recovery.folder
        network = recovery.network
        channel = recovery.channel
        self.segmentBytes = segmentBytes
        tornTailBytes = recovered.tornTailBytes
        writer = Mutex(
            Writer(
                segments: recovered.segments, newest: recovered.newest, end: recovered.end,
                durableEnd: recovered.end, last: recovered.last, durable: recovered.last))
        readers = Mutex(Readers())
    }

    private struct Writer {
        /// First heights, ascending.
        var segments: [UInt64]
        /// The newest segment; none before the first record.
        var newest: SegmentReader?
        /// Where its next record starts.
        var end: UInt64
        var durableEnd: UInt64
        var last: UInt64?
        var durable: UInt64?
        var failed = false
    }

    /// The height of the newest record, durable or not; `nil` in an empty log.
    package var last: UInt64? { writer.withLock { $0.last } }

    /// The height up to which records are durable.
    package var lastDurable: UInt64? { writer.withLock { $0.durable } }

    /// The first height; `nil` in an empty log.
    package var first: UInt64? { writer.withLock { $0.segments.first } }

    // MARK: Writing

    /// Hands a record to the operating system; `sync()` makes it durable.
    ///
    /// `height` MUST follow the last one; an empty log takes any.
    @discardableResult
    package func append(height: UInt64, payload: [UInt8]) throws -> ChainPosition {
        guard payload.count <= ChainLimits.payloadBytesMax else {
            throw ChainLogError.payloadTooLong(bytes: payload.count)
        }
        return try writer.withLock { writer in
            guard !writer.failed else { throw ChainLogError.failedBefore }
            if let last = writer.last, height != last + 1 {
                throw ChainLogError.heightUnexpected(given: height, next: last + 1)
            }
            let segment = try segment(for: height, &writer)
            let header = RecordHeader(
                payloadBytes: UInt32(payload.count), height: height,
                durableEnd: writer.durableEnd, salt: segment.header.salt)
            try write(header.record(payload: payload), height: height, to: segment.file, &writer)
            let position = ChainPosition(
                segment: segment.header.firstHeight, offset: writer.end,
                length: header.payloadBytes)
            writer.end += UInt64(header.recordBytes)
            writer.last = height
            return position
        }
    }

    /// Makes every record appended before this call durable. Costs nothing if they are.
    package func sync() throws {
        let start = try writer.withLock { writer in
            guard !writer.failed else { throw ChainLogError.failedBefore }
            return writer
        }
        guard let newest = start.newest, start.end > start.durableEnd else { return }
        do {
            // Without the lock, so that reads of `last` and the next append need not wait.
            try newest.file.sync()
        } catch {
            writer.withLock { $0.failed = true }
            throw error
        }
        writer.withLock { writer in
            // A segment rolled meanwhile was made durable by that.
            guard writer.segments.count == start.segments.count else { return }
            writer.durableEnd = max(writer.durableEnd, start.end)
            writer.durable = max(writer.durable ?? 0, start.last ?? 0)
        }
    }

    private func write(
        _ record: [UInt8], height: UInt64, to file: any DiskFile, _ writer: inout Writer
    ) throws {
        do {
            try file.write(at: writer.end, record)
        } catch {
            do {
                // Made durable, lest a crash brings back pieces under later records.
                try file.truncate(to: writer.end)
                try file.sync()
                writer.durableEnd = writer.end
                writer.durable = writer.last
            } catch {
                writer.failed = true
                throw error
            }
            guard error.code == .full else {
                writer.failed = true
                throw error
            }
            throw ChainLogError.full(height: height)
        }
    }

    /// The segment that takes `height`: the newest, or a new one when that has its length.
    private func segment(for height: UInt64, _ writer: inout Writer) throws -> SegmentReader {
        if let newest = writer.newest, writer.end < segmentBytes { return newest }
        do {
            try writer.newest?.file.sync()
        } catch {
            writer.failed = true
            throw error
        }
        writer.durableEnd = writer.end
        writer.durable = writer.last
        do {
            let header = SegmentHeader(
                network: network, channel: channel, firstHeight: height,
                salt: UInt64.random(in: 0 ... .max))
            let created = try folder.create(header)
            writer.newest = created
            writer.segments.append(height)
            writer.end = UInt64(ChainFormat.segmentHeaderBytes)
            writer.durableEnd = writer.end
            return created
        } catch let error as DiskError where error.code == .full {
            throw ChainLogError.full(height: height)
        } catch {
            writer.failed = true
            throw error
        }
    }

    // MARK: Readers of segments

    /// Files kept open, the newest use last.
    private struct Readers {
        var open: [SegmentReader] = []
    }

    /// An open file of a segment; at most `ChainLimits.readersMax` stay open.
    func reader(of segment: UInt64) throws -> SegmentReader {
        try readers.withLock { readers in
            if let index = readers.open.firstIndex(where: { $0.header.firstHeight == segment }) {
                let reader = readers.open.remove(at: index)
                readers.open.append(reader)
                return reader
            }
            let reader = try folder.reader(segment, .read)
            if readers.open.count == ChainLimits.readersMax { readers.open.removeFirst() }
            readers.open.append(reader)
            return reader
        }
    }

    /// The segments from the one that holds `height` on, and the newest height at this moment.
    func segments(from height: UInt64) -> (segments: ArraySlice<UInt64>, last: UInt64?) {
        writer.withLock { writer in
            let after = writer.segments.firstIndex { $0 > height } ?? writer.segments.count
            return (writer.segments[max(0, after - 1)...], writer.last)
        }
    }
}
