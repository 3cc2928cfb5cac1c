import Glibc
package import Identity
import KeyValue
package import LedgerCore

/// A copy of a node's folder while the node takes writes: the data in one place, the keys in
/// another. See docs/BACKUP.md.
///
/// The order makes it whole: first the chain, then what the chain's transactions name, which was
/// durable before them, and the keys last. Collection of orphans waits meanwhile.
package struct Backup: Sendable {
    private let source: DataDirectory
    private let target: BackupTarget
    private let keys: String
    private let clock: @Sendable () -> UInt64

    /// A keystore whose files were compacted away while they were opened is opened again.
    private static let keystoreAttempts = 5

    /// What a backup holds.
    package struct Summary: Sendable {
        package let generation: Identifier
        package let createdMs: UInt64
        package let files: Int
        package let bytes: UInt64
        /// Of these bytes, those that were not there from an earlier backup.
        package let copiedBytes: UInt64
        package let keyRows: Int
    }

    /// - Parameters:
    ///   - target: a folder, made if absent; one that holds an earlier backup of the node is
    ///     brought up to date.
    ///   - keys: the file of sealed keys, replaced if it is there; not below `target`.
    ///   - clock: milliseconds since 1970.
    package init(
        of source: DataDirectory, to target: String, keys: String,
        clock: @escaping @Sendable () -> UInt64
    ) {
        self.source = source
        self.target = BackupTarget(path: DataDirectory(target).path)
        self.keys = keys
        self.clock = clock
    }

    /// Makes it.
    ///
    /// - Throws: `NodeError`: `storageFull`, `conflict` where the target is another node's or in
    ///   use, `notFound`, `damaged`.
    package func run(
        passphrase: String, cost: PassphraseCost = .standard
    ) throws -> Summary {
        guard FileSystem.exists(source.genesis) else {
            throw NodeError(
                .notFound, "\(source.path) holds no network: there is no genesis.cairn",
                hint: "name a node's folder with --data DIR")
        }
        let identity = try NodeIdentity.open(source)
        try target.create()
        let lock = try DataDirectory(target.path).lock()
        defer { lock.release() }
        let before = try target.read()
        guard before == nil || before?.node == identity.node.bytes.field else {
            throw NodeError(
                .conflict, "\(target.path) holds the backup of another node",
                hint: "name another folder with --to")
        }
        let hold = CollectionHold(source)
        defer { hold.release() }
        let createdMs = clock()
        let generation = Identifier.random()
        var list = FileList(target: target, before: before)
        try list.add(source, "genesis.cairn", isFixed: true)
        // Before all that it names.
        try list.addFolder(source, "chain", growsAtEnd: true)
        try list.add(source, "snapshot.cairn", isFixed: true)
        try list.addFolder(source, "catalogue", growsAtEnd: true)
        for number in 1...DataDirectory.providerCount {
            try list.addProvider(source, "providers/\(number)")
        }
        try list.add(source, "peer/signatures", isFixed: false)
        try list.addFolder(source, "evidence", growsAtEnd: false)
        var head = WireKeysBackupHead()
        head.version = KeysBackup.version
        head.network = identity.genesis.digest.bytes.field
        head.node = identity.node.bytes.field
        head.createdMs = createdMs
        head.generation = generation.bytes.field
        head.costLog2 = UInt32(cost.costLog2)
        head.salt = Identifier.random().bytes.field
        let rows = try writeKeys(head, passphrase, cost)
        // The keys first: with newer ones an older list can be restored, not the other way round.
        var manifest = WireBackupManifest()
        manifest.version = BackupTarget.version
        manifest.network = head.network
        manifest.node = head.node
        manifest.createdMs = createdMs
        manifest.generation = head.generation
        manifest.files = list.files
        try target.write(manifest)
        try target.sweep(keeping: manifest)
        return Summary(
            generation: generation, createdMs: createdMs, files: list.files.count,
            bytes: list.files.reduce(0) { $0 + $1.bytes }, copiedBytes: list.copiedBytes,
            keyRows: rows)
    }

    /// Files that hold secrets, or say who this node is.
    private static let keyFiles = [
        "keys/node.keys", "keys/membership", "keys/knock", "keys/invitations",
    ]

    private func writeKeys(
        _ head: WireKeysBackupHead, _ passphrase: String, _ cost: PassphraseCost
    ) throws -> Int {
        var names = Backup.keyFiles.filter { FileSystem.exists("\(source.path)/\($0)") }
        if FileSystem.exists(source.wallets) {
            names += try FileSystem.names(in: source.wallets).map { "wallets/\($0)" }
        }
        let files = try names.map {
            (
                path: $0,
                content: try FileSystem.read(
                    "\(source.path)/\($0)", limitBytes: KeysBackup.fileBytesMax)
            )
        }
        var attempt = 1
        while true {
            var count = 0
            do {
                try KeysBackup.write(
                    head, to: keys, passphrase: passphrase, cost: cost, files: files
                ) { visit in
                    try SecondaryReader.forEach(
                        path: source.keyrings, scratch: target.scratch
                    ) { key, value in
                        count += 1
                        try visit(Array(key), Array(value))
                        return .continue
                    }
                }
                try removeScratch()
                return count
            } catch let error as KeyValueError where attempt < Backup.keystoreAttempts {
                _ = error
                attempt += 1
            }
        }
    }

    private func removeScratch() throws {
        guard FileSystem.exists(target.scratch) else { return }
        for name in try FileSystem.names(in: target.scratch) { unlink("\(target.scratch)/\(name)") }
        rmdir(target.scratch)
    }
}

/// The files of a backup, gathered one after the other.
private struct FileList {
    let target: BackupTarget
    private let known: [String: WireBackupFile]
    private(set) var files: [WireBackupFile] = []
    private(set) var copiedBytes: UInt64 = 0

    init(target: BackupTarget, before: WireBackupManifest?) {
        self.target = target
        known = Dictionary(
            (before?.files ?? []).map { ($0.path, $0) }, uniquingKeysWith: { first, _ in first })
    }

    /// Adds a file, where it is there. One that is fixed never changes once it has its length.
    mutating func add(_ source: DataDirectory, _ path: String, isFixed: Bool) throws {
        let place = "\(source.path)/\(path)"
        var status = stat()
        guard stat(place, &status) == 0 else { return }
        if isFixed, let earlier = known[path], earlier.bytes == UInt64(clamping: status.st_size),
            let digest = Digest(earlier.digest), target.holds(digest, bytes: earlier.bytes)
        {
            files.append(earlier)
            return
        }
        guard let taken = try target.take(place) else { return }
        copiedBytes += taken.bytes
        var file = WireBackupFile()
        file.path = path
        file.bytes = taken.bytes
        file.digest = taken.digest.bytes.field
        files.append(file)
    }

    /// Adds the files of a folder in the order of their names.
    ///
    /// - Parameter growsAtEnd: whether only the last one is written to.
    mutating func addFolder(
        _ source: DataDirectory, _ path: String, growsAtEnd: Bool
    ) throws {
        guard FileSystem.exists("\(source.path)/\(path)") else { return }
        let names = try FileSystem.names(in: "\(source.path)/\(path)")
        for name in names {
            try add(source, "\(path)/\(name)", isFixed: growsAtEnd && name != names.last)
        }
    }

    /// Adds fragments, each named by its digest.
    mutating func addProvider(_ source: DataDirectory, _ path: String) throws {
        guard FileSystem.exists("\(source.path)/\(path)") else { return }
        for folder in try FileSystem.names(in: "\(source.path)/\(path)")
        where folder.utf8.count == 2 {
            for name in try FileSystem.names(in: "\(source.path)/\(path)/\(folder)") {
                try add(source, "\(path)/\(folder)/\(name)", isFixed: true)
            }
        }
    }
}

/// Keeps a node from removing fragments while they are copied: a shared lock on `DIR/providers`.
final class CollectionHold: Sendable {
    private let descriptor: Int32

    /// Waits for a round of collection that is under way.
    init(_ directory: DataDirectory) {
        descriptor = open(directory.path + "/providers", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        if descriptor >= 0 { _ = flock(descriptor, LOCK_SH) }
    }

    /// Lets collection go on.
    func release() { if descriptor >= 0 { _ = flock(descriptor, LOCK_UN) } }

    deinit { if descriptor >= 0 { close(descriptor) } }

    /// What collection holds for a round; `nil` while a backup is made.
    static func forRound(_ directory: DataDirectory) -> DataDirectoryLock? {
        let descriptor = open(directory.path + "/providers", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            close(descriptor)
            return nil
        }
        return DataDirectoryLock(descriptor: descriptor)
    }
}
