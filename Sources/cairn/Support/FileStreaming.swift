import LedgerCore
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// A large file on its way to disk: under its name once it is whole and durable, and never over
/// another one.
final class FileStreaming: Sendable {
    private let path: String
    private let draft: String
    private let descriptor: Mutex<CInt>

    /// Begins it; a file of that name must not exist.
    init(_ path: String, mode: mode_t = 0o600) throws {
        guard access(path, F_OK) != 0 else {
            throw CommandFailure.usage(
                "\(path) exists already", hint: "name another file, or move it away")
        }
        self.path = path
        var random = SystemRandomNumberGenerator()
        draft = "\(path).\(Identifier(using: &random)).partial"
        let opened = openFile(draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode)
        guard opened >= 0 else { throw FileStreaming.failure(path) }
        descriptor = Mutex(opened)
    }

    deinit { abandon() }

    func write(_ bytes: [UInt8]) throws {
        try descriptor.withLock { descriptor in
            var position = 0
            while position < bytes.count {
                let start = position
                let count = bytes.withUnsafeBytes {
                    writeBytes(descriptor, UnsafeRawBufferPointer(rebasing: $0[start...]))
                }
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { throw FileStreaming.failure(path) }
                position += count
            }
        }
    }

    /// Makes it durable and gives it its name.
    func finish() throws {
        try descriptor.withLock { descriptor in
            guard fsync(descriptor) == 0, link(draft, path) == 0 else {
                throw FileStreaming.failure(path)
            }
            unlink(draft)
            close(descriptor)
            descriptor = -1
        }
    }

    /// Leaves nothing behind.
    func abandon() {
        descriptor.withLock { descriptor in
            guard descriptor >= 0 else { return }
            close(descriptor)
            unlink(draft)
            descriptor = -1
        }
    }

    private static func failure(_ path: String) -> CommandFailure {
        let reason = String(cString: strerror(errno))
        let code = errno == ENOSPC || errno == EDQUOT ? "storage-full" : "cannot-write"
        return CommandFailure(
            .usage, code, "\(path) cannot be written: \(reason)",
            hint: "check the folder, its permissions and space; nothing was left behind")
    }
}

// The C library's, beside functions of the same names above.
private func openFile(_ path: String, _ flags: CInt, _ mode: mode_t) -> CInt {
    open(path, flags, mode)
}

private func writeBytes(_ file: CInt, _ bytes: UnsafeRawBufferPointer) -> Int {
    write(file, bytes.baseAddress, bytes.count)
}
