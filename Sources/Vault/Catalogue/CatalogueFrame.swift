import Crypto
import LedgerCore

/// How a catalogue record lies in its file: size (4), check (4), record, digest (32), and size and
/// check once more.
///
/// The check is the first four bytes of SHA-256(`cairn/v1/catalogue-frame` ‖ file ‖ offset ‖ size);
/// the digest is SHA-256 over the same prefix, the check and the record. So every bit is covered,
/// a wrong size is never taken for the end of the file, and a frame is valid only in its place.
/// A frame never starts in the last 16 bytes of a 512-byte sector (zeros are put before it), so
/// that a sector that a crash left unwritten shows as a run of at least 16 zeros.
struct CatalogueFrame {
    static let headBytes = 8
    static let overheadBytes = 2 * headBytes + Digest.size
    static let sectorBytes = 512
    static let sectorRestMin = 16
    /// Shorter runs of zeros occur by chance in digests and signatures.
    private static let tornRunMin = 8
    private static let domain = Array("cairn/v1/catalogue-frame".utf8) + [0]

    /// Number of the first record in the file; also its name.
    let file: UInt64
    /// Where the frame starts.
    let offset: Int
    let record: [UInt8]

    var end: Int { offset + Self.overheadBytes + record.count }

    /// The digest that the next record carries as `previous`.
    var digest: Digest {
        var hasher = Self.hasher(file, offset, UInt32(truncatingIfNeeded: record.count))
        hasher.update(data: head)
        hasher.update(data: record)
        return Digest(hasher.finalize())
    }

    var encoded: [UInt8] { head + record + digest.bytes + head }

    /// Where a frame may start at or after `offset`.
    static func start(atOrAfter offset: Int) -> Int {
        let rest = sectorBytes - offset % sectorBytes
        return rest < sectorRestMin ? offset + rest : offset
    }

    private var head: [UInt8] {
        Self.head(file, offset, size: UInt32(truncatingIfNeeded: record.count))
    }

    private static func head(_ file: UInt64, _ offset: Int, size: UInt32) -> [UInt8] {
        var head: [UInt8] = []
        head.append(bigEndian: size)
        head.append(contentsOf: Digest(hasher(file, offset, size).finalize()).bytes.prefix(4))
        return head
    }

    private static func hasher(_ file: UInt64, _ offset: Int, _ size: UInt32) -> SHA256 {
        var prefix = domain
        prefix.append(bigEndian: file)
        prefix.append(bigEndian: UInt64(offset))
        prefix.append(bigEndian: size)
        var hasher = SHA256()
        hasher.update(data: prefix)
        return hasher
    }

    /// What lies at a place of a catalogue file.
    enum Reading {
        case frame(CatalogueFrame)
        case end
        /// An append that a crash cut short: it was never acknowledged and may be cut off.
        case torn
        case damaged(String)
    }

    /// Reads what follows `offset`. `bytes` are the file's from `offset` on: all of them, or more
    /// than the largest frame and a sector.
    static func read(_ bytes: ArraySlice<UInt8>, file: UInt64, offset: Int) -> Reading {
        if bytes.isEmpty { return .end }
        let start = start(atOrAfter: offset)
        let padding = bytes.prefix(start - offset)
        guard padding.allSatisfy({ $0 == 0 }) else {
            return .damaged("bytes that must be zero are not")
        }
        let rest = bytes.dropFirst(start - offset)
        guard rest.count >= headBytes else { return .torn }
        let size = UInt32(bigEndian: rest.prefix(4))
        guard size <= UInt32(Limits.recordBytes),
            head(file, start, size: size) == Array(rest.prefix(headBytes))
        else { return withoutHead(rest, file: file, start: start) }
        let total = overheadBytes + Int(size)
        guard rest.count >= total else { return .torn }
        let record = rest.dropFirst(headBytes).prefix(Int(size))
        let frame = CatalogueFrame(file: file, offset: start, record: Array(record))
        if frame.encoded == Array(rest.prefix(total)) { return .frame(frame) }
        if rest.count == total, hasUnwrittenSector(rest, start: start) { return .torn }
        return .damaged("a record is not what its digest says")
    }

    /// A head that does not check: torn if its sector was never written and nothing valid follows.
    private static func withoutHead(_ rest: ArraySlice<UInt8>, file: UInt64, start: Int) -> Reading
    {
        if rest.allSatisfy({ $0 == 0 }) { return .torn }
        let sector = rest.prefix(sectorBytes - start % sectorBytes)
        guard sector.allSatisfy({ $0 == 0 }) else { return .damaged("a record's head is wrong") }
        // An intact end tells where the last record starts.
        let size = UInt32(bigEndian: rest.suffix(headBytes).prefix(4))
        if size <= UInt32(Limits.recordBytes) {
            let last = start + rest.count - overheadBytes - Int(size)
            if last >= 0, last != start,
                head(file, last, size: size) == Array(rest.suffix(headBytes))
            {
                return .damaged("a sector of zeros before the last record")
            }
        }
        for index in rest.indices.dropFirst(sector.count).dropLast(headBytes - 1) {
            let size = UInt32(bigEndian: rest[index..<index + 4])
            guard size <= UInt32(Limits.recordBytes) else { continue }
            let place = start + index - rest.startIndex
            if head(file, place, size: size) == Array(rest[index..<index + headBytes]) {
                return .damaged("a sector of zeros before valid records")
            }
        }
        return .torn
    }

    private static func hasUnwrittenSector(_ bytes: ArraySlice<UInt8>, start: Int) -> Bool {
        var rest = bytes
        var position = start
        while !rest.isEmpty {
            let sector = rest.prefix(sectorBytes - position % sectorBytes)
            if sector.count >= tornRunMin, sector.allSatisfy({ $0 == 0 }) { return true }
            rest = rest.dropFirst(sector.count)
            position += sector.count
        }
        return false
    }
}
