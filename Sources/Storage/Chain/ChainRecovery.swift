import LedgerCore

/// Opens the files of a chain after a stop of any kind.
///
/// Everything is read and judged before the first change, so that a damaged chain stays untouched.
struct ChainRecovery {
    let folder: ChainFolder
    let network: Digest
    let channel: String
    let knownDurable: UInt64?
    let verification: ChainVerification

    struct Result {
        var segments: [UInt64] = []
        var newest: SegmentReader?
        var end: UInt64 = 0
        var last: UInt64?
        var tornTailBytes: UInt64 = 0
    }

    func run() throws -> Result {
        // Files that are no segments are left alone; `inspect` reports them.
        var (segments, _) = try folder.list()
        var unfinished: (segment: UInt64, bytes: UInt64)?
        for segment in segments {
            let file = try folder.open(segment, .read)
            switch try folder.header(of: file, firstHeight: segment) {
            case .good(let header):
                guard header.network == network, header.channel == channel else {
                    throw ChainLogError.damaged(folder.finding(.foreignSegment, segment: segment))
                }
            case .unfinished where segment == segments.last:
                unfinished = (segment, try file.size())
            default:
                throw ChainLogError.damaged(
                    folder.finding(.segmentHeaderDamaged, segment: segment))
            }
        }
        if unfinished != nil { segments.removeLast() }
        var result = try walk(segments, mayBeTorn: unfinished == nil)
        try checkTail(result, unfinished: unfinished?.segment)
        if let unfinished {
            result.tornTailBytes += unfinished.bytes
            try folder.disk.remove(folder.filePath(unfinished.segment))
            try folder.disk.syncDirectory(folder.path)
        }
        try cut(&result)
        return result
    }

    /// Walks the segments that are to be verified; the newest always is.
    private func walk(_ segments: [UInt64], mayBeTorn: Bool) throws -> Result {
        var result = Result(segments: segments)
        for (index, segment) in segments.enumerated() {
            let isNewest = index == segments.count - 1
            guard isNewest || verification == .everything else { continue }
            let reader = try folder.reader(segment, isNewest ? .readWrite : .read)
            var scanner = try SegmentScanner(reader)
            let torn = try scan(&scanner, mayBeTorn: isNewest && mayBeTorn)
            if isNewest {
                result.newest = reader
                result.end = scanner.offset
                result.tornTailBytes = torn
                // A segment may be made and its first record be lost: the one before holds the
                // last.
                let isEmpty = scanner.height == segment
                result.last = isEmpty && index == 0 ? nil : scanner.height - 1
            } else if scanner.height != segments[index + 1] {
                throw ChainLogError.damaged(
                    scanner.finding(.heightUnexpected(found: segments[index + 1])))
            }
        }
        return result
    }

    /// Goes to the segment's end; the bytes of a torn tail, if there may be one.
    private func scan(_ scanner: inout SegmentScanner, mayBeTorn: Bool) throws -> UInt64 {
        while true {
            switch try scanner.next() {
            case .record: continue
            case .end: return 0
            case .broken(let finding):
                if case .tornTail(let bytes) = finding.kind, mayBeTorn { return bytes }
                let kind = finding.isHarmless ? ChainFinding.Kind.recordDamaged : finding.kind
                throw ChainLogError.damaged(scanner.finding(kind))
            }
        }
    }

    private func checkTail(_ result: Result, unfinished: UInt64?) throws {
        let next = result.last.map { $0 + 1 }
        // The one before was durable when a new segment was begun.
        let isCut = next != nil && unfinished != nil && next != unfinished
        let isShort = knownDurable.map { known in result.last.map { $0 < known } ?? true } ?? false
        guard isCut || isShort else { return }
        throw ChainLogError.damaged(
            ChainFinding(
                kind: .tailMissing(last: result.last),
                file: ChainFormat.fileName(firstHeight: result.segments.last ?? unfinished ?? 0),
                offset: result.end, height: next ?? 0))
    }

    /// Cuts the unfinished tail off, and makes durable what stays: a record may have reached the
    /// page cache only, and what is read from now on must not vanish in a second crash.
    private func cut(_ result: inout Result) throws {
        guard let file = result.newest?.file else { return }
        if result.tornTailBytes > 0, try file.size() > result.end {
            try file.truncate(to: result.end)
        }
        try file.sync()
        // Its name, too: a process that was killed may not have come so far.
        try folder.disk.syncDirectory(folder.path)
        if result.last == nil {
            // A segment without records says which height would have come first; nothing did.
            result.newest = nil
            let segment = result.segments.removeLast()
            try folder.disk.remove(folder.filePath(segment))
            try folder.disk.syncDirectory(folder.path)
        }
    }
}
