import Glibc
import LedgerCore
import Synchronization

/// The member's signed, append-only, hash-chained list of packs, open for appending.
///
/// Contract:
/// - A record that `append` returned for MUST survive a crash: one fsync each, before it returns.
/// - A crash within `append` leaves at most a torn tail, which `open` cuts off. Anything else that
///   is not as it was written makes `open` throw `damaged` and changes nothing.
/// - A full device leaves the log as it was. After a failed fsync, or a failed clean-up, nobody
///   knows what is on the disk: every later append throws until the log is opened again.
final class CatalogueLog: Sendable {
    private struct State {
        var file: CatalogueFile?
        var tail: CatalogueWalk.Tail
        var isUncertain = false
    }

    let directory: String
    private let signer: CatalogueSigner
    private let state: Mutex<State>

    /// Opens the folder, made if absent, after checking it from `applied` on (from its first record
    /// if `nil`); records after `applied` are handed to `visit`.
    init(
        directory: String, signer: CatalogueSigner, applied: CataloguePosition?,
        _ visit: (CataloguePosition, CatalogueRecord) throws -> Void
    ) throws {
        try Posix.makeDirectories(directory)
        var tail = try CatalogueWalk(directory: directory, signer: signer).run(from: applied) {
            if $0 != applied { try visit($0, $1) }
        }
        if let headless = tail.headless {
            try Posix.remove(CatalogueFile.path(directory, headless))
            try Posix.syncDirectory(directory)
            tail.headless = nil
        }
        var file: CatalogueFile?
        if let number = tail.file {
            file = try CatalogueFile.open(directory, number, isNewest: false, writable: true)
            if tail.isTorn {
                try file?.handle.truncate(to: tail.offset)
                try file?.handle.sync()
                tail.isTorn = false
            }
        }
        self.directory = directory
        self.signer = signer
        state = Mutex(State(file: file, tail: tail))
    }

    /// Appends a record and makes it durable. Blocking. The outcome says whether a failure left the
    /// record's presence on disk open.
    func append(_ pack: PackRecord, isCollected: Bool = false) throws -> CataloguePosition {
        try state.withLock { state in
            guard !state.isUncertain else {
                throw VaultError.damaged(
                    place: directory, reason: "an earlier append failed; open the vault again")
            }
            let file = try currentFile(&state)
            let record = CatalogueRecord(
                number: state.tail.next, previous: state.tail.previous, pack: pack,
                isCollected: isCollected)
            let before = state.tail.offset
            let frame = CatalogueFrame(
                file: file.number, offset: CatalogueFrame.start(atOrAfter: before),
                record: try record.signed(signer))
            guard frame.record.count <= Limits.recordBytes else {
                throw VaultError.refused("a catalogue record of \(frame.record.count) bytes")
            }
            try write(frame, to: file, after: before, &state)
            state.tail.offset = frame.end
            state.tail.next += 1
            state.tail.previous = frame.digest
            return CataloguePosition(
                file: file.number, offset: frame.offset, number: record.number,
                digest: frame.digest)
        }
    }

    private func write(
        _ frame: CatalogueFrame, to file: CatalogueFile, after before: Int, _ state: inout State
    ) throws {
        do {
            let padding = [UInt8](repeating: 0, count: frame.offset - before)
            try file.handle.write((padding + frame.encoded)[...], at: before)
        } catch {
            do { try file.handle.truncate(to: before) } catch { state.isUncertain = true }
            throw error
        }
        do { try file.handle.sync() } catch {
            state.isUncertain = true
            throw error
        }
    }

    /// Whether a failed append may have left its record on disk.
    var isUncertain: Bool { state.withLock { $0.isUncertain } }

    private func currentFile(_ state: inout State) throws -> CatalogueFile {
        if let file = state.file, state.tail.offset < Limits.catalogueFileBytes { return file }
        let file = try CatalogueFile.create(
            directory, number: state.tail.next, previous: state.tail.previous)
        state.file = file
        state.tail.file = file.number
        state.tail.offset = CatalogueFile.headBytes
        return file
    }

    /// The record at a place, checked by digest and signature. Blocking.
    func record(file number: UInt64, offset: Int) throws -> PackRecord {
        let place = "\(CatalogueFile.path(directory, number))@\(offset)"
        guard
            let file = try CatalogueFile.open(directory, number, isNewest: false, writable: false),
            case .frame(let frame) = try file.read(at: offset)
        else { throw VaultError.damaged(place: place, reason: "no record lies there") }
        return try CatalogueRecord(frame, place: place, signer: signer).pack
    }
}
