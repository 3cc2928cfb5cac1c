import Glibc

/// The machine's disk, by POSIX calls.
package struct RealDisk: Disk {
    package init() {}

    package func createDirectory(_ path: String) throws(DiskError) {
        var made = path.hasPrefix("/") ? "/" : ""
        for part in path.split(separator: "/") {
            let parent = made.isEmpty ? "." : made
            made += made.isEmpty || made.hasSuffix("/") ? String(part) : "/" + part
            if mkdir(made, RealDisk.folderMode) == 0 {
                try syncDirectory(parent)
            } else if errno != EEXIST {
                throw DiskError(errno, "create folder", path)
            }
        }
    }

    package func list(_ directory: String) throws(DiskError) -> [String] {
        guard let stream = opendir(directory) else {
            if errno == ENOENT { return [] }
            throw DiskError(errno, "list", directory)
        }
        defer { closedir(stream) }
        var names = [String]()
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: Int(NAME_MAX) + 1) {
                    String(cString: $0)
                }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    package func open(_ path: String, _ mode: DiskOpenMode) throws(DiskError) -> any DiskFile {
        let flags: Int32
        switch mode {
        case .read: flags = O_RDONLY
        case .readWrite: flags = O_RDWR
        case .create: flags = O_RDWR | O_CREAT | O_EXCL
        }
        let descriptor = Glibc.open(path, flags | O_CLOEXEC, RealDisk.fileMode)
        guard descriptor >= 0 else { throw DiskError(errno, "open", path) }
        return RealFile(descriptor: descriptor, path: path)
    }

    package func remove(_ path: String) throws(DiskError) {
        guard unlink(path) != 0, errno != ENOENT else { return }
        throw DiskError(errno, "remove", path)
    }

    package func syncDirectory(_ path: String) throws(DiskError) {
        let descriptor = Glibc.open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw DiskError(errno, "open folder", path) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw DiskError(errno, "sync folder", path) }
    }

    /// Only the server's own user reads what a member stores.
    private static let folderMode: mode_t = 0o700
    private static let fileMode: mode_t = 0o600
}

private final class RealFile: DiskFile {
    private let descriptor: Int32
    private let path: String

    init(descriptor: Int32, path: String) {
        self.descriptor = descriptor
        self.path = path
    }

    deinit { close(descriptor) }

    func size() throws(DiskError) -> UInt64 {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw DiskError(errno, "stat", path) }
        return UInt64(status.st_size)
    }

    func read(
        at offset: UInt64, into buffer: UnsafeMutableRawBufferPointer
    ) throws(DiskError) -> Int {
        var done = 0
        while done < buffer.count {
            let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[done...])
            let count = pread(descriptor, rest.baseAddress, rest.count, off_t(offset) + off_t(done))
            if count < 0 {
                if errno == EINTR { continue }
                throw DiskError(errno, "read", path)
            }
            if count == 0 { break }
            done += count
        }
        return done
    }

    func write(at offset: UInt64, _ bytes: UnsafeRawBufferPointer) throws(DiskError) {
        var done = 0
        while done < bytes.count {
            let rest = UnsafeRawBufferPointer(rebasing: bytes[done...])
            let count = pwrite(
                descriptor, rest.baseAddress, rest.count, off_t(offset) + off_t(done))
            if count < 0 {
                if errno == EINTR { continue }
                throw DiskError(errno, "write", path)
            }
            done += count
        }
    }

    func truncate(to size: UInt64) throws(DiskError) {
        while ftruncate(descriptor, off_t(size)) != 0 {
            if errno == EINTR { continue }
            throw DiskError(errno, "truncate", path)
        }
    }

    func sync() throws(DiskError) {
        // No retry: after a failure the kernel may call lost pages clean.
        guard fdatasync(descriptor) == 0 else { throw DiskError(errno, "sync", path) }
    }
}

extension DiskError {
    /// From `errno`.
    fileprivate init(_ number: Int32, _ operation: String, _ path: String) {
        let code: Code
        switch number {
        case ENOENT: code = .notFound
        case EEXIST: code = .exists
        case ENOSPC, EDQUOT, EFBIG: code = .full
        default: code = .failed(number)
        }
        self.init(code, operation: operation, path: path)
    }
}
