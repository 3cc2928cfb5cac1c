import LedgerCore

/// Walks one segment record by record and tells good, torn and damaged apart. Reads only.
struct SegmentScanner {
    let file: any DiskFile
    let name: String
    let sizeBytes: UInt64
    private let segment: UInt64
    private let salt: UInt64
    /// Where the next record should start.
    private(set) var offset: UInt64
    /// The height that the next record should have.
    private(set) var height: UInt64

    enum Step {
        case record(ChainRecord)
        case end
        case broken(ChainFinding)
    }

    init(_ reader: SegmentReader) throws {
        let firstHeight = reader.header.firstHeight
        file = reader.file
        salt = reader.header.salt
        name = ChainFormat.fileName(firstHeight: firstHeight)
        sizeBytes = try file.size()
        offset = UInt64(ChainFormat.segmentHeaderBytes)
        height = firstHeight
        segment = firstHeight
    }

    /// Reads the next record and steps over it. On `.broken` it stays where it is.
    mutating func next() throws -> Step {
        guard offset < sizeBytes else { return .end }
        guard let header = try header(at: offset), let record = try record(at: offset, header)
        else { return .broken(try classify()) }
        guard header.height == height else {
            return .broken(finding(.heightUnexpected(found: header.height)))
        }
        defer {
            offset += UInt64(header.recordBytes)
            height += 1
        }
        return .record(
            ChainRecord(
                height: height, payload: RecordHeader.payload(of: record),
                position: ChainPosition(
                    segment: segment, offset: offset, length: header.payloadBytes)))
    }

    /// Steps over the next record by its header alone, without its payload; `nil` if that header is
    /// not good or not the expected one.
    mutating func skip() throws -> ChainPosition? {
        guard offset < sizeBytes, let header = try header(at: offset), header.height == height
        else { return nil }
        defer {
            offset += UInt64(header.recordBytes)
            height += 1
        }
        return ChainPosition(segment: segment, offset: offset, length: header.payloadBytes)
    }

    /// After `.broken`: goes to the next good record behind the broken one. `false` if there is
    /// none.
    mutating func resume() throws -> Bool {
        guard let (next, header) = try nextGoodRecord(after: offset) else { return false }
        offset = next
        height = header.height
        return true
    }

    /// Goes to a record that the caller knows.
    mutating func jump(to offset: UInt64, height: UInt64) {
        self.offset = offset
        self.height = height
    }

    func finding(_ kind: ChainFinding.Kind) -> ChainFinding {
        ChainFinding(kind: kind, file: name, offset: offset, height: height)
    }

    private func header(at offset: UInt64) throws -> RecordHeader? {
        let bytes = try file.read(at: offset, count: ChainFormat.recordHeaderBytes)
        guard let header = RecordHeader(bytes, salt: salt),
            header.payloadBytes <= ChainLimits.payloadBytesMax
        else { return nil }
        return header
    }

    private func record(at offset: UInt64, _ header: RecordHeader) throws -> [UInt8]? {
        guard offset + UInt64(header.recordBytes) <= sizeBytes else { return nil }
        let record = try file.read(at: offset, count: header.recordBytes)
        return record.count == header.recordBytes && RecordHeader.trailerHolds(record)
            ? record : nil
    }

    // MARK: Torn or damaged

    /// What is wrong at `offset`. Torn needs both: no later good record that was written after this
    /// place had become durable, and the marks of a write that did not finish.
    private func classify() throws -> ChainFinding {
        if try isUnfinished(), try !isProvenDurable() {
            return finding(.tornTail(bytes: sizeBytes - offset))
        }
        return finding(.recordDamaged)
    }

    /// Whether the record at `offset` ends beyond the file, or a sector's part of it is all zeros.
    private func isUnfinished() throws -> Bool {
        guard let header = try header(at: offset) else { return try isHeaderUnwritten() }
        let end = offset + UInt64(header.recordBytes)
        return try end > sizeBytes || hasZeroSector(from: offset, to: end)
    }

    /// Whether a sector that holds a part of the header at `offset` was never written: what follows
    /// says nothing about this record, for its length is unknown. Where those sectors were written
    /// the header came to the disk whole, and rots.
    private func isHeaderUnwritten() throws -> Bool {
        guard sizeBytes - offset >= UInt64(ChainFormat.recordOverheadBytes) else { return true }
        let last = offset + UInt64(ChainFormat.recordHeaderBytes) - 1
        let end = (last / ChainFormat.sectorBytes + 1) * ChainFormat.sectorBytes
        return try hasZeroSector(from: offset, to: min(end, sizeBytes))
    }

    private func hasZeroSector(from start: UInt64, to end: UInt64) throws -> Bool {
        var position = start
        while position < end {
            let next = min(end, (position / ChainFormat.sectorBytes + 1) * ChainFormat.sectorBytes)
            let part = try file.read(at: position, count: Int(next - position))
            if part.allSatisfy({ $0 == 0 }) { return true }
            position = next
        }
        return false
    }

    /// Whether some later good record says that `offset` lay below the durable end.
    private func isProvenDurable() throws -> Bool {
        var position = offset
        while let (next, header) = try nextGoodRecord(after: position) {
            if header.durableEnd > offset { return true }
            position = next + UInt64(header.recordBytes) - 1
        }
        return false
    }

    /// Looks at every byte behind `start` for a good record. Slow, and only used on broken files.
    private func nextGoodRecord(after start: UInt64) throws -> (UInt64, RecordHeader)? {
        if let header = try header(at: start + 1), header.height >= height,
            try record(at: start + 1, header) != nil
        {
            return (start + 1, header)
        }
        var chunkStart = start + 1
        let headerBytes = UInt64(ChainFormat.recordHeaderBytes)
        while chunkStart + headerBytes <= sizeBytes {
            let chunk = try file.read(at: chunkStart, count: SegmentScanner.chunkBytes)
            guard chunk.count >= ChainFormat.recordHeaderBytes else { return nil }
            for index in 0...(chunk.count - ChainFormat.recordHeaderBytes)
            where chunk[index] == ChainFormat.startMark && chunk[index + 1] == 0 {
                let slice = chunk[index..<index + ChainFormat.recordHeaderBytes]
                guard let header = RecordHeader(slice, salt: salt), header.height >= height,
                    header.payloadBytes <= ChainLimits.payloadBytesMax,
                    try record(at: chunkStart + UInt64(index), header) != nil
                else { continue }
                return (chunkStart + UInt64(index), header)
            }
            chunkStart += UInt64(chunk.count) - headerBytes + 1
        }
        return nil
    }

    /// Read at once while looking for a record.
    private static let chunkBytes = 1 << 20
}
