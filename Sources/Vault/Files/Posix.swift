import Glibc

/// Thin wrappers over the system calls that the vault needs; every failure names the path.
///
/// Blocking: call them from the blocking pool, or where a cache hit makes them microseconds.
enum Posix {
    /// The error for `errno` after `operation` failed at `place`. A full device, a quota and a file
    /// size limit are all `full`.
    static func failure(_ operation: String, _ place: String) -> VaultError {
        let number = errno
        return [ENOSPC, EDQUOT, EFBIG].contains(number)
            ? .full(place: place)
            : .inputOutput(operation: operation, place: place, errorNumber: number)
    }

    /// Opens a file; `nil` when it is not there.
    static func openIfPresent(_ path: String, _ flags: Int32) throws(VaultError) -> FileHandle? {
        while true {
            let descriptor = open(path, flags | O_CLOEXEC, 0o600)
            if descriptor >= 0 { return FileHandle(descriptor: descriptor, path: path) }
            if errno == ENOENT { return nil }
            if errno != EINTR { throw failure("open", path) }
        }
    }

    /// Opens or creates a file.
    static func openFile(_ path: String, _ flags: Int32) throws(VaultError) -> FileHandle {
        guard let file = try openIfPresent(path, flags) else { throw failure("open", path) }
        return file
    }

    /// Reads a whole file; `nil` when it is not there. Refuses more than `sizeMax` bytes.
    static func read(_ path: String, sizeMax: Int) throws(VaultError) -> [UInt8]? {
        guard let file = try openIfPresent(path, O_RDONLY) else { return nil }
        let size = try file.size()
        guard size <= sizeMax else {
            throw .damaged(place: path, reason: "\(size) bytes, at most \(sizeMax) expected")
        }
        return try file.read(at: 0, count: size)
    }

    /// Makes a directory; one that exists is fine. Returns whether it was made now.
    @discardableResult
    static func makeDirectory(_ path: String) throws(VaultError) -> Bool {
        if mkdir(path, 0o700) == 0 { return true }
        if errno != EEXIST { throw failure("mkdir", path) }
        return false
    }

    /// Makes a directory and those above it.
    static func makeDirectories(_ path: String) throws(VaultError) {
        if access(path, F_OK) == 0 { return }
        if let slash = path.lastIndex(of: "/"), slash != path.startIndex {
            try makeDirectories(String(path[..<slash]))
        }
        try makeDirectory(path)
    }

    /// Makes the names in a directory durable.
    static func syncDirectory(_ path: String) throws(VaultError) {
        try openFile(path, O_RDONLY | O_DIRECTORY).sync()
    }

    static func rename(_ old: String, to new: String) throws(VaultError) {
        if Glibc.rename(old, new) != 0 { throw failure("rename", new) }
    }

    /// Removes a file; one that is not there is fine.
    static func remove(_ path: String) throws(VaultError) {
        if unlink(path) != 0, errno != ENOENT { throw failure("unlink", path) }
    }

    static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

    /// The names in a directory without `.` and `..`, sorted; none when it is not there.
    static func names(in path: String) throws(VaultError) -> [String] {
        guard let directory = opendir(path) else {
            if errno == ENOENT { return [] }
            throw failure("opendir", path)
        }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    /// Size and time of the last change (nanoseconds since 1970); `nil` when it is not there.
    static func status(_ path: String) -> (sizeBytes: Int, changedNanoseconds: Int)? {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        return (
            Int(status.st_size),
            Int(status.st_mtim.tv_sec) * 1_000_000_000 + Int(status.st_mtim.tv_nsec)
        )
    }

    /// Size, inode and times of a file in one value, for telling within one process whether it was
    /// touched; `nil` when it is not there.
    static func look(_ path: String) -> Int? {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        var hasher = Hasher()
        for value in [
            Int(status.st_size), Int(bitPattern: UInt(status.st_ino)),
            status.st_mtim.tv_sec, status.st_mtim.tv_nsec, status.st_ctim.tv_sec,
            status.st_ctim.tv_nsec,
        ] { hasher.combine(value) }
        return hasher.finalize()
    }

    /// Bytes that an unprivileged process may still write on the device of `path`.
    static func freeBytes(_ path: String) throws(VaultError) -> Int {
        var status = statvfs()
        guard statvfs(path, &status) == 0 else { throw failure("statvfs", path) }
        return Int(status.f_bavail) * Int(status.f_frsize)
    }
}
