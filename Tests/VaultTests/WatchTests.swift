import TestSupport
import Testing

@testable import Vault

/// What reads that the cache answers do for the fragments below.
@Suite("Watched fragments")
struct WatchTests {
    private func prepared(_ fixture: Fixture, size: Int = 300_000) async throws -> (
        vault: Vault, sealed: SealedVersion, fragments: [String]
    ) {
        let vault = try fixture.open()
        var random = SeededGenerator(seed: 51)
        let compartment = try vault.keystore.compartment(patient: nil, sensitivityClass: 0)
        let version = try random.version(compartment, size: size)
        let sealed = try await vault.put([version])
        return (vault, sealed[0], try fixture.files("providers"))
    }

    /// Waits until the first check in the background is over.
    private func settle(_ vault: Vault, _ sealed: SealedVersion) throws {
        _ = try vault.open(sealed.locator)
        vault.watch.waitForChecks()
    }

    @Test func aMissingFragmentComesBackWithARead() async throws {
        let fixture = Fixture()
        defer { fixture.remove() }
        let (vault, sealed, fragments) = try await prepared(fixture)
        let before = try fragments.map(fixture.read)
        for (file, bytes) in zip(fragments, before) {
            try fixture.delete(file)
            _ = try vault.open(sealed.locator)
            #expect(try fixture.read(file) == bytes)
        }
        #expect(vault.mendedFragments == 6)
        vault.close()
    }

    @Test func twoEmptiedProvidersFillAgain() async throws {
        let fixture = Fixture()
        defer { fixture.remove() }
        let (vault, sealed, fragments) = try await prepared(fixture)
        try settle(vault, sealed)
        try fixture.empty("providers/2")
        try fixture.empty("providers/6")
        _ = try vault.open(sealed.locator)
        #expect(try fixture.files("providers") == fragments)
        #expect(vault.mendedFragments == 2)
        vault.close()
    }

    @Test func aChangedFragmentIsMadeAgainWithARead() async throws {
        let fixture = Fixture()
        defer { fixture.remove() }
        let (vault, sealed, fragments) = try await prepared(fixture)
        try settle(vault, sealed)
        for file in fragments {
            let good = try fixture.read(file)
            var bad = good
            bad[good.count / 2] ^= 4
            try fixture.write(file, bad)
            _ = try vault.open(sealed.locator)
            #expect(try fixture.read(file) == good)
        }
        vault.close()
    }

    @Test func aFragmentDamagedBeforeTheFirstReadIsFound() async throws {
        let fixture = Fixture()
        defer { fixture.remove() }
        let (vault, sealed, fragments) = try await prepared(fixture)
        let good = try fixture.read(fragments[3])
        try fixture.write(fragments[3], Array(good.dropLast(7)))
        try settle(vault, sealed)
        #expect(try fixture.read(fragments[3]) == good)
        vault.close()
    }

    @Test func readsGoOnWhileTooManyProvidersAreAway() async throws {
        let fixture = Fixture()
        defer { fixture.remove() }
        let (vault, sealed, _) = try await prepared(fixture)
        try settle(vault, sealed)
        for provider in 1...3 { try fixture.empty("providers/\(provider)") }
        for _ in 0..<3 { _ = try vault.open(sealed.locator) }
        #expect(vault.mendedFragments == 0)
        vault.close()
    }
}
