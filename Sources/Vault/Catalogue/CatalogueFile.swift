import Crypto
import Glibc
import LedgerCore

/// The files of a catalogue: `DIR/catalogue/<number of the first record, 16 hexadecimal digits>`.
///
/// Head of 80 bytes: magic `CAIRNCT`, format 1 (8 bytes together), number of the first record (8),
/// digest of the record before it (32), SHA-256 over `cairn/v1/catalogue-file` and these 48 (32).
/// Then frames. Nothing else lies in the folder.
struct CatalogueFile {
    static let headBytes = 80
    private static let magic = Array("CAIRNCT".utf8) + [1]
    private static let domain = Array("cairn/v1/catalogue-file".utf8) + [0]

    let number: UInt64
    let handle: FileHandle
    /// Digest of the record before the file's first.
    let previous: Digest

    static func path(_ directory: String, _ number: UInt64) -> String {
        var bytes: [UInt8] = []
        bytes.append(bigEndian: number)
        return "\(directory)/\(Hex.encode(bytes))"
    }

    /// The numbers that the folder's files are named by, in order. Throws `damaged` on other names.
    static func numbers(in directory: String) throws(VaultError) -> [UInt64] {
        var numbers: [UInt64] = []
        for name in try Posix.names(in: directory) {
            guard let bytes = Hex.decode(name), bytes.count == 8 else {
                throw .damaged(place: "\(directory)/\(name)", reason: "not a catalogue file")
            }
            numbers.append(UInt64(bigEndian: bytes))
        }
        return numbers
    }

    /// Creates a file and makes it durable.
    static func create(_ directory: String, number: UInt64, previous: Digest) throws(VaultError)
        -> CatalogueFile
    {
        let path = path(directory, number)
        let handle = try Posix.openFile(path, O_RDWR | O_CREAT | O_EXCL)
        do {
            let head = head(number, previous)
            try handle.write(head[...], at: 0)
            try handle.sync()
            try Posix.syncDirectory(directory)
        } catch {
            unlink(path)
            throw error
        }
        return CatalogueFile(number: number, handle: handle, previous: previous)
    }

    /// Opens a file and checks its head. `nil` for the newest file where a crash cut its creation
    /// short: it holds no record.
    static func open(_ directory: String, _ number: UInt64, isNewest: Bool, writable: Bool)
        throws(VaultError) -> CatalogueFile?
    {
        let path = path(directory, number)
        let handle = try Posix.openFile(path, writable ? O_RDWR : O_RDONLY)
        let size = try handle.size()
        let head = try handle.read(at: 0, count: min(size, headBytes))
        let isUnwritten = size < headBytes || (size == headBytes && head.allSatisfy { $0 == 0 })
        if isNewest, isUnwritten { return nil }
        guard head.count == headBytes, let previous = Digest(head[16..<48]),
            head == Self.head(number, previous)
        else { throw .damaged(place: "\(path)@0", reason: "the file's head is wrong") }
        return CatalogueFile(number: number, handle: handle, previous: previous)
    }

    private static func head(_ number: UInt64, _ previous: Digest) -> [UInt8] {
        var head = magic
        head.append(bigEndian: number)
        head += previous.bytes
        return head + Digest.sha256(domain + head).bytes
    }

    /// Reads what lies at `offset`.
    func read(at offset: Int) throws(VaultError) -> CatalogueFrame.Reading {
        let size = try handle.size()
        guard offset <= size else { return .damaged("ends before this place") }
        // Most records are short: one small read, a second for the few that are longer.
        let first = min(size - offset, 4096)
        var bytes = try handle.read(at: offset, count: first)
        var reading = CatalogueFrame.read(bytes[...], file: number, offset: offset)
        if first < size - offset {
            if case .frame = reading { return reading }
            let most = Limits.recordBytes + 2 * CatalogueFrame.sectorBytes
            bytes = try handle.read(at: offset, count: min(size - offset, most))
            reading = CatalogueFrame.read(bytes[...], file: number, offset: offset)
        }
        return reading
    }
}
