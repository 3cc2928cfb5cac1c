import FoundationEssentials
import LedgerCore
import TestSupport
import Testing

@testable import Vault

/// Fragments that the catalogue does not name.
@Suite("Sweeping fragments")
struct SweepTests {
    private func sweep(_ vault: Vault) throws -> Int {
        var sweep = FragmentSweep(vault)
        var removed = 0
        repeat { removed += try sweep.step() } while sweep.isLooking
        return removed
    }

    /// An upload cut off by the end of its process; its first pack is spread.
    private func cutOff(_ fixture: Fixture, _ random: inout SeededGenerator) async throws {
        let vault = try fixture.open()
        let upload = try vault.beginUpload(
            locator: Identifier(using: &random), compartment: vault.own(),
            secret: try random.digest())
        try await upload.append(random.bytes(9 << 20))
        vault.close()
    }

    @Test func anUploadThatWasCutOffGoesAndOthersStay() async throws {
        var random = SeededGenerator(announcing: #function)
        let fixture = Fixture()
        defer { fixture.remove() }
        let first = try fixture.open()
        #expect(!first.needsSweep)
        let kept = try random.version(first.own(), size: 1000)
        _ = try await first.put([kept])
        let before = try fixture.files("providers")
        first.close()
        try await cutOff(fixture, &random)
        #expect(try fixture.files("providers").count == before.count + 6)

        let vault = try fixture.open()
        #expect(vault.needsSweep)
        // An upload under way meanwhile is no orphan.
        let version = try random.version(vault.own(), size: 9 << 20)
        let upload = try vault.beginUpload(
            locator: version.locator, compartment: vault.own(), secret: version.secret)
        try await upload.append(version.content)
        #expect(try sweep(vault) == 6)
        #expect(!vault.needsSweep)
        _ = try await upload.seal(sidecar: version.sidecar)
        try await upload.finish()
        #expect(try sweep(vault) == 0)
        try fixture.empty("cache")
        try vault.expect(version)
        try vault.expect(kept)
        vault.close()
        let reopened = try fixture.open()
        #expect(!reopened.needsSweep)
        reopened.close()
        #expect(try fixture.inspector().inspectFragments() == [])
    }

    /// Few enough fragments that nobody can open the pack; not while a provider is away.
    @Test func aPackThatWasNeverWholeGoes() async throws {
        var random = SeededGenerator(announcing: #function)
        let fixture = Fixture()
        defer { fixture.remove() }
        try await cutOff(fixture, &random)
        for file in try fixture.files("providers").prefix(3) { try fixture.delete(file) }
        let vault = try fixture.open()
        try fixture.delete("providers/6")
        #expect(try sweep(vault) == 0)
        try Posix.makeDirectories("\(fixture.directory)/providers/6")
        let left = try fixture.files("providers").count
        #expect(try sweep(vault) == left)
        #expect(try fixture.files("providers") == [])
        vault.close()
    }

    /// With little memory a sweep sees a pack's fragments one by one: it decides about none of them
    /// before it has seen all.
    @Test(arguments: 1...3)
    func aPackIsNotJudgedByAPartOfItsFragments(_ packsMax: Int) async throws {
        var random = SeededGenerator(announcing: #function)
        let fixture = Fixture()
        defer { fixture.remove() }
        let vault = try fixture.open()
        for _ in 0..<3 { _ = try await vault.put([try random.version(vault.own(), size: 10)]) }
        vault.close()
        try fixture.delete("catalogue")
        try fixture.delete("index/locations")
        let empty = try fixture.open()
        var sweep = FragmentSweep(empty, packsMax: packsMax)
        repeat { #expect(try sweep.step() == 0) } while sweep.isLooking
        #expect(try sweep.step() == 0 && !sweep.isDone)
        #expect(try fixture.files("providers").count == 18)
        empty.close()
    }

    /// A catalogue that has lost its records does not cost the fragments of versions with keys.
    @Test func whatHasKeysStaysThoughTheCatalogueIsLost() async throws {
        var random = SeededGenerator(announcing: #function)
        let fixture = Fixture()
        defer { fixture.remove() }
        let vault = try fixture.open()
        let version = try random.version(vault.own(), size: 1000)
        _ = try await vault.put([version])
        vault.close()
        try fixture.delete("catalogue")
        try fixture.delete("index/locations")
        let empty = try fixture.open()
        #expect(try sweep(empty) == 0)
        empty.close()
        try fixture.delete("catalogue")
        _ = try CatalogueRebuild.run(
            fixture.configuration, storageRootKey: fixture.root, signer: fixture.signer)
        let rebuilt = try fixture.open()
        try rebuilt.expect(version)
        rebuilt.close()
    }

    /// What a crash left between keys and catalogue goes once its window has ended.
    @Test func aPackWithoutRecordGoesWithItsKeys() async throws {
        var random = SeededGenerator(announcing: #function)
        let fixture = Fixture()
        defer { fixture.remove() }
        let vault = try fixture.open()
        let version = try random.version(vault.own(), size: 1000, endMs: 10)
        _ = try await vault.put([version])
        vault.close()
        try fixture.delete("catalogue")
        try fixture.delete("index/locations")
        let crashed = try fixture.open()
        #expect(try sweep(crashed) == 0)
        try crashed.forget(crashed.takeEnded(before: 11, limit: 10))
        #expect(try sweep(crashed) == 6)
        #expect(try fixture.files("providers") == [] && fixture.files("cache") == [])
        crashed.close()
    }
}
