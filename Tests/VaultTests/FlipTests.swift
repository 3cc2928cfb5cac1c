import FoundationEssentials
import LedgerCore
import TestSupport
import Testing

@testable import Vault

/// Flipped bits anywhere in a closed vault of random versions: found, named, and read around.
@Suite struct FlipTests {
    @Test func flippedBitsAreNamedAndReadAround() async throws {
        for await item in Soak.cases(usual: 8, long: 4_000) { try await checkFragments(item) }
    }

    @Test func flippedBitsOfTheCatalogueAreFound() async throws {
        for await item in Soak.cases(usual: 4, long: 3_000) { try await checkCatalogue(item) }
    }

    private func filled(_ fixture: Fixture, _ random: inout SeededGenerator) async throws
        -> [VersionToSeal]
    {
        let vault = try fixture.open()
        defer { vault.close() }
        let compartment = try vault.own()
        var versions: [VersionToSeal] = []
        for _ in 0..<Int.random(in: 1...4, using: &random) {
            let version = try random.version(
                compartment, size: .random(in: 0...9_000, using: &random),
                sidecar: .random(in: 0...60, using: &random))
            _ = try await vault.put([version])
            versions.append(version)
        }
        return versions
    }

    /// Flips one to three different bits of a file.
    private func flip(_ path: String, _ fixture: Fixture, _ random: inout SeededGenerator) throws {
        var bytes = try fixture.read(path)
        var bits: Set<Int> = []
        for _ in 0..<Int.random(in: 1...3, using: &random) {
            bits.insert(Int.random(in: 0..<bytes.count * 8, using: &random))
        }
        for bit in bits { bytes[bit >> 3] ^= 1 << UInt8(bit & 7) }
        try fixture.write(path, bytes)
    }

    private func checkFragments(_ item: SeededCase) async throws {
        var random = item.random
        let fixture = Fixture()
        defer { fixture.remove() }
        let versions = try await filled(fixture, &random)
        let before = try fixture.files("providers")
        // Any two providers, whichever packs; and the cache, which may lie or be gone.
        var flipped = 0
        for provider in Array(1...6).shuffled(using: &random).prefix(2) {
            for path in try fixture.files("providers/\(provider)")
            where Bool.random(using: &random) {
                try flip(path, fixture, &random)
                flipped += 1
            }
        }
        let keepsCache = Bool.random(using: &random)
        for path in try fixture.files("cache") {
            if keepsCache { try flip(path, fixture, &random) }
        }
        if !keepsCache { try fixture.empty("cache") }
        let findings = try fixture.inspector().inspectFragments()
        #expect(findings.count { $0.severity == .damage } == flipped, "\(item): \(findings)")

        let vault = try fixture.open()
        for version in versions {
            let opened = try? vault.open(
                version.locator,
                commitment: Commitment(content: version.content, secret: version.secret))
            #expect(opened?.content == version.content, "\(item)")
            #expect(opened?.sidecar == version.sidecar, "\(item)")
        }
        vault.close()
        #expect(try fixture.files("providers") == before, "\(item)")
    }

    private func checkCatalogue(_ item: SeededCase) async throws {
        var random = item.random
        let fixture = Fixture()
        defer { fixture.remove() }
        _ = try await filled(fixture, &random)
        let path = try #require(fixture.files("catalogue").first)
        try flip(path, fixture, &random)
        let damaged = try fixture.read(path)
        let findings = try fixture.inspector().inspectCatalogue()
        #expect(findings.contains { $0.severity == .damage }, "\(item): \(findings)")
        #expect(try fixture.read(path) == damaged, "\(item)")
    }
}
