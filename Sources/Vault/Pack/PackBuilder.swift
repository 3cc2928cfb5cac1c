import Crypto
import LedgerCore

/// Collects sealed runs for one pack.
struct PackBuilder: Sendable {
    let id = Identifier.random()
    private var bytes: [UInt8]
    private var entries: [PackEntry] = []
    /// Plaintext bytes sealed so far, content and sidecars.
    private(set) var plaintextSize = 0
    /// Versions with content here.
    private(set) var versionCount = 0

    private struct OpenSegment: Sendable {
        let offset: Int
        let locator: Identifier
        let number: UInt32
        let firstChunk: UInt64
        var sealer: Seal.Segment
        var size = 0
        var isFinal = false
    }

    private var open: OpenSegment?

    /// `capacity`: the bytes expected, so that the buffer is allocated once.
    init(capacity: Int = 0) {
        bytes = Pack.head(id)
        bytes.reserveCapacity(capacity + 64 * 1024)
    }

    /// Adds a version that was sealed before.
    mutating func add(_ runs: SealedRuns) {
        precondition(open == nil)
        let start = bytes.count
        bytes += runs.bytes
        for entry in runs.entries {
            let moved = entry.moved(by: start)
            entries.append(moved)
            plaintextSize += moved.plaintextSize
        }
        versionCount += 1
        precondition(entries.last?.range.upperBound == bytes.count)
    }

    /// Makes room for `capacity` bytes more than there are.
    mutating func reserveCapacity(_ capacity: Int) {
        bytes.reserveCapacity(bytes.count + capacity + 64 * 1024)
    }

    var isEmpty: Bool { entries.isEmpty }

    /// Seals one segment of a version's content. Segments before the final one MUST be whole
    /// chunks.
    mutating func addSegment(
        _ plaintext: ArraySlice<UInt8>, locator: Identifier, segment: UInt32, isFinal: Bool,
        dataKey: SymmetricKey
    ) throws {
        beginSegment(segment, of: locator, dataKey: dataKey)
        var rest = plaintext
        repeat {
            let chunk = rest.prefix(Limits.chunkBytes)
            rest = rest.dropFirst(chunk.count)
            try addChunk(chunk, isFinal: isFinal && rest.isEmpty)
        } while !rest.isEmpty
        endSegment()
    }

    /// Starts a segment that comes chunk by chunk. Segments before it hold a whole pack each.
    mutating func beginSegment(_ number: UInt32, of locator: Identifier, dataKey: SymmetricKey) {
        precondition(open == nil)
        let first = UInt64(number) * UInt64(Limits.packPlaintextBytes / Limits.chunkBytes)
        let offset = bytes.count
        open = OpenSegment(
            offset: offset, locator: locator, number: number, firstChunk: first,
            sealer: Seal.Segment(
                number, of: locator, firstChunk: first, dataKey: dataKey, into: &bytes))
    }

    /// Plaintext bytes of the segment that was begun.
    var openSegmentSize: Int { open?.size ?? 0 }

    /// Seals the next chunk of the segment. Only the version's last one may be short.
    mutating func addChunk(_ chunk: ArraySlice<UInt8>, isFinal: Bool) throws {
        precondition(isFinal || chunk.count == Limits.chunkBytes)
        try chunk.withUnsafeBytes {
            try open?.sealer.seal($0, isFinal: isFinal, into: &bytes)
        }
        open?.size += chunk.count
        open?.isFinal = isFinal
    }

    /// Lists the segment in the table of contents.
    mutating func endSegment() {
        guard let segment = open else { return }
        open = nil
        versionCount += 1
        add(
            PackEntry(
                locator: segment.locator, segment: segment.number, kind: .content,
                offset: segment.offset, plaintextSize: segment.size,
                firstChunk: segment.firstChunk, isFinal: segment.isFinal))
    }

    /// Seals the sidecar of a version.
    mutating func addSidecar(_ plaintext: [UInt8], locator: Identifier, dataKey: SymmetricKey)
        throws
    {
        let entry = PackEntry(
            locator: locator, segment: 0, kind: .sidecar, offset: bytes.count,
            plaintextSize: plaintext.count, firstChunk: 0, isFinal: false)
        try Seal.sealSidecar(plaintext, locator: locator, dataKey: dataKey, into: &bytes)
        add(entry)
    }

    private mutating func add(_ entry: PackEntry) {
        precondition(bytes.count == entry.range.upperBound)
        entries.append(entry)
        plaintextSize += entry.plaintextSize
    }

    /// Seals the table of contents. The builder is empty afterwards and MUST NOT be used again.
    mutating func finish(_ keys: StorageKeys) throws -> Pack {
        // Handed over, not shared: sealing the table would copy the pack otherwise.
        var taken: [UInt8] = []
        swap(&taken, &bytes)
        return try Pack(id: id, sealing: consume taken, entries: entries, keys: keys)
    }
}
