import Glibc

/// An open file descriptor that closes with its last reference. A file deleted meanwhile stays
/// readable through it.
final class FileHandle: Sendable {
    let path: String
    private let descriptor: Int32

    init(descriptor: Int32, path: String) {
        self.descriptor = descriptor
        self.path = path
    }

    deinit { close(descriptor) }

    func size() throws(VaultError) -> Int {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw Posix.failure("fstat", path) }
        return Int(status.st_size)
    }

    /// Reads exactly `count` bytes; fewer in the file is damage.
    func read(at offset: Int, count: Int) throws(VaultError) -> [UInt8] {
        var done = 0
        var problem: VaultError?
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
            while done < count {
                let rest = UnsafeMutableBufferPointer(rebasing: buffer[done...])
                let got = pread(descriptor, rest.baseAddress, rest.count, off_t(offset + done))
                if got < 0, errno == EINTR { continue }
                if got < 0 { problem = Posix.failure("read", path) }
                if got <= 0 { break }
                done += got
            }
            initialized = done
        }
        if let problem { throw problem }
        guard done == count else {
            throw .damaged(
                place: "\(path)@\(offset)", reason: "ends after \(done) of \(count) bytes")
        }
        return bytes
    }

    /// Writes all bytes at `offset`.
    func write(_ bytes: ArraySlice<UInt8>, at offset: Int) throws(VaultError) {
        var done = 0
        while done < bytes.count {
            let put = bytes.withUnsafeBytes {
                pwrite(
                    descriptor, $0.baseAddress.map { $0 + done }, $0.count - done,
                    off_t(offset + done))
            }
            if put < 0, errno == EINTR { continue }
            if put < 0 { throw Posix.failure("write", path) }
            done += put
        }
    }

    /// Makes content and size durable (`fsync`; directories too).
    func sync() throws(VaultError) {
        if fsync(descriptor) != 0 { throw Posix.failure("fsync", path) }
    }

    func truncate(to size: Int) throws(VaultError) {
        if ftruncate(descriptor, off_t(size)) != 0 { throw Posix.failure("truncate", path) }
    }
}
