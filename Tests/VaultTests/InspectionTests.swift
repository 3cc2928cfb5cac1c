import Crypto
import FoundationEssentials
import LedgerCore
import TestSupport
import Testing

@testable import Vault

@Suite struct InspectionTests {
    @Test func aSoundVaultGivesNoFindingAndNoFileChanges() async throws {
        var random = SeededGenerator(announcing: #function)
        let fixture = Fixture()
        defer { fixture.remove() }
        let vault = try fixture.open()
        let compartment = try vault.own()
        let versions = try [0, 10, 3000, 9 << 20].map { try random.version(compartment, size: $0) }
        for version in versions { _ = try await vault.put([version]) }
        vault.close()
        try FileManager.default.removeItem(atPath: "\(fixture.directory)/cache")
        try fixture.empty("providers/6")
        let before = try fixture.snapshot()
        let inspector = try fixture.inspector()
        #expect(inspector.inspectCatalogue().isEmpty)
        #expect(inspector.inspectFragments().count == 5)
        let unknown = Identifier(using: &random)
        var seen: [Identifier: InspectedVersion] = [:]
        try inspector.inspectVersions(Set(versions.map(\.locator) + [unknown])) { locator, result in
            switch result {
            case .success(let version): seen[locator] = version
            case .failure: #expect(locator == unknown)
            }
        }
        for version in versions {
            let found = try #require(seen[version.locator])
            #expect(
                found.commitment == Commitment(content: version.content, secret: version.secret))
            #expect(found.sidecar == version.sidecar && found.sizeBytes == version.content.count)
            #expect(found.content == (version.content.count > 8 << 20 ? nil : version.content))
        }
        #expect(try fixture.snapshot() == before)
    }

    @Test func damageAndLeftoversAreNamed() async throws {
        var random = SeededGenerator(announcing: #function)
        let fixture = Fixture()
        defer { fixture.remove() }
        let vault = try fixture.open()
        let version = try random.version(vault.own(), size: 100)
        _ = try await vault.put([version])
        let record = try vault.catalogue.record(of: vault.locate(version.locator).locations[0].pack)
        let provider = try #require(vault.fragments.provider(record.fragments[2]))
        vault.close()
        let path = String(provider.file(record.name(2)).dropFirst(fixture.directory.count + 1))
        var bytes = try fixture.read(path)
        bytes[60] ^= 1
        try fixture.write(path, bytes)
        let stray = String(repeating: "ab", count: 32)
        try Posix.makeDirectories("\(fixture.directory)/providers/1/ab")
        try fixture.write("providers/1/ab/\(stray.dropFirst(2))", [1])
        let findings = try fixture.inspector().inspectFragments()
        #expect(
            findings.map(\.place) == [
                "provider \(provider.name), fragment \(record.name(2))",
                "provider 1, fragment \(stray)",
            ])
        #expect(findings.map(\.severity) == [.damage, .warning])
        for other in 1...6 where "\(other)" != provider.name {
            try fixture.empty("providers/\(other)")
        }
        try fixture.inspector().inspectVersions([version.locator]) { _, result in
            #expect(throws: VaultError.self) { try result.get() }
        }
    }

    @Test func aLookupStoreThatDiffersFromTheCatalogueIsFound() async throws {
        var random = SeededGenerator(announcing: #function)
        let fixture = Fixture()
        defer { fixture.remove() }
        for _ in 0..<2 {
            let vault = try fixture.open()
            _ = try await vault.put([try random.version(vault.own(), size: 100)])
            vault.close()
        }
        try FileManager.default.copyItem(
            atPath: "\(fixture.directory)/index", toPath: "\(fixture.directory)/old")
        let vault = try fixture.open()
        _ = try await vault.put([try random.version(vault.own(), size: 100)])
        vault.close()
        #expect(try fixture.inspector().inspectCatalogue().isEmpty)
        let new = try fixture.read("catalogue/0000000000000000")
        // Behind: mended at the next open.
        try FileManager.default.removeItem(atPath: "\(fixture.directory)/index")
        try FileManager.default.moveItem(
            atPath: "\(fixture.directory)/old", toPath: "\(fixture.directory)/index")
        #expect(try fixture.inspector().inspectCatalogue().map(\.severity) == [.warning])
        try fixture.open().close()
        #expect(try fixture.inspector().inspectCatalogue().isEmpty)
        // Ahead: records are lost.
        try fixture.write("catalogue/0000000000000000", Array(new[..<600]))
        #expect(try fixture.inspector().inspectCatalogue().contains { $0.severity == .damage })
    }
}
