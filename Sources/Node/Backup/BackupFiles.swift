import Crypto
import Glibc
import LedgerCore
import struct LedgerCore.Digest

/// Where a backup lies: `TARGET/backup`, its list of files, and `TARGET/objects`, their contents by
/// digest. The list is replaced last, in one step: a backup that was cut off leaves the one before
/// as it was.
struct BackupTarget {
    let path: String

    static let magic = Array("cairn-backup-1\n".utf8)
    static let version: UInt32 = 1
    /// A list of some millions of files.
    static let manifestBytesMax = 512 << 20

    var manifest: String { path + "/backup" }
    private var objects: String { path + "/objects" }
    var scratch: String { path + "/scratch" }

    private func folder(_ name: String) -> String { "\(objects)/\(name.prefix(2))" }
    func object(_ digest: Digest) -> String {
        let name = "\(digest)"
        return "\(folder(name))/\(name.dropFirst(2))"
    }

    /// Makes the folders.
    func create() throws {
        try FileSystem.makeDirectory(path, mode: 0o700)
        try FileSystem.makeDirectory(objects, mode: 0o700)
    }

    /// The newest whole backup; `nil` where there is none.
    func read() throws -> WireBackupManifest? {
        guard FileSystem.exists(manifest) else { return nil }
        let bytes = try FileSystem.read(manifest, limitBytes: BackupTarget.manifestBytesMax)
        let damaged = NodeError(
            .damaged, "\(manifest) is no list of a backup, or was altered",
            hint: "use another copy of the backup, or back up into an empty folder")
        let end = bytes.count - Digest.size
        guard end > BackupTarget.magic.count, bytes.starts(with: BackupTarget.magic),
            Digest.sha256(Array(bytes[..<end])).bytes == Array(bytes[end...]),
            let read = try? Wire.decode(
                WireBackupManifest.self, from: Array(bytes[BackupTarget.magic.count..<end]),
                what: "backup", limitBytes: BackupTarget.manifestBytesMax)
        else { throw damaged }
        guard read.version == BackupTarget.version else {
            throw NodeError(
                .damaged,
                "the backup has version \(read.version), known is \(BackupTarget.version)",
                hint: "use the version of cairn that made it, or a newer one")
        }
        return read
    }

    /// Puts the list of a whole backup in place.
    func write(_ manifest: WireBackupManifest) throws {
        let body = BackupTarget.magic + Wire.encode(manifest)
        try FileSystem.write(body + Digest.sha256(body).bytes, to: self.manifest, mode: 0o600)
    }

    /// Copies the first bytes of a file, all that are there now, and gives what was copied; `nil`
    /// where there is no such file any more.
    func take(_ source: String) throws -> (bytes: UInt64, digest: Digest)? {
        guard let input = try? FileStream(reading: source) else { return nil }
        let draft = "\(objects)/\(Identifier.random()).partial"
        let output = try FileStream(creating: draft)
        var isKept = false
        defer { if !isKept { unlink(draft) } }
        var hasher = SHA256()
        var bytes: UInt64 = 0
        let size = input.size
        while bytes < size {
            let piece = try input.read(Int(min(1 << 20, size - bytes)))
            if piece.isEmpty { break }
            hasher.update(data: piece)
            try output.write(piece)
            bytes += UInt64(piece.count)
        }
        let digest = Digest(hasher.finalize())
        let place = object(digest)
        if !FileSystem.exists(place) {
            try output.sync()
            try FileSystem.makeDirectory(folder("\(digest)"), mode: 0o700)
            guard rename(draft, place) == 0 else { throw FileStream.failure("cannot write", place) }
            isKept = true
            try FileSystem.syncParent(of: place)
        }
        return (bytes, digest)
    }

    /// Whether an object is there, with that length.
    func holds(_ digest: Digest, bytes: UInt64) -> Bool {
        var status = stat()
        return stat(object(digest), &status) == 0 && UInt64(clamping: status.st_size) == bytes
    }

    /// Removes what no list names any more, and what was cut off.
    func sweep(keeping manifest: WireBackupManifest) throws {
        let kept = Set(manifest.files.compactMap { Digest($0.digest) })
        for name in try FileSystem.names(in: objects) {
            if name.hasSuffix(".partial") {
                unlink("\(objects)/\(name)")
                continue
            }
            for rest in try FileSystem.names(in: "\(objects)/\(name)") {
                guard let digest = Digest(hex: name + rest), !kept.contains(digest) else {
                    continue
                }
                unlink("\(objects)/\(name)/\(rest)")
            }
        }
    }
}

/// A file that is read or written from its beginning; closes with its last reference.
final class FileStream: Sendable {
    private let descriptor: Int32
    private let path: String

    init(reading path: String) throws {
        self.path = path
        descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw FileStream.failure("cannot open", path) }
    }

    init(creating path: String) throws {
        self.path = path
        descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw FileStream.failure("cannot write", path) }
    }

    deinit { close(descriptor) }

    /// The length now.
    var size: UInt64 {
        var status = stat()
        return fstat(descriptor, &status) == 0 ? UInt64(clamping: status.st_size) : 0
    }

    /// The next bytes, at most so many; none at the end.
    func read(_ count: Int) throws -> [UInt8] {
        var failed = false
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, used in
            var got: Int
            repeat {
                got = Glibc.read(descriptor, buffer.baseAddress, count)
            } while got < 0 && errno == EINTR
            failed = got < 0
            used = max(0, got)
        }
        guard !failed else { throw FileStream.failure("cannot read", path) }
        return bytes
    }

    /// Exactly so many bytes; `nil` where the file ends before.
    func whole(_ count: Int) throws -> [UInt8]? {
        var bytes = [UInt8]()
        while bytes.count < count {
            let piece = try read(min(1 << 20, count - bytes.count))
            if piece.isEmpty { return nil }
            bytes += piece
        }
        return bytes
    }

    func write(_ bytes: [UInt8]) throws {
        var position = 0
        while position < bytes.count {
            let start = position
            let count = bytes.withUnsafeBytes {
                Glibc.write(descriptor, $0.baseAddress?.advanced(by: start), bytes.count - start)
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw FileStream.failure("cannot write", path) }
            position += count
        }
    }

    /// Waits until it is durable.
    func sync() throws {
        guard fsync(descriptor) == 0 else { throw FileStream.failure("cannot write", path) }
    }

    static func failure(_ what: String, _ path: String) -> NodeError {
        let reason = String(cString: strerror(errno))
        let isFull = errno == ENOSPC || errno == EDQUOT
        return NodeError(
            isFull ? .storageFull : .damaged, "\(what) \(path): \(reason)",
            hint: isFull
                ? "free space there, and run it again; what was whole before is as it was"
                : "check the folder, and that this user may read and write there")
    }
}

extension Identifier {
    /// A fresh one.
    static func random() -> Identifier {
        var generator = SystemRandomNumberGenerator()
        return Identifier(using: &generator)
    }
}
