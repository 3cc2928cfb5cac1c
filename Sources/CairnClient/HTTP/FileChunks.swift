package import NIOCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The bytes of a file in pieces: for request bodies, and for hashing.
///
/// Reads block their thread; they come from the page cache or a disk, in pieces of a millisecond.
package struct FileChunks: AsyncSequence, Sendable {
    package typealias Element = ByteBuffer

    let path: String

    /// Large enough that a call's cost vanishes, small enough for four at a time.
    package static let sizeBytes = 256 * 1024

    package init(path: String) { self.path = path }

    package func makeAsyncIterator() -> Iterator { Iterator(path: path) }

    package struct Iterator: AsyncIteratorProtocol {
        private let path: String
        private var file: OpenFile?

        init(path: String) { self.path = path }

        package mutating func next() async throws -> ByteBuffer? {
            let file = try self.file ?? OpenFile(path)
            self.file = file
            let bytes = try file.read(max: FileChunks.sizeBytes)
            return bytes.isEmpty ? nil : ByteBuffer(bytes: bytes)
        }
    }
}

/// A file opened for reading, closed with its last reference. One reader at a time uses it.
package final class OpenFile {
    private let path: String
    private let descriptor: CInt
    /// As it was when opened.
    package let sizeBytes: Int

    /// - Throws: ``ClientError/file(path:cause:)``.
    package init(_ path: String) throws(ClientError) {
        self.path = path
        // A pipe that nobody writes to would be waited for; a regular file is never waited for.
        descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else {
            // A socket.
            if errno == ENXIO { throw .file(path: path, cause: OpenFile.notRegular) }
            throw OpenFile.error(path)
        }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            let fault = OpenFile.error(path)
            close(descriptor)
            throw fault
        }
        guard status.st_mode & S_IFMT == S_IFREG else {
            close(descriptor)
            throw .file(path: path, cause: OpenFile.notRegular)
        }
        sizeBytes = Int(status.st_size)
    }

    deinit { close(descriptor) }

    /// The next bytes, at most `max`; none at the end.
    package func read(max: Int) throws(ClientError) -> [UInt8] {
        var failed = false
        let bytes = [UInt8](unsafeUninitializedCapacity: max) { buffer, count in
            var result: Int
            repeat {
                result = readBytes(descriptor, buffer.baseAddress, max)
            } while result < 0 && errno == EINTR
            failed = result < 0
            count = Swift.max(result, 0)
        }
        if failed { throw OpenFile.error(path) }
        return bytes
    }

    /// Everything from here on.
    ///
    /// - Throws: ``ClientError/file(path:cause:)``, also where there is more than `max`.
    package func readAll(max: Int) throws(ClientError) -> [UInt8] {
        guard sizeBytes <= max else {
            throw .file(path: path, cause: "is larger than \(max >> 20) MiB")
        }
        // One byte more than expected, so that the end shows without another growth.
        var bytes = try read(max: Swift.max(sizeBytes, 1) + 1)
        while true {
            let more = try read(max: FileChunks.sizeBytes)
            if more.isEmpty { return bytes }
            bytes += more
            guard bytes.count <= max else {
                throw .file(path: path, cause: "is larger than \(max >> 20) MiB")
            }
        }
    }

    private static let notRegular = "is not a regular file"

    private static func error(_ path: String) -> ClientError {
        .file(path: path, cause: String(cString: strerror(errno)))
    }
}

// `read` inside `OpenFile` is its own; this reaches the C library's.
private func readBytes(_ file: CInt, _ buffer: UnsafeMutableRawPointer?, _ count: Int) -> Int {
    read(file, buffer, count)
}
