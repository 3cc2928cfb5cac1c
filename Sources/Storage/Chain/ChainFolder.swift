import LedgerCore

/// An open segment and what its header says.
struct SegmentReader {
    let file: any DiskFile
    let header: SegmentHeader
}

/// The segment files of a chain's folder: finding, naming and checking their headers.
struct ChainFolder {
    let disk: any Disk
    let path: String

    /// The first heights of the segments, ascending, and the files that are none.
    func list() throws -> (segments: [UInt64], others: [String]) {
        var segments = [UInt64]()
        var others = [String]()
        for name in try disk.list(path) {
            if let height = ChainFormat.firstHeight(fileName: name) {
                segments.append(height)
            } else {
                others.append(name)
            }
        }
        return (segments, others)
    }

    func filePath(_ firstHeight: UInt64) -> String {
        path + "/" + ChainFormat.fileName(firstHeight: firstHeight)
    }

    func open(_ firstHeight: UInt64, _ mode: DiskOpenMode) throws -> any DiskFile {
        try disk.open(filePath(firstHeight), mode)
    }

    enum HeaderState: Equatable {
        case good(SegmentHeader)
        /// A crash came before the header was durable; no record can have been written.
        case unfinished
        case damaged
    }

    /// Reads a segment's header and compares it with the file's name. Only the newest segment can
    /// be `unfinished`: a segment is made durable before its first record is written.
    func header(of file: any DiskFile, firstHeight: UInt64) throws -> HeaderState {
        let bytes = try file.read(at: 0, count: ChainFormat.segmentHeaderBytes)
        if let header = SegmentHeader(bytes), header.firstHeight == firstHeight {
            return .good(header)
        }
        let size = try file.size()
        let isShort = size < UInt64(ChainFormat.segmentHeaderBytes)
        let isBare = size == UInt64(ChainFormat.segmentHeaderBytes)
        return isShort || (isBare && bytes.allSatisfy { $0 == 0 }) ? .unfinished : .damaged
    }

    /// Opens a segment whose header must be good.
    func reader(_ firstHeight: UInt64, _ mode: DiskOpenMode) throws -> SegmentReader {
        let file = try open(firstHeight, mode)
        guard case .good(let header) = try header(of: file, firstHeight: firstHeight) else {
            throw ChainLogError.damaged(finding(.segmentHeaderDamaged, segment: firstHeight))
        }
        return SegmentReader(file: file, header: header)
    }

    /// Makes a new segment durable, without records. Removes what a failure leaves behind.
    func create(_ header: SegmentHeader) throws -> SegmentReader {
        let path = filePath(header.firstHeight)
        let file = try disk.open(path, .create)
        do {
            try file.write(at: 0, header.encoded())
            try file.sync()
            try disk.syncDirectory(self.path)
            return SegmentReader(file: file, header: header)
        } catch {
            try? disk.remove(path)
            throw error
        }
    }

    func finding(_ kind: ChainFinding.Kind, segment: UInt64) -> ChainFinding {
        ChainFinding(
            kind: kind, file: ChainFormat.fileName(firstHeight: segment), offset: 0,
            height: segment)
    }
}
