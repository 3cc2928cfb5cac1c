import Crypto
import FoundationEssentials
import Glibc
import LedgerCore
import TestSupport
import Testing

@testable import Vault

/// A small tmpfs of its own; mounting takes root, so elsewhere the test does not run.
private let mayMount = geteuid() == 0

@Suite struct FullDiskTests {
    @Test(.enabled(if: mayMount)) func aFullDiskRefusesPutsAndKeepsReading() async throws {
        var random = SeededGenerator(announcing: #function)
        let mount = "/tmp/vault-full-\(UUID())"
        try Posix.makeDirectories(mount)
        try #require(Glibc.mount("tmpfs", mount, "tmpfs", 0, "size=32m") == 0)
        defer {
            umount2(mount, Int32(MNT_DETACH))
            rmdir(mount)
        }
        var fixture = Fixture(under: mount)
        fixture.configuration.freeReserveBytes = 3 << 20
        let vault = try fixture.open()
        var kept: [VersionToSeal] = []
        var refusals = 0
        for round in 0..<60 {
            let version = try random.version(vault.own(), size: round % 3 == 0 ? 2 << 20 : 200_000)
            do {
                _ = try await vault.put([version])
                kept.append(version)
            } catch VaultError.full {
                refusals += 1
                #expect(throws: VaultError.self) { try vault.open(version.locator) }
            }
        }
        #expect(refusals > 10 && kept.count > 3)
        let upload = try vault.beginUpload(
            locator: Identifier(using: &random), compartment: vault.own(),
            secret: try random.digest())
        await #expect(throws: VaultError.self) {
            for _ in 0..<40 { try await upload.append([UInt8](repeating: 1, count: 1 << 20)) }
            _ = try await upload.seal()
            try await upload.finish()
        }
        for version in kept { try vault.expect(version) }
        vault.close()
        let reopened = try fixture.open()
        defer { reopened.close() }
        for version in kept { try reopened.expect(version) }
        // Room again: the cache may go at any time.
        try fixture.empty("cache")
        let last = try random.version(reopened.own(), size: 1000)
        _ = try await reopened.put([last])
        try reopened.expect(last)
    }

    @Test(.enabled(if: mayMount)) func aFullProviderIsNamed() async throws {
        var random = SeededGenerator(announcing: #function)
        let mount = "/tmp/vault-full-\(UUID())"
        try Posix.makeDirectories(mount)
        try #require(Glibc.mount("tmpfs", mount, "tmpfs", 0, "size=256k") == 0)
        defer {
            umount2(mount, Int32(MNT_DETACH))
            rmdir(mount)
        }
        var fixture = Fixture()
        defer { fixture.remove() }
        for index in [1, 4] {
            let provider = fixture.configuration.providers[index]
            fixture.configuration.providers[index] = DirectoryProvider(
                name: provider.name, path: "\(mount)/\(provider.name)")
        }
        let vault = try fixture.open()
        defer { vault.close() }
        let small = try random.version(vault.own(), size: 1000)
        _ = try await vault.put([small])
        let before = try fixture.files("providers")
        let large = try random.version(vault.own(), size: 4 << 20)
        do {
            _ = try await vault.put([large])
            Issue.record("a full provider took a fragment")
        } catch VaultError.full(let place) { #expect(place.hasPrefix(mount)) }
        #expect(try fixture.files("providers") == before)
        try vault.expect(small)
        _ = try await vault.put([try random.version(vault.own(), size: 1000)])
    }
}
