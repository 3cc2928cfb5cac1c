import Glibc

/// What lies at each of this node's providers, looked up in their folders.
package struct StorageReport: Sendable {
    package let providers: [Provider]
    /// Free on the disk of the data directory; `nil` where the system does not say.
    package let freeBytes: UInt64?

    /// One place that keeps fragments.
    package struct Provider: Sendable {
        package let name: String
        /// Whether its folder can be read.
        package let isThere: Bool
        package let fragments: Int
        package let bytes: UInt64
    }

    /// Files that are counted at one provider: some seconds of looking at most.
    package static let filesMax = 500_000

    /// Looks at the folders; takes some microseconds a file.
    package init(_ directory: DataDirectory) {
        providers = directory.providers.enumerated().map { index, path in
            StorageReport.provider("\(index + 1)", path)
        }
        freeBytes = FileSystem.freeBytes(at: directory.path)
    }

    private static func provider(_ name: String, _ path: String) -> Provider {
        guard let folders = names(path) else {
            return Provider(name: name, isThere: false, fragments: 0, bytes: 0)
        }
        var count = 0
        var bytes: UInt64 = 0
        for folder in folders where folder.utf8.count == 2 {
            for file in names("\(path)/\(folder)") ?? [] where count < filesMax {
                guard let size = size("\(path)/\(folder)/\(file)") else { continue }
                count += 1
                bytes += size
            }
        }
        return Provider(name: name, isThere: true, fragments: count, bytes: bytes)
    }

    /// A file's size; `nil` where it cannot be opened.
    private static func size(_ path: String) -> UInt64? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        return UInt64(clamping: lseek(descriptor, 0, SEEK_END))
    }

    /// Names in a folder, without those that begin with a dot; `nil` where it cannot be read.
    private static func names(_ path: String) -> [String]? {
        guard let folder = opendir(path) else { return nil }
        defer { closedir(folder) }
        var names = [String]()
        while let entry = readdir(folder) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if !name.hasPrefix(".") { names.append(name) }
        }
        return names
    }
}
