import Crypto
import LedgerCore
import TestSupport
import Testing

@testable import Vault

@Suite struct SealTests {
    private func seal(_ plaintext: [UInt8], _ entry: PackEntry, _ key: SymmetricKey) throws
        -> [UInt8]
    {
        var sealed: [UInt8] = []
        var segment = Seal.Segment(
            entry.segment, of: entry.locator, firstChunk: entry.firstChunk, dataKey: key,
            into: &sealed)
        for index in 0..<entry.chunkCount {
            let start = index * Limits.chunkBytes
            let chunk = plaintext[start..<start + entry.plaintextSize(ofChunk: index)]
            try chunk.withUnsafeBytes {
                try segment.seal(
                    $0, isFinal: entry.isFinal && index == entry.chunkCount - 1, into: &sealed)
            }
        }
        return sealed
    }

    private func open(_ sealed: [UInt8], _ entry: PackEntry, _ key: SymmetricKey) throws -> [UInt8]
    {
        var output: [UInt8] = []
        let salt = Array(sealed.prefix(Limits.saltBytes))
        try Seal.openChunks(
            0..<entry.chunkCount, of: entry,
            key: Seal.segmentKey(key, salt: salt, entry.locator, entry.segment),
            sealed: sealed.dropFirst(Limits.saltBytes), into: &output)
        return output
    }

    private func entry(
        _ locator: Identifier, size: Int, segment: UInt32 = 0, first: UInt64 = 0, final: Bool = true
    ) -> PackEntry {
        PackEntry(
            locator: locator, segment: segment, kind: .content, offset: 0, plaintextSize: size,
            firstChunk: first, isFinal: final)
    }

    /// Slots that were sealed before the halves were taken apart open as ever.
    @Test func theHalvesOfADerivationGiveTheWhole() {
        let key = SymmetricKey(size: .bits256)
        let info = Array("cairn".utf8)
        let whole = StorageKeys.derive(key, salt: [], info: info)
        #expect(StorageKeys.expand(StorageKeys.extract(key), info: info) == whole)
        #expect(StorageKeys.expand(StorageKeys.extract(key), info: info + [1]) != whole)
    }

    @Test(arguments: [0, 1, Limits.chunkBytes, Limits.chunkBytes + 1, SealedRuns.contentBytesMax])
    func aVersionSealedAheadIsTheSameInAPack(size: Int) throws {
        var random = SeededGenerator(announcing: #function)
        let root = StorageKeys(root: SymmetricKey(size: .bits256))
        let compartment = Compartment(
            patient: nil, sensitivityClass: 0, subject: Identifier(using: &random),
            handle: Identifier(using: &random), epoch: 1)
        let versions = (0..<3).map { _ in
            VersionToSeal(
                locator: Identifier(using: &random), compartment: compartment, secret: .zero,
                content: random.bytes(size), sidecar: random.bytes(90))
        }
        let keys = versions.map { VersionKeys(secret: $0.secret) }
        var builder = PackBuilder()
        for (version, keys) in zip(versions, keys) {
            builder.add(try SealedRuns(version, keys))
        }
        #expect(builder.versionCount == 3)
        #expect(builder.plaintextSize == 3 * (size + 90))
        let made = try builder.finish(root)
        // Read back as any pack: its table must cover it, and each run open at its place.
        let pack = try Pack(opening: made.bytes, id: made.id, keys: root)
        #expect(pack.entries == made.entries && pack.entries.count == 6)
        for (index, (version, keys)) in zip(versions, keys).enumerated() {
            let content = pack.entries[2 * index]
            #expect(
                try open(Array(pack.bytes[content.range]), content, keys.dataKey)
                    == version.content)
            let sidecar = pack.entries[2 * index + 1]
            #expect(
                try Seal.openSidecar(
                    pack.bytes[sidecar.range], locator: version.locator, dataKey: keys.dataKey)
                    == version.sidecar)
        }
    }

    @Test func randomBytesAreFresh() {
        #expect(Entropy.bytes(0).isEmpty)
        let drawn = (0..<100).map { _ in Entropy.bytes(Entropy.bytesMax) }
        #expect(drawn.allSatisfy { $0.count == Entropy.bytesMax })
        // Each piece of each is drawn: none comes twice.
        let pieces = drawn.flatMap { bytes in
            stride(from: 0, to: bytes.count, by: 16).map { bytes[$0..<$0 + 16] }
        }
        #expect(Set(pieces).count == pieces.count)
    }

    @Test func truncationReorderAndSwapAreRefused() throws {
        var random = SeededGenerator(announcing: #function)
        let key = SymmetricKey(size: .bits256)
        let locator = Identifier(using: &random)
        let chunk = Limits.chunkBytes
        let plaintext = random.bytes(3 * chunk)
        let whole = entry(locator, size: 3 * chunk)
        let sealed = try seal(plaintext, whole, key)
        #expect(try open(sealed, whole, key) == plaintext)

        // Cut to two chunks, claimed to be all.
        #expect(throws: (any Error).self) { try open(sealed, entry(locator, size: 2 * chunk), key) }
        #expect(throws: (any Error).self) {
            try open(Array(sealed.dropLast(chunk + 16)), entry(locator, size: 2 * chunk), key)
        }
        // The end hidden.
        #expect(throws: (any Error).self) {
            try open(sealed, entry(locator, size: 3 * chunk, final: false), key)
        }
        // Two chunks exchanged.
        let first = 32..<32 + chunk + 16
        let second = first.upperBound..<first.upperBound + chunk + 16
        let swapped =
            sealed[..<32] + sealed[second] + sealed[first] + sealed[second.upperBound...]
        #expect(throws: (any Error).self) { try open(Array(swapped), whole, key) }
        // Another locator, segment, place in the version, or key.
        for wrong in [
            entry(Identifier(using: &random), size: 3 * chunk),
            entry(locator, size: 3 * chunk, segment: 1),
            entry(locator, size: 3 * chunk, first: 128),
        ] {
            #expect(throws: (any Error).self) { try open(sealed, wrong, key) }
        }
        #expect(throws: (any Error).self) { try open(sealed, whole, SymmetricKey(size: .bits256)) }
    }

    @Test func everyBitOfASegmentIsCovered() throws {
        var random = SeededGenerator(announcing: #function)
        let key = SymmetricKey(size: .bits256)
        let whole = entry(Identifier(using: &random), size: 50)
        let sealed = try seal(random.bytes(50), whole, key)
        for bit in 0..<sealed.count * 8 {
            var changed = sealed
            changed[bit >> 3] ^= 1 << UInt8(bit & 7)
            #expect(throws: (any Error).self) { try open(changed, whole, key) }
        }
    }

    @Test func equalVersionsShareNoSaltNoKeyAndNoByteRun() async throws {
        var random = SeededGenerator(announcing: #function)
        let fixture = Fixture()
        defer { fixture.remove() }
        let vault = try fixture.open()
        defer { vault.close() }
        let (content, secret) = (random.bytes(4000), try random.digest())
        let versions = try (0..<50).map { _ in
            VersionToSeal(
                locator: Identifier(using: &random), compartment: try vault.own(), secret: secret,
                content: content, sidecar: content)
        }
        _ = try await vault.put(versions)
        let pack = try fixture.read(try #require(fixture.files("cache").first))
        var salts: Set<[UInt8]> = []
        var starts: Set<[UInt8]> = []
        var keys: Set<[UInt8]> = []
        for version in versions {
            let located = try vault.locate(version.locator)
            keys.insert(located.keys.dataKey.bytes)
            for entry in [located.locations[0].content, try #require(located.locations[0].sidecar)]
            {
                salts.insert(Array(pack[entry.offset..<entry.offset + 32]))
                starts.insert(Array(pack[entry.offset + 32..<entry.offset + 64]))
            }
        }
        #expect(salts.count == 100 && starts.count == 100 && keys.count == 50)
        #expect(pack.count > 50 * 8000)
    }

    /// Nothing of what was put stands in the clear anywhere on the disk.
    @Test func neitherContentNorKeysLieInTheClear() async throws {
        var random = SeededGenerator(announcing: #function)
        let fixture = Fixture()
        defer { fixture.remove() }
        let vault = try fixture.open()
        let version = try random.version(vault.own(), size: 1000, sidecar: 100)
        _ = try await vault.put([version])
        let keys = try #require(try vault.keystore.slot(version.locator)).keys
        vault.close()
        let needles = [
            Array(version.content[..<16]), Array(version.sidecar[..<16]),
            Array(keys.secret.bytes[..<16]), Array(keys.dataKey.bytes[..<16]),
            Array(fixture.root.bytes[..<16]),
        ]
        for file in try fixture.files("") {
            let bytes = try fixture.read(file)
            for start in bytes.indices.dropLast(15) {
                let window = bytes[start..<start + 16]
                for needle in needles where window.first == needle[0] {
                    #expect(Array(window) != needle, "\(file)@\(start)")
                }
            }
        }
    }
}
