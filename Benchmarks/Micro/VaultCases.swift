import Crypto
import LedgerCore

@testable import Vault

/// Sealing, opening and spreading of versions.
enum VaultCases {
    /// About what a resource of Synthea's weighs with its sidecar.
    private static let versionBytes = 3_000
    private static let packVersions = 200

    static func all() throws -> [Case] { try versions() + packs() }

    private static func versions() throws -> [Case] {
        let content = [UInt8](repeating: 0x5a, count: versionBytes)
        let key = SymmetricKey(size: .bits256)
        let locator = fresh()
        let entry = PackEntry(
            locator: locator, segment: 0, kind: .content, offset: 0, plaintextSize: versionBytes,
            firstChunk: 0, isFinal: true)
        let sealed = try seal(content, locator, key)
        let salt = Array(sealed.prefix(Limits.saltBytes))
        let open = {
            var output: [UInt8] = []
            try Seal.openChunks(
                0..<1, of: entry, key: Seal.segmentKey(key, salt: salt, locator, 0),
                sealed: sealed.dropFirst(Limits.saltBytes), into: &output)
            return output
        }
        try Expect.that(try open() == content, "what was sealed opens")
        let secret = LedgerCore.Digest.sha256([7])
        return [
            Case("seal 3 kB", bytes: versionBytes, bound: Library.aes(content)) {
                keep(try seal(content, locator, key))
            },
            Case("open 3 kB", bytes: versionBytes, bound: Library.aes(content)) {
                keep(try open())
            },
            Case("commit to 3 kB", bytes: versionBytes, bound: .sha256(versionBytes)) {
                keep(Commitment(content: content, secret: secret))
            },
        ]
    }

    private static func packs() throws -> [Case] {
        let content = [UInt8](repeating: 0x5a, count: versionBytes)
        let keys = StorageKeys(root: SymmetricKey(size: .bits256))
        let pack = try self.pack(content, keys)
        let large = [UInt8](repeating: 0x33, count: 8 << 20)
        let fragments = Fragment.encode(pack.bytes, id: pack.id, code: .standard)
        let kept = Dictionary(
            uniqueKeysWithValues: fragments.dropFirst(2).map { ($0.header.index, $0.bytes) })
        guard let header = fragments.first?.header else { return [] }
        try Expect.that(Fragment.decode(kept, header) == pack.bytes, "four fragments suffice")
        return [
            Case(
                "pack of 200, per version", operations: packVersions, bytes: versionBytes,
                bound: Library.aes(content)
            ) { keep(try self.pack(content, keys)) },
            Case(
                "fragments of that pack", bytes: pack.bytes.count,
                bound: .sha256(pack.bytes.count * 3 / 2)
            ) {
                keep(Fragment.encode(pack.bytes, id: pack.id, code: .standard))
            },
            Case(
                "that pack from four fragments", bytes: pack.bytes.count,
                bound: .copy(pack.bytes.count)
            ) {
                keep(Fragment.decode(kept, header))
            },
            Case(
                "fragments of 8 MiB", bytes: large.count, bound: .sha256(large.count * 3 / 2)
            ) {
                keep(Fragment.encode(large, id: pack.id, code: .standard))
            },
        ]
    }

    private static func seal(
        _ content: [UInt8], _ locator: Identifier, _ key: SymmetricKey
    ) throws -> [UInt8] {
        var sealed: [UInt8] = []
        var segment = Seal.Segment(0, of: locator, firstChunk: 0, dataKey: key, into: &sealed)
        try content.withUnsafeBytes { try segment.seal($0, isFinal: true, into: &sealed) }
        return sealed
    }

    private static func pack(_ content: [UInt8], _ keys: StorageKeys) throws -> Pack {
        var builder = PackBuilder(capacity: packVersions * (content.count + 64))
        for _ in 0..<packVersions {
            try builder.addSegment(
                content[...], locator: fresh(), segment: 0, isFinal: true,
                dataKey: SymmetricKey(size: .bits256))
        }
        return try builder.finish(keys)
    }
}
