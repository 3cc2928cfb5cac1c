import Crypto
import Glibc
import Identity
import KeyValue
import LedgerCore
import struct LedgerCore.Digest

/// The keys of a node in one file, sealed under a passphrase: node keys, wallets, how the member
/// entered, keyrings and slots.
///
/// The bytes `cairn-keys-1` and a newline, the head behind its length (4 bytes, big-endian), then
/// parts, each behind its length; the last one is marked by its seal, and nothing follows.
struct KeysBackup {
    let head: WireKeysBackupHead
    let headBytes: [UInt8]

    static let magic = Array("cairn-keys-1\n".utf8)
    static let version: UInt32 = 1
    private static let headBytesMax = 1_024
    private static let partBytes = 1 << 20
    private static let partBytesMax = 4 << 20
    /// Files of keys and wallets are small.
    static let fileBytesMax = 1 << 20

    init(_ head: WireKeysBackupHead) {
        self.head = head
        headBytes = Wire.encode(head)
    }

    /// Writes the file under a draft's name and then in place of an older one: of a node's keys the
    /// newest generation alone is kept.
    static func write(
        _ head: WireKeysBackupHead, to path: String, passphrase: String, cost: PassphraseCost,
        files: [(path: String, content: [UInt8])],
        rows: (_ visit: (_ key: [UInt8], _ value: [UInt8]) throws -> Void) throws -> Void
    ) throws {
        let keys = KeysBackup(head)
        let parts = try SealedParts(
            passphrase: passphrase, salt: [UInt8](head.salt), cost: cost, head: keys.headBytes)
        let draft = "\(path).\(Identifier.random()).partial"
        let output = try FileStream(creating: draft)
        var isKept = false
        defer { if !isKept { unlink(draft) } }
        try output.write(magic + length(keys.headBytes.count) + keys.headBytes)
        var chunk = WireKeysBackupChunk()
        var waiting = 0
        var number: UInt64 = 0
        func flush(isLast: Bool) throws {
            let sealed = try parts.seal(Wire.encode(chunk), number: number, isLast: isLast)
            try output.write(length(sealed.count) + sealed)
            chunk = WireKeysBackupChunk()
            waiting = 0
            number += 1
        }
        for (path, content) in files {
            if waiting + content.count > partBytes { try flush(isLast: false) }
            var file = WireKeysBackupFile()
            file.path = path
            file.content = content.field
            chunk.files.append(file)
            waiting += content.count + 64
        }
        try rows { key, value in
            if waiting + key.count + value.count > partBytes { try flush(isLast: false) }
            var row = WireKeysBackupRow()
            row.key = key.field
            row.value = value.field
            chunk.rows.append(row)
            waiting += key.count + value.count + 8
        }
        try flush(isLast: true)
        try output.sync()
        guard rename(draft, path) == 0 else { throw FileStream.failure("cannot write", path) }
        isKept = true
        try FileSystem.syncParent(of: path)
    }

    private static func length(_ count: Int) -> [UInt8] {
        withUnsafeBytes(of: UInt32(count).bigEndian) { [UInt8]($0) }
    }

    /// Reads the head of a file without opening it.
    static func read(_ path: String) throws -> (keys: KeysBackup, rest: FileStream) {
        let file = try FileStream(reading: path)
        guard try file.whole(magic.count) == magic, let size = try size(file), size <= headBytesMax,
            let bytes = try file.whole(size),
            let head = try? Wire.decode(
                WireKeysBackupHead.self, from: bytes, what: "keys' backup", limitBytes: headBytesMax
            )
        else { throw damaged(path) }
        guard head.version == version else {
            throw NodeError(
                .damaged, "\(path) has version \(head.version), known is \(version)",
                hint: "use the version of cairn that made it, or a newer one")
        }
        return (KeysBackup(head), file)
    }

    /// Opens the parts one after the other.
    func open(
        _ path: String, _ file: FileStream, passphrase: String,
        _ visit: (WireKeysBackupChunk) throws -> Void
    ) throws {
        guard let cost = PassphraseCost(costLog2: Int(head.costLog2)),
            head.salt.count == SealedParts.saltBytes
        else { throw KeysBackup.damaged(path) }
        let parts = try SealedParts(
            passphrase: passphrase, salt: [UInt8](head.salt), cost: cost, head: headBytes)
        var number: UInt64 = 0
        while true {
            guard let size = try KeysBackup.size(file), size <= KeysBackup.partBytesMax,
                let sealed = try file.whole(size)
            else { throw KeysBackup.damaged(path) }
            var isLast = false
            var opened = parts.open(sealed, number: number, isLast: false)
            if opened == nil {
                isLast = true
                opened = parts.open(sealed, number: number, isLast: true)
            }
            guard let opened else {
                guard number == 0 else { throw KeysBackup.damaged(path) }
                throw NodeError(
                    .forbidden,
                    "\(path) does not open: the passphrase is another, or it was altered",
                    hint: "use the passphrase with which this backup was made")
            }
            guard
                let chunk = try? Wire.decode(
                    WireKeysBackupChunk.self, from: opened, what: "keys' backup",
                    limitBytes: KeysBackup.partBytesMax)
            else { throw KeysBackup.damaged(path) }
            try visit(chunk)
            number += 1
            if isLast { break }
        }
        guard try file.read(1).isEmpty else { throw KeysBackup.damaged(path) }
    }

    private static func size(_ file: FileStream) throws -> Int? {
        try file.whole(4)?.reduce(0) { $0 << 8 | Int($1) }
    }

    private static func damaged(_ path: String) -> NodeError {
        NodeError(
            .damaged, "\(path) is no backup of keys, or was altered or cut short",
            hint: "use another copy of it")
    }
}
