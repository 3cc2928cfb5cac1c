import LedgerCore

/// Reads a catalogue in order and checks the chain. Changes no file.
struct CatalogueWalk {
    let directory: String
    let signer: CatalogueSigner

    /// Where the records end.
    struct Tail: Sendable {
        /// The newest file; `nil` where the folder holds none with a whole head.
        var file: UInt64?
        /// Where the next frame goes.
        var offset = 0
        /// Number of the next record.
        var next: UInt64 = 0
        /// Digest of the last record.
        var previous = Digest.zero
        /// The newest file that a crash left without a whole head.
        var headless: UInt64?
        /// Bytes after `offset` belong to an append that a crash cut short.
        var isTorn = false
    }

    /// Visits the records from `start` on (with it; all of them if `nil`).
    ///
    /// Throws `damaged`, with file and offset, at the first byte that is not as it was written,
    /// except for a torn tail, which the result reports.
    func run(
        from start: CataloguePosition?,
        _ visit: (CataloguePosition, CatalogueRecord) throws -> Void
    ) throws -> Tail {
        var tail = Tail()
        if let start { tail.next = start.number }
        let numbers = try CatalogueFile.numbers(in: directory)
        if let start, !numbers.contains(start.file) {
            throw VaultError.damaged(
                place: CatalogueFile.path(directory, start.file), reason: "the file is missing")
        }
        for number in numbers where number >= start?.file ?? 0 {
            let isNewest = number == numbers.last
            guard
                let file = try CatalogueFile.open(
                    directory, number, isNewest: isNewest, writable: false)
            else {
                tail.headless = number
                return tail
            }
            let resumes = number == start?.file
            guard resumes || (number == tail.next && file.previous == tail.previous) else {
                throw VaultError.damaged(
                    place: "\(CatalogueFile.path(directory, number))@0",
                    reason: "it does not follow the file before it")
            }
            tail.file = number
            tail.offset = resumes ? start?.offset ?? 0 : CatalogueFile.headBytes
            try walk(file, isNewest: isNewest, resuming: resumes ? start : nil, &tail, visit)
        }
        return tail
    }

    private func walk(
        _ file: CatalogueFile, isNewest: Bool, resuming start: CataloguePosition?,
        _ tail: inout Tail, _ visit: (CataloguePosition, CatalogueRecord) throws -> Void
    ) throws {
        var start = start
        while true {
            let place = "\(file.handle.path)@\(tail.offset)"
            switch try file.read(at: tail.offset) {
            case .end:
                guard start == nil else { break }
                return
            case .torn:
                guard isNewest, start == nil else { break }
                tail.isTorn = true
                return
            case .damaged(let reason): throw VaultError.damaged(place: place, reason: reason)
            case .frame(let frame):
                let record = try CatalogueRecord(frame, place: place, signer: signer)
                let position = CataloguePosition(
                    file: file.number, offset: frame.offset, number: record.number,
                    digest: frame.digest)
                let follows = start.map { $0 == position } ?? (record.previous == tail.previous)
                guard follows, record.number == tail.next else {
                    throw VaultError.damaged(
                        place: place, reason: "the record does not follow the one before it")
                }
                start = nil
                tail.previous = frame.digest
                tail.next += 1
                tail.offset = frame.end
                try visit(position, record)
                continue
            }
            throw VaultError.damaged(place: place, reason: "ends before a record that was taken in")
        }
    }
}
