import Crypto
import FoundationEssentials
import LedgerCore
import TestSupport
import Testing

@testable import Vault

@Suite struct CatalogueTests {
    private static let file = "catalogue/0000000000000000"

    /// A closed vault with three versions, one a pack.
    private func filled(_ fixture: Fixture, _ random: inout SeededGenerator) async throws
        -> [VersionToSeal]
    {
        let vault = try fixture.open()
        defer { vault.close() }
        let compartment = try vault.own()
        let versions = try (0..<3).map { _ in try random.version(compartment, size: 100) }
        for version in versions { _ = try await vault.put([version]) }
        return versions
    }

    private func expectAll(_ fixture: Fixture, _ versions: [VersionToSeal]) throws {
        let vault = try fixture.open()
        defer { vault.close() }
        for version in versions { try vault.expect(version) }
    }

    /// The offsets of the frames, and the end.
    private func frames(_ bytes: [UInt8]) throws -> [Int] {
        var offsets = [CatalogueFile.headBytes]
        while true {
            let offset = offsets[offsets.count - 1]
            switch CatalogueFrame.read(bytes[offset...], file: 0, offset: offset) {
            case .frame(let frame):
                offsets[offsets.count - 1] = frame.offset
                offsets.append(frame.end)
            case .end: return offsets
            case .torn, .damaged: throw VaultError.refused("not a whole file")
            }
        }
    }

    @Test func everyBitOfTheCatalogueIsCovered() async throws {
        var random = SeededGenerator(announcing: #function)
        let fixture = Fixture()
        defer { fixture.remove() }
        _ = try await filled(fixture, &random)
        let good = try fixture.read(Self.file)
        for number in 0..<Soak.times(1, long: 40) * good.count where Soak.takes(number) {
            let position = number % good.count
            var bad = good
            let bit = UInt8.random(in: 0..<8, using: &random)
            bad[position] ^= 1 << bit
            try fixture.write(Self.file, bad)
            let walk = CatalogueWalk(
                directory: "\(fixture.directory)/catalogue", signer: fixture.signer)
            do {
                _ = try walk.run(from: nil) { _, _ in }
                Issue.record("seed \(random.seed): bit \(bit) of byte \(position) passed")
            } catch VaultError.damaged(let place, _) {
                #expect(place.contains("/catalogue/0000000000000000@"))
            }
        }
    }

    @Test func aChangedLastRecordIsDamageAndChangesNothing() async throws {
        var random = SeededGenerator(announcing: #function)
        let fixture = Fixture()
        defer { fixture.remove() }
        let versions = try await filled(fixture, &random)
        let good = try fixture.read(Self.file)
        let last = try #require(try frames(good).dropLast().last)
        for position in [last, last + 3, last + 5, last + 50, good.count - 1] {
            var bad = good
            bad[position] ^= 1
            try fixture.write(Self.file, bad)
            #expect(throws: VaultError.self) { try fixture.open() }
            #expect(try fixture.read(Self.file) == bad)
        }
        try fixture.write(Self.file, good)
        try expectAll(fixture, versions)
    }

    @Test func aTornTailIsCutOffAndOnlyThat() async throws {
        var random = SeededGenerator(announcing: #function)
        let fixture = Fixture()
        defer { fixture.remove() }
        let versions = try await filled(fixture, &random)
        let good = try fixture.read(Self.file)
        let frames = try frames(good)
        let last = frames[frames.count - 2]
        // The append of the last record cut anywhere; the lookup store does not have it yet.
        for end in stride(from: last + 1, to: good.count, by: 7) {
            try FileManager.default.removeItem(atPath: "\(fixture.directory)/index")
            try fixture.write(Self.file, Array(good[..<end]))
            let vault = try fixture.open()
            for version in versions.dropLast() { try vault.expect(version) }
            #expect(throws: VaultError.self) { try vault.open(versions[2].locator) }
            vault.close()
            #expect(try fixture.read(Self.file) == Array(good[..<last]))
        }
        // Sectors of it never written, the file's length already changed.
        let sectors = Set((last..<good.count).map { $0 / 512 })
        for sector in sectors.sorted() {
            let range = max(last, sector * 512)..<min(good.count, sector * 512 + 512)
            if range.count < 8 { continue }
            try FileManager.default.removeItem(atPath: "\(fixture.directory)/index")
            var torn = good
            torn.replaceSubrange(range, with: repeatElement(0, count: range.count))
            try fixture.write(Self.file, torn)
            let vault = try fixture.open()
            for version in versions.dropLast() { try vault.expect(version) }
            // What follows is taken again.
            let more = try random.version(vault.own(), size: 5)
            _ = try await vault.put([more])
            try vault.expect(more)
            vault.close()
            #expect(try fixture.inspector().inspectCatalogue().isEmpty)
        }
        // The same in an earlier record is damage, with the start of the last record or without.
        for end in [frames[1] + 200, last, last + 40] {
            var bad = good
            let range = frames[1]..<end
            bad.replaceSubrange(range, with: repeatElement(0, count: range.count))
            try fixture.write(Self.file, bad)
            try FileManager.default.removeItem(atPath: "\(fixture.directory)/index")
            #expect(throws: VaultError.self) { try fixture.open() }
        }
    }

    @Test func aLookupStoreAheadOfTheCatalogueIsDamage() async throws {
        var random = SeededGenerator(announcing: #function)
        let fixture = Fixture()
        defer { fixture.remove() }
        _ = try await filled(fixture, &random)
        let good = try fixture.read(Self.file)
        try fixture.write(Self.file, Array(good[..<(try frames(good)[2])]))
        #expect(throws: VaultError.self) { try fixture.open() }
        try FileManager.default.removeItem(atPath: "\(fixture.directory)/\(Self.file)")
        #expect(throws: VaultError.self) { try fixture.open() }
    }

    @Test func theLookupStoreIsDerivedAndRebuiltFromTheCatalogue() async throws {
        var random = SeededGenerator(announcing: #function)
        let fixture = Fixture()
        defer { fixture.remove() }
        let versions = try await filled(fixture, &random)
        try FileManager.default.removeItem(atPath: "\(fixture.directory)/index")
        try expectAll(fixture, versions)
        for file in try fixture.files("index") where file.hasSuffix(".sst") {
            try fixture.write(file, Array(try fixture.read(file).dropLast(100)))
        }
        try expectAll(fixture, versions)
    }

    @Test func theCatalogueIsRebuiltFromPacks() async throws {
        var random = SeededGenerator(announcing: #function)
        let fixture = Fixture()
        defer { fixture.remove() }
        var versions = try await filled(fixture, &random)
        let vault = try fixture.open()
        let large = try random.version(vault.own(), size: 9 << 20)
        _ = try await vault.put([large])
        vault.close()
        versions.append(large)
        for folder in ["catalogue", "index", "cache"] {
            try FileManager.default.removeItem(atPath: "\(fixture.directory)/\(folder)")
        }
        try fixture.empty("providers/2")
        try fixture.empty("providers/5")
        let outcome = try CatalogueRebuild.run(
            fixture.configuration, storageRootKey: fixture.root, signer: fixture.signer)
        #expect(outcome.packs == 5 && outcome.lost.isEmpty)
        try expectAll(fixture, versions)
        #expect(try fixture.files("providers").count == 30)
        #expect(try fixture.inspector().inspectFragments().isEmpty)
        #expect(throws: VaultError.self) {
            try CatalogueRebuild.run(
                fixture.configuration, storageRootKey: fixture.root, signer: fixture.signer)
        }
    }

    @Test func whatACrashLeavesHalfWrittenIsRemovedOrIgnored() async throws {
        var random = SeededGenerator(announcing: #function)
        let fixture = Fixture()
        defer { fixture.remove() }
        let versions = try await filled(fixture, &random)
        try fixture.write("providers/3/tmp/abcdef.123", [1, 2, 3])
        try fixture.write("cache/.draft", [1, 2, 3])
        try fixture.write("catalogue/0000000000000003", [1, 2, 3])
        let findings = try fixture.inspector().inspectCatalogue()
        #expect(findings.map(\.severity) == [.warning])
        try expectAll(fixture, versions)
        #expect(try fixture.files("catalogue").count == 1)
        #expect(try fixture.files("providers").count == 18)
    }

    @Test func recordsOfAnotherSignerAreRefused() async throws {
        var random = SeededGenerator(announcing: #function)
        let fixture = Fixture()
        defer { fixture.remove() }
        _ = try await filled(fixture, &random)
        let other = Fixture().signer
        #expect(throws: VaultError.self) {
            try Vault(fixture.configuration, storageRootKey: fixture.root, signer: other)
        }
    }
}
