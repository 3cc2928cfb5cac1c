/// Reading. Every payload that leaves the log has passed both digests.
extension ChainLog {
    /// The record at `position`: one read of the disk.
    ///
    /// Throws `ChainLogError.notARecord` if there is no good record of that length.
    package func read(_ position: ChainPosition) throws -> ChainRecord {
        let failure = ChainLogError.notARecord(file: position.fileName, offset: position.offset)
        guard position.length <= ChainLimits.payloadBytesMax else { throw failure }
        let count = Int(position.length) + ChainFormat.recordOverheadBytes
        let reader = try reader(of: position.segment)
        let record = try reader.file.read(at: position.offset, count: count)
        guard record.count == count,
            let header = RecordHeader(
                record[..<ChainFormat.recordHeaderBytes], salt: reader.header.salt),
            header.payloadBytes == position.length, RecordHeader.trailerHolds(record)
        else { throw failure }
        return ChainRecord(
            height: header.height, payload: RecordHeader.payload(of: record), position: position)
    }

    /// The record of a height, by walking the headers of its segment. With a position from an index
    /// `read(_:)` is cheaper.
    package func read(height: UInt64) throws -> ChainRecord {
        try read(position(of: height))
    }

    /// Where a height lies, by walking the headers of its segment.
    package func position(of height: UInt64) throws -> ChainPosition {
        let (segments, last) = segments(from: height)
        guard let segment = segments.first, segment <= height, let last, height <= last else {
            throw ChainLogError.noRecord(height: height)
        }
        var scanner = try SegmentScanner(reader(of: segment))
        while scanner.height <= height {
            guard let position = try scanner.skip() else {
                throw ChainLogError.damaged(scanner.finding(.recordDamaged))
            }
            if scanner.height == height + 1 { return position }
        }
        throw ChainLogError.noRecord(height: height)
    }

    /// Visits the records from `height` on, up to the newest of the call's start. An absent height
    /// visits nothing if it follows the last one, else throws `.noRecord`.
    package func forEach(
        from height: UInt64, _ visit: (ChainRecord) throws -> Void
    ) throws {
        guard let last, height <= last else {
            guard height == (last.map { $0 + 1 } ?? height) else {
                throw ChainLogError.noRecord(height: height)
            }
            return
        }
        try forEach(from: position(of: height), height: height, last: last, visit)
    }

    /// Visits the records from the one at `position`, which an index knows, on.
    package func forEach(
        from position: ChainPosition, _ visit: (ChainRecord) throws -> Void
    ) throws {
        guard let last else { return }
        try forEach(from: position, height: read(position).height, last: last, visit)
    }

    private func forEach(
        from position: ChainPosition, height: UInt64, last: UInt64,
        _ visit: (ChainRecord) throws -> Void
    ) throws {
        var next = height
        for segment in segments(from: height).segments where next <= last {
            var scanner = try SegmentScanner(reader(of: segment))
            if segment == position.segment { scanner.jump(to: position.offset, height: height) }
            while next <= last {
                switch try scanner.next() {
                case .record(let record):
                    try visit(record)
                    next += 1
                    continue
                case .end: break
                case .broken(let finding): throw ChainLogError.damaged(finding)
                }
                break
            }
        }
        guard next == last + 1 else {
            let segment = segments(from: next).segments.first ?? 0
            throw ChainLogError.damaged(
                ChainFinding(
                    kind: .tailMissing(last: next == 0 ? nil : next - 1),
                    file: ChainFormat.fileName(firstHeight: segment), offset: 0, height: next))
        }
    }
}
