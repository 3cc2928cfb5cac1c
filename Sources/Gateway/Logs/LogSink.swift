import Glibc
import Synchronization

/// Where log lines go: stderr, and a file that is rotated at a size.
///
/// A line is one `write`, so that lines of several threads do not mix and a crash loses none. A log
/// that cannot be written does not stop the node.
package final class LogSink: Sendable {
    private let path: String?
    private let echoesToStderr: Bool
    private let limitBytes: Int
    private let file: Mutex<File>

    private struct File {
        var descriptor: CInt = -1
        var sizeBytes = 0
    }

    /// - Parameters:
    ///   - path: the file, in an existing directory; `nil` for none.
    ///   - limitBytes: the size at which the file is put aside as `.1`, the one before as `.2`, …
    package init(path: String?, echoesToStderr: Bool = true, limitBytes: Int? = nil) {
        self.path = path
        self.echoesToStderr = echoesToStderr
        self.limitBytes = limitBytes ?? GatewayLimits.logFileBytesMax
        file = Mutex(path.map(LogSink.open) ?? File())
    }

    deinit { file.withLock { if $0.descriptor >= 0 { _ = close($0.descriptor) } } }

    func write(_ line: [UInt8]) {
        if echoesToStderr { _ = LogSink.write(line, to: STDERR_FILENO) }
        guard let path else { return }
        file.withLock { file in
            if file.sizeBytes + line.count > limitBytes, file.sizeBytes > 0 {
                LogSink.rotate(path)
                if file.descriptor >= 0 { _ = close(file.descriptor) }
                file = LogSink.open(path)
            }
            guard file.descriptor >= 0 else { return }
            file.sizeBytes += LogSink.write(line, to: file.descriptor)
        }
    }

    private static func open(_ path: String) -> File {
        // For the operator alone: who did what when is nobody else's business.
        let descriptor = Glibc.open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { return File() }
        return File(descriptor: descriptor, sizeBytes: Int(lseek(descriptor, 0, SEEK_END)))
    }

    private static func rotate(_ path: String) {
        for number in stride(from: GatewayLimits.logFilesKept - 1, through: 1, by: -1) {
            _ = rename("\(path).\(number)", "\(path).\(number + 1)")
        }
        _ = rename(path, "\(path).1")
    }

    private static func write(_ bytes: [UInt8], to descriptor: CInt) -> Int {
        bytes.withUnsafeBytes { max(0, Glibc.write(descriptor, $0.baseAddress, $0.count)) }
    }
}
