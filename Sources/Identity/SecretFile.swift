#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif
import LedgerCore

/// Files that hold secrets: whole at any moment, readable by their owner alone.
enum SecretFile {
    /// Bounds what is read into memory; real key files stay below 8 KiB.
    static let sizeBytesMax = 65_536

    /// Reads a file that group and others cannot read.
    ///
    /// The mode is asked of the opened descriptor, so it belongs to the bytes that are read.
    static func read(_ path: String) throws(KeyFileError) -> [UInt8] {
        // Non-blocking: opening a pipe must not hang. It changes nothing for regular files.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw openError(path) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw io(path, "cannot be examined") }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw KeyFileError(
                .wrongKind, path: path, "is not a regular file", hint: "name the key file itself")
        }
        guard status.st_mode & 0o077 == 0 else {
            throw KeyFileError(
                .notPrivate, path: path, "can be read or changed by other users",
                hint:
                    "if it holds keys of yours: chmod 600 \(path), and replace the keys if others "
                    + "may have read them; if it does not, name another file")
        }
        guard status.st_size <= sizeBytesMax else {
            throw KeyFileError(
                .tooLarge, path: path, "is larger than \(sizeBytesMax) bytes",
                hint: "this is not a file of keys; check the name")
        }
        return try readAll(descriptor, path: path)
    }

    private static func readAll(
        _ descriptor: Int32, path: String
    ) throws(KeyFileError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: sizeBytesMax + 1)
        var length = 0
        while length < bytes.count {
            let start = length
            let count = bytes.withUnsafeMutableBytes {
                posixRead(descriptor, UnsafeMutableRawBufferPointer(rebasing: $0[start...]))
            }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw io(path, "cannot be read") }
            if count == 0 { break }
            length += count
        }
        guard length <= sizeBytesMax else {
            throw KeyFileError(
                .tooLarge, path: path, "is larger than \(sizeBytesMax) bytes",
                hint: "this is not a file of keys; check the name")
        }
        return [UInt8](bytes[..<length])
    }

    /// Writes a file with mode 0600, whole or not at all: a temporary file in the same folder is
    /// written, synced and put in place, and the folder is synced.
    ///
    /// - Parameter overwrite: without it an existing file stays and the call throws `exists`; the
    ///   check and the placing are one step (`link`), so two writers cannot both win.
    static func write(
        _ bytes: [UInt8], to path: String, overwrite: Bool
    ) throws(KeyFileError) {
        var generator = SystemRandomNumberGenerator()
        let temporary = "\(path).\(Identifier(using: &generator)).tmp"
        let flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC
        let descriptor = open(temporary, flags, 0o600)
        guard descriptor >= 0 else { throw io(path, "cannot be written (folder missing or full?)") }
        defer { unlink(temporary) }
        let written = writeAll(descriptor, bytes)
        // The mode again: a umask could have taken bits of the owner's.
        let durable = written && fchmod(descriptor, 0o600) == 0 && fsync(descriptor) == 0
        guard close(descriptor) == 0, durable else { throw io(path, "could not be written") }
        if overwrite {
            guard rename(temporary, path) == 0 else { throw io(path, "could not be replaced") }
        } else {
            guard link(temporary, path) == 0 else {
                guard errno == EEXIST else { throw io(path, "could not be created") }
                throw KeyFileError(
                    .exists, path: path, "exists already",
                    hint: "keys are not overwritten unless asked; choose another name")
            }
        }
        try syncFolder(of: path)
    }

    private static func writeAll(_ descriptor: Int32, _ bytes: [UInt8]) -> Bool {
        var position = 0
        while position < bytes.count {
            let start = position
            let count = bytes.withUnsafeBytes {
                posixWrite(descriptor, UnsafeRawBufferPointer(rebasing: $0[start...]))
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return false }
            position += count
        }
        return true
    }

    private static func syncFolder(of path: String) throws(KeyFileError) {
        let folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? "."
        let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw io(path, "is written, but its folder is not synced") }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else {
            throw io(path, "is written, but its folder is not synced")
        }
    }

    private static func openError(_ path: String) -> KeyFileError {
        guard errno == ENOENT else { return io(path, "cannot be opened") }
        return KeyFileError(
            .notFound, path: path, "does not exist", hint: "check the name, or create it first")
    }

    private static func io(_ path: String, _ what: String) -> KeyFileError {
        let reason = String(cString: strerror(errno))
        return KeyFileError(
            .io, path: path, "\(what): \(reason)", hint: "check the folder's permissions and space")
    }
}

// `read` and `write` inside `SecretFile` are its own functions; these reach the C library's.
private func posixRead(_ descriptor: Int32, _ buffer: UnsafeMutableRawBufferPointer) -> Int {
    read(descriptor, buffer.baseAddress, buffer.count)
}

private func posixWrite(_ descriptor: Int32, _ buffer: UnsafeRawBufferPointer) -> Int {
    write(descriptor, buffer.baseAddress, buffer.count)
}
