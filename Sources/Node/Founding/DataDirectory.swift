package import Glibc
import Synchronization

/// The folders of one node's data (issue order: chain, state, index, catalogue, providers, keys,
/// cache, wallets, log) and the lock that keeps a second process out.
package struct DataDirectory: Sendable {
    /// Absolute or relative path, without a trailing slash.
    package let path: String

    package init(_ path: String) {
        var path = path
        while path.count > 1, path.hasSuffix("/") { path.removeLast() }
        self.path = path
    }

    package var chain: String { path + "/chain" }
    package var state: String { path + "/state" }
    package var index: String { path + "/index" }
    package var catalogue: String { path + "/catalogue" }
    package var providers: [String] { (1...DataDirectory.providerCount).map(provider) }
    package var keys: String { path + "/keys" }
    package var nodeKeys: String { keys + "/node.keys" }
    /// The keystore of the vault.
    package var keyrings: String { keys + "/keyrings" }
    package var replays: String { keys + "/replays" }
    package var invitations: String { keys + "/invitations" }
    package var membership: String { keys + "/membership" }
    package var knock: String { keys + "/knock" }
    package var peer: String { path + "/peer" }
    package var evidence: String { path + "/evidence" }
    package var witness: String { path + "/witness" }
    package var timestamps: String { path + "/timestamps" }
    package var cache: String { path + "/cache" }
    package var wallets: String { path + "/wallets" }
    package var administratorWallet: String { wallets + "/administrator.wallet" }
    package var log: String { path + "/log" }
    /// There from a restore until it is known that no other member is ahead.
    package var restored: String { path + "/restored" }
    package var genesis: String { path + "/genesis.cairn" }
    /// What this node began with, where it did not begin with block 0.
    package var snapshot: String { path + "/snapshot.cairn" }

    /// Directory providers of an embedded network: one for each fragment of 4+2.
    package static let providerCount = 6

    /// The folder of one directory provider, counted from 1.
    package func provider(_ number: Int) -> String { "\(path)/providers/\(number)" }

    /// Makes the folders; those with secrets are for the owner alone.
    package func create() throws {
        try FileSystem.makeDirectory(path, mode: 0o700)
        for folder in [chain, state, index, catalogue, keys, cache, wallets, log] {
            try FileSystem.makeDirectory(folder, mode: 0o700)
        }
        try FileSystem.makeDirectory(path + "/providers", mode: 0o700)
        for folder in providers { try FileSystem.makeDirectory(folder, mode: 0o700) }
    }

    /// Takes the directory for this process. Held until the lock value is gone; a lock of a killed
    /// process is gone with it. No file is made for it.
    ///
    /// - Throws: `NodeError.conflict` where another process holds it.
    package func lock() throws -> DataDirectoryLock {
        let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw NodeError(
                .notFound, "no data directory at \(path)", hint: "name one with --data DIR")
        }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            close(descriptor)
            throw NodeError(
                .conflict, "another process holds the data directory \(path)",
                hint: "stop the node that runs on it first")
        }
        return DataDirectoryLock(descriptor: descriptor)
    }
}

/// The lock on a data directory; given back by `release` or with the last reference.
package final class DataDirectoryLock: Sendable {
    private let descriptor: Mutex<Int32?>

    init(descriptor: Int32) { self.descriptor = Mutex(descriptor) }

    /// Lets another process take the directory; a second call does nothing.
    package func release() {
        descriptor.withLock { descriptor in
            if let open = descriptor {
                // A child that is being started has the descriptor for a moment, and with it the
                // lock: closing alone would leave it held.
                _ = flock(open, LOCK_UN)
                close(open)
            }
            descriptor = nil
        }
    }

    deinit { release() }
}

/// The few file operations that the node needs beside its stores.
package enum FileSystem {
    /// Whether there is a file or folder of that name.
    package static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

    /// Makes a folder where it is missing; its parents must exist, but for the last one.
    package static func makeDirectory(_ path: String, mode: mode_t) throws {
        if mkdir(path, mode) == 0 || errno == EEXIST { return }
        if errno == ENOENT, let slash = path.lastIndex(of: "/"), slash != path.startIndex {
            try makeDirectory(String(path[..<slash]), mode: mode)
            if mkdir(path, mode) == 0 || errno == EEXIST { return }
        }
        throw failure("cannot make the folder", path)
    }

    /// Reads a whole small file.
    package static func read(_ path: String, limitBytes: Int) throws -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure("cannot open", path) }
        defer { close(descriptor) }
        var bytes = [UInt8]()
        var buffer = [UInt8](repeating: 0, count: 64 * 1024)
        while true {
            let count = Glibc.read(descriptor, &buffer, buffer.count)
            guard count >= 0 else { throw failure("cannot read", path) }
            if count == 0 { return bytes }
            bytes.append(contentsOf: buffer[..<count])
            guard bytes.count <= limitBytes else {
                throw NodeError(.tooLarge, "\(path) is larger than \(limitBytes) bytes")
            }
        }
    }

    /// Writes a file so that a crash leaves the old state or the whole new file.
    package static func write(_ bytes: [UInt8], to path: String, mode: mode_t) throws {
        let draft = path + ".new"
        let descriptor = open(draft, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode)
        guard descriptor >= 0 else { throw failure("cannot write", path) }
        var written = 0
        while written < bytes.count {
            let count = bytes.withUnsafeBytes {
                Glibc.write(
                    descriptor, $0.baseAddress?.advanced(by: written), bytes.count - written)
            }
            guard count > 0 else {
                close(descriptor)
                throw failure("cannot write", path)
            }
            written += count
        }
        let synced = fsync(descriptor)
        close(descriptor)
        guard synced == 0, rename(draft, path) == 0 else { throw failure("cannot write", path) }
        try syncParent(of: path)
    }

    /// Copies a file of any size so that a crash leaves the old state or the whole copy.
    package static func copy(_ source: String, to path: String, mode: mode_t) throws {
        let draft = path + ".new"
        let input = open(source, O_RDONLY | O_CLOEXEC)
        guard input >= 0 else { throw failure("cannot open", source) }
        defer { close(input) }
        let output = open(draft, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode)
        guard output >= 0 else { throw failure("cannot write", path) }
        defer { close(output) }
        var buffer = [UInt8](repeating: 0, count: 1 << 20)
        while true {
            let count = Glibc.read(input, &buffer, buffer.count)
            guard count >= 0 else { throw failure("cannot read", source) }
            if count == 0 { break }
            var written = 0
            while written < count {
                let start = written
                let step = buffer.withUnsafeBytes {
                    Glibc.write(output, $0.baseAddress?.advanced(by: start), count - start)
                }
                guard step > 0 else {
                    unlink(draft)
                    throw failure("cannot write", path)
                }
                written += step
            }
        }
        guard fsync(output) == 0, rename(draft, path) == 0 else {
            unlink(draft)
            throw failure("cannot write", path)
        }
        try syncParent(of: path)
    }

    /// Makes the names in a folder and in those below it durable.
    package static func syncFolders(_ path: String) throws {
        let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        // A file: its bytes are its writer's matter.
        guard descriptor >= 0 || errno != ENOTDIR else { return }
        guard descriptor >= 0 else { throw failure("cannot open", path) }
        defer { close(descriptor) }
        for name in try names(in: path) { try syncFolders("\(path)/\(name)") }
        guard fsync(descriptor) == 0 else { throw failure("cannot write", path) }
    }

    /// Makes the name of a file durable.
    package static func syncParent(of path: String) throws {
        let parent = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
        let descriptor = open(parent.isEmpty ? "/" : parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure("cannot open", parent) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw failure("cannot write", parent) }
    }

    /// The names of a folder's entries, sorted.
    package static func names(in path: String) throws -> [String] {
        guard let stream = opendir(path) else { throw failure("cannot open", path) }
        defer { closedir(stream) }
        var names = [String]()
        while let entry = readdir(stream) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) { raw in
                String(decoding: raw.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    /// Removes a folder and all that is in it, as far as it goes.
    package static func removeTree(_ path: String) {
        for name in (try? names(in: path)) ?? [] {
            if unlink("\(path)/\(name)") != 0 { removeTree("\(path)/\(name)") }
        }
        rmdir(path)
    }

    /// Bytes that an ordinary user may still write where `path` lies.
    package static func freeBytes(at path: String) -> UInt64? {
        var information = statvfs()
        guard statvfs(path, &information) == 0 else { return nil }
        return UInt64(information.f_bavail) * UInt64(information.f_frsize)
    }

    private static func failure(_ what: String, _ path: String) -> NodeError {
        let reason = String(cString: strerror(errno))
        let full = errno == ENOSPC || errno == EDQUOT
        return NodeError(
            full ? .storageFull : .damaged, "\(what) \(path): \(reason)",
            hint: "check that the disk has space and that this user may write there")
    }
}
