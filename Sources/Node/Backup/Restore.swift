import Crypto
import Glibc
import KeyValue
package import LedgerCore
package import struct LedgerCore.Digest

/// Makes a node's folder from a backup: whole, or not at all.
package struct Restore: Sendable {
    private let source: BackupTarget
    private let keys: String
    private let directory: DataDirectory

    /// What was restored.
    package struct Summary: Sendable {
        package let network: Digest
        package let createdMs: UInt64
        package let files: Int
        package let bytes: UInt64
    }

    /// - Parameters:
    ///   - source: the folder of the backup.
    ///   - keys: the file of sealed keys.
    ///   - directory: does not exist, or is empty.
    package init(from source: String, keys: String, to directory: DataDirectory) {
        self.source = BackupTarget(path: DataDirectory(source).path)
        self.keys = keys
        self.directory = directory
    }

    /// Copies and checks every file under another name, and then gives the folder its own.
    package func run(passphrase: String) throws -> Summary {
        guard let manifest = try source.read() else {
            throw NodeError(
                .notFound, "\(source.path) holds no whole backup",
                hint: "name the folder that was given to cairn backup --to")
        }
        try requireEmpty()
        let (sealed, file) = try KeysBackup.read(keys)
        try requirePair(manifest, sealed.head)
        let draft = DataDirectory("\(directory.path).restoring-\(Identifier.random())")
        do {
            try FileSystem.makeDirectory(draft.path, mode: 0o700)
            try draft.create()
            // The keys first: a wrong passphrase should not cost the time of all the rest.
            try restoreKeys(sealed, file, passphrase, to: draft)
            for file in manifest.files { try restore(file, to: draft) }
            try FileSystem.write(
                Array("\(manifest.createdMs)\n".utf8), to: draft.restored, mode: 0o600)
            try FileSystem.syncFolders(draft.path)
            guard rename(draft.path, directory.path) == 0 else {
                throw FileStream.failure("cannot write", directory.path)
            }
            try FileSystem.syncParent(of: directory.path)
        } catch {
            FileSystem.removeTree(draft.path)
            throw error
        }
        return Summary(
            network: Digest(manifest.network) ?? .zero, createdMs: manifest.createdMs,
            files: manifest.files.count, bytes: manifest.files.reduce(0) { $0 + $1.bytes })
    }

    private func requireEmpty() throws {
        guard FileSystem.exists(directory.path) else { return }
        guard let names = try? FileSystem.names(in: directory.path), names.isEmpty else {
            throw NodeError(
                .conflict, "\(directory.path) is not empty; nothing is overwritten",
                hint: "restore into a folder that does not exist")
        }
    }

    private func requirePair(_ manifest: WireBackupManifest, _ head: WireKeysBackupHead) throws {
        guard manifest.network == head.network, manifest.node == head.node else {
            throw NodeError(
                .conflict, "the data are of another node than the keys",
                hint: "name the keys' file that the same cairn backup wrote")
        }
        guard manifest.generation == head.generation || head.createdMs >= manifest.createdMs else {
            throw NodeError(
                .conflict, "the keys are older than the data: what was sealed later would not open",
                hint: "name the newest keys' file")
        }
    }

    private func restore(_ file: WireBackupFile, to draft: DataDirectory) throws {
        guard Restore.isData(file.path), let digest = Digest(file.digest) else {
            throw damaged("its list names a file that no backup has")
        }
        let input: FileStream
        do {
            input = try FileStream(reading: source.object(digest))
        } catch {
            throw damaged("the content of \(file.path) is missing")
        }
        let output = try create(file.path, in: draft)
        var hasher = SHA256()
        var bytes: UInt64 = 0
        while true {
            let piece = try input.read(1 << 20)
            if piece.isEmpty { break }
            hasher.update(data: piece)
            bytes += UInt64(piece.count)
            try output.write(piece)
        }
        guard bytes == file.bytes, Digest(hasher.finalize()) == digest else {
            throw damaged("the content of \(file.path) was altered")
        }
        try output.sync()
    }

    private func damaged(_ what: String) -> NodeError {
        NodeError(
            .damaged, "the backup in \(source.path) is damaged: \(what)",
            hint: "use another copy of the backup; nothing was restored")
    }

    private func create(_ path: String, in draft: DataDirectory) throws -> FileStream {
        let place = "\(draft.path)/\(path)"
        if let slash = place.lastIndex(of: "/") {
            try FileSystem.makeDirectory(String(place[..<slash]), mode: 0o700)
        }
        return try FileStream(creating: place)
    }

    private func restoreKeys(
        _ sealed: KeysBackup, _ file: FileStream, _ passphrase: String, to draft: DataDirectory
    ) throws {
        try FileSystem.makeDirectory(draft.keyrings, mode: 0o700)
        let store = try KeyValueStore.open(path: draft.keyrings)
        do {
            try sealed.open(keys, file, passphrase: passphrase) { chunk in
                for file in chunk.files {
                    guard Restore.isKey(file.path) else {
                        throw NodeError(.damaged, "\(keys) names a file that no backup has")
                    }
                    let output = try create(file.path, in: draft)
                    try output.write([UInt8](file.content))
                    try output.sync()
                }
                var batch = WriteBatch()
                for row in chunk.rows { batch.put([UInt8](row.key), [UInt8](row.value)) }
                if !chunk.rows.isEmpty { try store.write(batch, durable: true) }
            }
            try store.flush()
        } catch {
            store.close()
            throw error
        }
        store.close()
    }

    /// Paths as ``Backup`` writes them, and no others: none leads out of the folder.
    static func isData(_ path: String) -> Bool {
        if path == "genesis.cairn" || path == "snapshot.cairn" { return true }
        let parts = parts(path)
        switch (parts.first, parts.count) {
        case ("chain", 2), ("catalogue", 2), ("evidence", 2): return true
        case ("peer", 2): return parts[1] == "signatures"
        case ("providers", 4): return true
        default: return false
        }
    }

    private static func isKey(_ path: String) -> Bool {
        let parts = parts(path)
        return parts.count == 2 && (parts[0] == "keys" || parts[0] == "wallets")
    }

    private static func parts(_ path: String) -> [String] {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        let isPlain = parts.allSatisfy { part in
            !part.isEmpty && part != "." && part != ".."
                && part.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f }
        }
        return isPlain ? parts : []
    }
}
