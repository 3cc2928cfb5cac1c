import Crypto
import LedgerCore
import TestSupport
import Testing

@testable import Vault

private let mebibyte = 1024 * 1024

@Suite struct RoundTripTests {
    @Test(arguments: [
        0, 1, 3000, 65_535, 65_536, 65_537, 131_072, 8 * mebibyte - 1, 8 * mebibyte,
        8 * mebibyte + 1, 16 * mebibyte, 20 * mebibyte,
    ])
    func whatIsPutOrUploadedComesBackAndSurvivesReopening(_ size: Int) async throws {
        var random = SeededGenerator(announcing: #function)
        let fixture = Fixture()
        defer { fixture.remove() }
        let vault = try fixture.open()
        let version = try random.version(vault.own(), size: size)
        let sealed = try await vault.put([version])
        #expect(sealed[0].paddedSizeBytes == Padme.padded(size))
        try vault.expect(version)
        #expect(try vault.openSidecar(version.locator) == version.sidecar)

        let again = Identifier(using: &random)
        let upload = try vault.beginUpload(
            locator: again, compartment: vault.own(), secret: version.secret)
        var rest = version.content[...]
        while !rest.isEmpty {
            let part = rest.prefix(Int.random(in: 1...3 * mebibyte, using: &random))
            try await upload.append(Array(part))
            rest = rest.dropFirst(part.count)
        }
        let uploaded = try await upload.seal(sidecar: [7])
        try await upload.finish()
        #expect(uploaded.commitment == sealed[0].commitment)
        #expect(uploaded.commitment == Commitment(content: version.content, secret: version.secret))
        vault.close()

        let reopened = try fixture.open()
        defer { reopened.close() }
        try reopened.expect(version)
        let opened = try reopened.open(again, commitment: uploaded.commitment)
        #expect(opened.content == version.content && opened.sidecar == [7])
    }

    @Test func rangesAndStreamsGiveTheBytesOfTheWhole() async throws {
        var random = SeededGenerator(announcing: #function)
        let fixture = Fixture()
        defer { fixture.remove() }
        let vault = try fixture.open()
        defer { vault.close() }
        let version = try random.version(vault.own(), size: 17 * mebibyte + 5)
        _ = try await vault.put([version])
        let size = version.content.count
        #expect(try vault.contentSize(version.locator) == size)
        let edges = [0, 1, 65_535, 65_536, 8 * mebibyte - 1, 8 * mebibyte, 16 * mebibyte, size]
        var ranges = edges.flatMap { low in edges.filter { $0 >= low }.map { low..<$0 } }
        for _ in 0..<20 {
            let low = Int.random(in: 0...size, using: &random)
            ranges.append(low..<Int.random(in: low...size, using: &random))
        }
        for range in ranges {
            #expect(try vault.openRange(version.locator, range) == Array(version.content[range]))
        }
        for range in ranges.suffix(4) + [0..<size, 0..<0] {
            var streamed: [UInt8] = []
            for try await piece in try vault.openStream(version.locator, range) {
                #expect(piece.count <= Limits.streamPieceBytes)
                streamed += piece
            }
            #expect(streamed == Array(version.content[range]))
        }
        #expect(throws: VaultError.self) { try vault.openRange(version.locator, 0..<size + 1) }
    }

    @Test func manyVersionsOfOnePutShareOnePack() async throws {
        var random = SeededGenerator(announcing: #function)
        let fixture = Fixture()
        defer { fixture.remove() }
        let vault = try fixture.open()
        defer { vault.close() }
        let compartment = try vault.own()
        let versions = try (0..<500).map { _ in
            try random.version(
                compartment, size: .random(in: 0...5000, using: &random),
                sidecar: .random(in: 0...100, using: &random))
        }
        _ = try await vault.put(versions)
        for version in versions { try vault.expect(version) }
        #expect(try fixture.files("cache").count == 1)
        #expect(try fixture.files("providers").count == 6)
    }

    @Test func aMixOfSizesThatFillsSeveralPacksComesBack() async throws {
        var random = SeededGenerator(announcing: #function)
        let fixture = Fixture()
        defer { fixture.remove() }
        let vault = try fixture.open()
        defer { vault.close() }
        let compartment = try vault.own()
        let sizes = [5, 5 * mebibyte, 4 * mebibyte, 0, 9 * mebibyte, 100, 8 * mebibyte, 1]
        let versions = try sizes.map { try random.version(compartment, size: $0) }
        _ = try await vault.put(versions)
        try fixture.empty("cache")
        for version in versions { try vault.expect(version) }
    }

    @Test func concurrentPutsMergeIntoFewPacks() async throws {
        var random = SeededGenerator(announcing: #function)
        let fixture = Fixture()
        defer { fixture.remove() }
        let vault = try fixture.open()
        defer { vault.close() }
        let compartment = try vault.own()
        let versions = try (0..<200).map { _ in try random.version(compartment, size: 3000) }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for version in versions { group.addTask { _ = try await vault.put([version]) } }
            try await group.waitForAll()
        }
        for version in versions { try vault.expect(version) }
        #expect(try fixture.files("cache").count < 100)
    }

    @Test func aLocatorIsPutOnce() async throws {
        var random = SeededGenerator(announcing: #function)
        let fixture = Fixture()
        defer { fixture.remove() }
        let vault = try fixture.open()
        defer { vault.close() }
        let version = try random.version(vault.own(), size: 10)
        _ = try await vault.put([version])
        await #expect(throws: VaultError.refused("locator \(version.locator) is taken")) {
            try await vault.put([version])
        }
        let twice = try random.version(vault.own(), size: 10)
        await #expect(throws: VaultError.self) { try await vault.put([twice, twice]) }
        _ = try await vault.put([twice])
    }

    @Test func wrongCommitmentAndUnknownLocatorAreToldApart() async throws {
        var random = SeededGenerator(announcing: #function)
        let fixture = Fixture()
        defer { fixture.remove() }
        let vault = try fixture.open()
        defer { vault.close() }
        let version = try random.version(vault.own(), size: 10)
        _ = try await vault.put([version])
        let other = Commitment(value: try random.digest())
        #expect(throws: VaultError.commitmentMismatch(locator: version.locator)) {
            try vault.open(version.locator, commitment: other)
        }
        let unknown = Identifier(using: &random)
        #expect(throws: VaultError.unknown(locator: unknown)) { try vault.open(unknown) }
        try vault.keystore.delete([version.locator])
        #expect(throws: VaultError.unknown(locator: version.locator)) {
            try vault.open(version.locator)
        }
    }

    @Test func anAbandonedUploadLeavesNothing() async throws {
        var random = SeededGenerator(announcing: #function)
        let fixture = Fixture()
        defer { fixture.remove() }
        let vault = try fixture.open()
        defer { vault.close() }
        let locator = Identifier(using: &random)
        let upload = try vault.beginUpload(
            locator: locator, compartment: vault.own(), secret: try random.digest())
        try await upload.append(random.bytes(9 * mebibyte))
        #expect(try fixture.files("providers").count == 6)
        await #expect(throws: VaultError.self) {
            try await vault.put([
                VersionToSeal(
                    locator: locator, compartment: vault.own(), secret: random.digest(),
                    content: [])
            ])
        }
        await upload.abandon()
        #expect(try fixture.files("providers").isEmpty)
        await #expect(throws: VaultError.self) { try await upload.append([1]) }
        #expect(throws: VaultError.unknown(locator: locator)) { try vault.open(locator) }
    }

    /// The padded sizes of the paper's definition, computed by hand.
    @Test(arguments: [(0, 0), (1, 1), (2, 2), (9, 10), (100, 104), (3000, 3072), (65_537, 67_584)])
    func padmeRoundsAsThePaperSays(_ size: Int, _ padded: Int) {
        #expect(Padme.padded(size) == padded)
    }
}
