import FoundationEssentials
import LedgerCore
import TestSupport
import Testing

@testable import Vault

/// Versions that no transaction names in the end, and what is left of them.
@Suite("Collecting orphans")
struct CollectionTests {
    private static let folders = ["providers", "cache"]

    /// A vault with one version of its own pack that stays, and the files that it takes.
    private func prepared(
        _ fixture: Fixture, _ random: inout SeededGenerator
    ) async throws -> (vault: Vault, kept: VersionToSeal, files: [String]) {
        let vault = try fixture.open()
        let kept = try random.version(vault.own(), size: 1000)
        _ = try await vault.put([kept])
        return (vault, kept, try Self.folders.flatMap(fixture.files))
    }

    private func files(_ fixture: Fixture) throws -> [String] {
        try Self.folders.flatMap(fixture.files)
    }

    /// All steps.
    private func collect(_ orphans: [NamedVersion], _ vault: Vault) throws {
        try vault.forget(orphans)
        for pack in try vault.doomed(limit: 10) {
            try vault.strike(pack)
            #expect(vault.removeCopies(of: pack))
            try vault.finish(pack)
        }
    }

    @Test func aVersionIsFoundOnceItsWindowHasEndedAndUntilItIsSettled() async throws {
        var random = SeededGenerator(announcing: #function)
        let fixture = Fixture()
        defer { fixture.remove() }
        let vault = try fixture.open()
        let versions = try [500, 900, 900, 1_000].map {
            try random.version(vault.own(), size: 10, endMs: $0)
        }
        _ = try await vault.put(versions)
        func found(_ ms: UInt64, limit: Int = 10) throws -> Set<Identifier> {
            Set(try vault.takeEnded(before: ms, limit: limit).map(\.locator))
        }
        let all = versions.map(\.locator)
        #expect(try found(500) == [])
        let first = try vault.takeEnded(before: 900, limit: 10)
        #expect(first.map(\.locator) == [all[0]])
        #expect(first.first?.naming == versions[0].naming)
        #expect(try found(900) == [], "taken once")
        vault.revisit(first)
        #expect(try found(900) == [all[0]])
        vault.revisit(first)
        try vault.settle(first)
        #expect(try found(900) == [])
        #expect(try found(1_000, limit: 1).count == 1)
        #expect(try found(1_001).isSuperset(of: [all[3]]))
        vault.close()
        // What was taken and not settled is found again by whoever opens the vault next.
        let reopened = try fixture.open()
        defer { reopened.close() }
        let again = try reopened.takeEnded(before: 2_000, limit: 10)
        #expect(Set(again.map(\.locator)) == Set(all[1...]))
        // One that comes later and ends earlier.
        let late = try random.version(reopened.own(), size: 10, endMs: 5)
        _ = try await reopened.put([late])
        #expect(
            try reopened.takeEnded(before: 2_000, limit: 10).contains {
                $0.locator == late.locator
            })
    }

    /// One small, one cut into several packs, and one that was uploaded.
    @Test(arguments: [0, 1, 2])
    func nothingIsLeftOfAnOrphan(_ kind: Int) async throws {
        var random = SeededGenerator(announcing: #function)
        let fixture = Fixture()
        defer { fixture.remove() }
        let (vault, kept, before) = try await prepared(fixture, &random)
        let size = kind == 0 ? 3_000 : 9 << 20
        let version = try random.version(vault.own(), size: size, endMs: 10)
        if kind == 2 {
            let upload = try vault.beginUpload(
                locator: version.locator, compartment: vault.own(), secret: version.secret)
            try await upload.append(version.content)
            _ = try await upload.seal(sidecar: version.sidecar)
            try await upload.finish(naming: version.naming)
        } else {
            _ = try await vault.put([version])
        }
        try vault.expect(version)
        vault.watch.waitForChecks()
        let orphans = try vault.takeEnded(before: 11, limit: 10)
        #expect(orphans.map(\.locator) == [version.locator])
        try collect(orphans, vault)
        #expect(try files(fixture) == before)
        #expect(throws: VaultError.unknown(locator: version.locator)) {
            try vault.open(version.locator)
        }
        try vault.expect(kept)
        #expect(try !vault.catalogue.contains(version.locator))
        vault.close()
        let inspector = try fixture.inspector()
        #expect(inspector.inspectCatalogue() == [])
        #expect(inspector.inspectFragments() == [])
        #expect(try inspector.unsettledVersions() == [])
        // The catalogue says it for good, whatever becomes of the lookup store.
        try fixture.delete("index/locations")
        let rebuilt = try fixture.open()
        try rebuilt.expect(kept)
        #expect(try !rebuilt.catalogue.contains(version.locator))
        rebuilt.close()
        #expect(inspector.inspectCatalogue() == [])
    }

    @Test func aPackWithAnAcceptedVersionStaysAndTheRefusedOneIsUnreadable() async throws {
        var random = SeededGenerator(announcing: #function)
        let fixture = Fixture()
        defer { fixture.remove() }
        let (vault, kept, alone) = try await prepared(fixture, &random)
        let versions = try (0..<3).map { _ in
            try random.version(vault.own(), size: 100, endMs: 10)
        }
        _ = try await vault.put(versions)
        let shared = try files(fixture)
        let named = try vault.takeEnded(before: 11, limit: 10)
        func orphan(_ number: Int) -> [NamedVersion] {
            named.filter { $0.locator == versions[number].locator }
        }
        try collect(orphan(1), vault)
        #expect(try files(fixture) == shared)
        #expect(throws: VaultError.unknown(locator: versions[1].locator)) {
            try vault.open(versions[1].locator)
        }
        try vault.settle(orphan(0))
        for version in [versions[0], versions[2], kept] { try vault.expect(version) }
        // With the last one that has keys the pack goes.
        try collect(orphan(2), vault)
        try vault.expect(versions[0])
        #expect(try files(fixture) == shared)
        try collect(orphan(0), vault)
        #expect(try files(fixture) == alone)
        try vault.expect(kept)
        vault.close()
        #expect(try fixture.inspector().inspectCatalogue() == [])
    }

    /// The steps stop after each in turn; whoever opens the vault next goes on from the note.
    @Test(arguments: 0...3)
    func aCrashBetweenStepsIsGoneOnFrom(_ steps: Int) async throws {
        var random = SeededGenerator(announcing: #function)
        let fixture = Fixture()
        defer { fixture.remove() }
        let (vault, kept, before) = try await prepared(fixture, &random)
        _ = try await vault.put([try random.version(vault.own(), size: 100, endMs: 10)])
        try vault.forget(vault.takeEnded(before: 11, limit: 10))
        let pack = try #require(try vault.doomed(limit: 10).first)
        if steps > 0 { try vault.strike(pack) }
        if steps > 1 { _ = vault.removeCopies(of: pack) }
        if steps > 2 { try vault.finish(pack) }
        vault.close()
        let inspector = try fixture.inspector()
        #expect(inspector.inspectCatalogue() == [])
        #expect(inspector.inspectFragments().allSatisfy { $0.severity == .warning })
        let reopened = try fixture.open()
        #expect(try reopened.takeEnded(before: 11, limit: 10) == [])
        #expect(try reopened.doomed(limit: 10).count == (steps > 2 ? 0 : 1))
        try collect([], reopened)
        #expect(try files(fixture) == before)
        #expect(try reopened.doomed(limit: 10).isEmpty)
        try reopened.expect(kept)
        reopened.close()
        #expect(inspector.inspectFragments() == [])
    }

    /// Reads watch a pack's fragments and make missing ones again; not those of a collected pack,
    /// though most of them come back from somewhere.
    @Test func theWatchBringsNothingBack() async throws {
        var random = SeededGenerator(announcing: #function)
        let fixture = Fixture()
        defer { fixture.remove() }
        let (vault, _, before) = try await prepared(fixture, &random)
        let version = try random.version(vault.own(), size: 100, endMs: 10)
        _ = try await vault.put([version])
        try vault.expect(version)
        vault.watch.waitForChecks()
        let pack = try vault.locate(version.locator).locations[0].pack
        let fragments = try fixture.files("providers").filter { !before.contains($0) }
        let saved = try fragments.map(fixture.read)
        try collect(vault.takeEnded(before: 11, limit: 10), vault)
        #expect(try files(fixture) == before)
        for (file, bytes) in zip(fragments, saved).dropFirst() { try fixture.write(file, bytes) }
        vault.watch.look(pack) { try vault.catalogue.record(of: pack) }
        vault.watch.waitForChecks()
        #expect(try files(fixture).count == before.count + 5)
        #expect(vault.mendedFragments == 0)
        vault.close()
    }

    @Test func aProviderThatDoesNotLetGoIsAskedAgain() async throws {
        var random = SeededGenerator(announcing: #function)
        let fixture = Fixture()
        defer { fixture.remove() }
        let (vault, _, before) = try await prepared(fixture, &random)
        _ = try await vault.put([try random.version(vault.own(), size: 100, endMs: 10)])
        try vault.forget(vault.takeEnded(before: 11, limit: 10))
        let pack = try #require(try vault.doomed(limit: 10).first)
        let name = pack.record.name(2)
        let provider = try #require(
            fixture.configuration.providers.first {
                $0.name == pack.record.fragments[2].provider
            })
        // A folder under the fragment's name cannot be unlinked as a file.
        try provider.delete(name)
        try Posix.makeDirectories(provider.file(name))
        try vault.strike(pack)
        #expect(!vault.removeCopies(of: pack))
        #expect(try vault.doomed(limit: 10).count == 1)
        try FileManager.default.removeItem(atPath: provider.file(name))
        #expect(vault.removeCopies(of: pack))
        #expect(try files(fixture) == before)
        vault.close()
    }
}
