import LedgerCore
import Glibc

/// A provider that is a directory: `PATH/ab/cdef…`, one file a fragment, named by its digest.
///
/// Contract:
/// - `put` MUST return only after the bytes and the name are durable (fsync of the file, rename,
///   fsync of the directory). A crash before leaves at most a file under `PATH/tmp`, which
///   `prepare` removes; a name never shows a part of a fragment.
/// - `put` of a name that exists replaces it; `delete` of one that does not is no error.
/// - All methods block and MAY be called from any threads at once.
package struct DirectoryProvider: Hashable, Sendable {
    /// What the catalogue calls it.
    package let name: String
    package let path: String

    package init(name: String, path: String) {
        self.name = name
        self.path = path
    }

    private var temporary: String { "\(path)/tmp" }

    private func folder(_ name: String) -> String { "\(path)/\(name.prefix(2))" }

    func file(_ name: String) -> String { "\(folder(name))/\(name.dropFirst(2))" }

    /// Makes the directory and removes what a crash left half written. Only for the process that
    /// owns the provider, before its first `put`.
    func prepare() throws(VaultError) {
        try Posix.makeDirectories(temporary)
        for leftover in try Posix.names(in: temporary) {
            try Posix.remove("\(temporary)/\(leftover)")
        }
    }

    package func put(_ name: String, _ bytes: ArraySlice<UInt8>) throws(VaultError) {
        let draft = "\(temporary)/\(name).\(UInt32.random(in: 0 ... .max))"
        try Posix.makeDirectories(temporary)
        do {
            let handle = try Posix.openFile(draft, O_WRONLY | O_CREAT | O_EXCL)
            try handle.write(bytes, at: 0)
            try handle.sync()
            if try Posix.makeDirectory(folder(name)) { try Posix.syncDirectory(path) }
            try Posix.rename(draft, to: file(name))
            try Posix.syncDirectory(folder(name))
        } catch {
            unlink(draft)
            throw error
        }
    }

    /// The bytes under a name, unchecked; `nil` when there are none.
    package func get(_ name: String) throws(VaultError) -> [UInt8]? {
        try Posix.read(file(name), sizeMax: Limits.packBytes + Fragment.headerBytes)
    }

    /// The first bytes under a name, for reading headers without the shards.
    func head(_ name: String, count: Int) throws(VaultError) -> [UInt8]? {
        guard let handle = try Posix.openIfPresent(file(name), O_RDONLY) else { return nil }
        return try handle.read(at: 0, count: min(count, try handle.size()))
    }

    package func exists(_ name: String) -> Bool { Posix.exists(file(name)) }

    package func delete(_ name: String) throws(VaultError) { try Posix.remove(file(name)) }

    /// The fan-out folders; none where the provider cannot be read.
    func folders() -> [String] {
        ((try? Posix.names(in: path)) ?? []).filter {
            $0.utf8.count == 2 && Hex.decode($0) != nil
        }
    }

    /// The names of the fragments in a fan-out folder.
    func names(inFolder folder: String) throws(VaultError) -> [String] {
        try Posix.names(in: "\(path)/\(folder)").map { folder + $0 }
            .filter { Digest(hex: $0) != nil }
    }

    /// Visits the names of all fragments, a fan-out folder at a time, and the paths of files that
    /// are none.
    package func list(
        _ visit: (_ name: String) throws -> Void, stray: (_ path: String) throws -> Void = { _ in }
    ) throws {
        for folder in try Posix.names(in: path) where folder != "tmp" {
            guard folder.utf8.count == 2, Hex.decode(folder) != nil else {
                try stray("\(path)/\(folder)")
                continue
            }
            for rest in try Posix.names(in: "\(path)/\(folder)") {
                if Digest(hex: folder + rest) != nil {
                    try visit(folder + rest)
                } else {
                    try stray("\(path)/\(folder)/\(rest)")
                }
            }
        }
        for leftover in try Posix.names(in: temporary) { try stray("\(temporary)/\(leftover)") }
    }
}
