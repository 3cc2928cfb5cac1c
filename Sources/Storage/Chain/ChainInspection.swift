package import LedgerCore

/// Reading a chain that may be damaged, for an offline checker.
extension ChainLog {
    /// Visits every good record in the order of the files, and returns everything that is wrong,
    /// with its place. Opens nothing for writing and changes no file.
    ///
    /// After a broken record it goes on at the next good one. A foreign segment's records are not
    /// visited. Throws only what the disk or `visit` throws.
    ///
    /// - Parameters:
    ///   - network, channel: what the segments should say; `nil` takes what the first one says.
    package static func inspect(
        directory: String, network: Digest? = nil, channel: String? = nil,
        disk: any Disk = RealDisk(), _ visit: (ChainRecord) throws -> Void
    ) throws -> [ChainFinding] {
        let folder = ChainFolder(disk: disk, path: directory)
        var inspection = ChainInspection(folder: folder, network: network, channel: channel)
        try inspection.run(visit)
        return inspection.findings
    }
}

private struct ChainInspection {
    let folder: ChainFolder
    var network: Digest?
    var channel: String?
    var findings: [ChainFinding] = []
    /// The height that comes next, once a record was seen.
    var next: UInt64?

    mutating func run(_ visit: (ChainRecord) throws -> Void) throws {
        let (segments, others) = try folder.list()
        for other in others {
            findings.append(ChainFinding(kind: .unknownFile, file: other, offset: 0, height: 0))
        }
        for segment in segments {
            let file = try folder.open(segment, .read)
            let isNewest = segment == segments.last
            let reader = try checkHeader(file, segment: segment, isNewest: isNewest)
            guard let reader else { continue }
            if let next, segment != next {
                // Both too few and too many records before show here.
                let kind = ChainFinding.Kind.heightUnexpected(found: segment)
                findings.append(
                    ChainFinding(
                        kind: kind, file: ChainFormat.fileName(firstHeight: segment), offset: 0,
                        height: next))
            }
            try walk(SegmentScanner(reader), isNewest: isNewest, visit)
        }
    }

    /// What the records are read with; `nil` where none can be.
    private mutating func checkHeader(
        _ file: any DiskFile, segment: UInt64, isNewest: Bool
    ) throws -> SegmentReader? {
        switch try folder.header(of: file, firstHeight: segment) {
        case .good(let header):
            guard header.network == network ?? header.network,
                header.channel == channel ?? header.channel
            else {
                findings.append(folder.finding(.foreignSegment, segment: segment))
                return nil
            }
            network = header.network
            channel = header.channel
            return SegmentReader(file: file, header: header)
        case .unfinished where isNewest:
            let kind = ChainFinding.Kind.tornTail(bytes: try file.size())
            findings.append(folder.finding(kind, segment: segment))
            return nil
        default:
            findings.append(folder.finding(.segmentHeaderDamaged, segment: segment))
            return try salvagedReader(file, segment: segment)
        }
    }

    /// A damaged header still lets the records be checked if its salt is unharmed, which the first
    /// record's digest tells.
    private func salvagedReader(_ file: any DiskFile, segment: UInt64) throws -> SegmentReader? {
        let bytes = try file.read(at: 0, count: ChainFormat.segmentHeaderBytes)
        guard bytes.count == ChainFormat.segmentHeaderBytes else { return nil }
        let header = SegmentHeader(
            network: network ?? .zero, channel: channel ?? "", firstHeight: segment,
            salt: bytes.littleEndian(UInt64.self, at: ChainFormat.saltOffset))
        return SegmentReader(file: file, header: header)
    }

    private mutating func walk(
        _ first: SegmentScanner, isNewest: Bool, _ visit: (ChainRecord) throws -> Void
    ) throws {
        var scanner = first
        while true {
            switch try scanner.next() {
            case .record(let record): try visit(record)
            case .end:
                next = scanner.height
                return
            case .broken(let finding):
                next = scanner.height
                let isTorn = finding.isHarmless
                let kind = isTorn && !isNewest ? ChainFinding.Kind.recordDamaged : finding.kind
                findings.append(scanner.finding(kind))
                if isTorn && isNewest { return }
                guard try goOn(&scanner, after: finding) else { return }
            }
        }
    }

    private func goOn(_ scanner: inout SegmentScanner, after finding: ChainFinding) throws -> Bool {
        if case .heightUnexpected(let found) = finding.kind {
            scanner.jump(to: scanner.offset, height: found)
            return true
        }
        return try scanner.resume()
    }
}
