import Crypto
import FoundationEssentials
import LedgerCore
import TestSupport
import Testing

@testable import Vault

@Suite struct ErasureTests {
    @Test(arguments: [(4, 2), (1, 1), (2, 3), (10, 4), (3, 0)])
    func anyKShardsGiveTheDataBack(_ k: Int, _ m: Int) throws {
        var random = SeededGenerator(announcing: #function)
        let code = try ErasureCode(dataShards: k, parityShards: m)
        for size in [0, 1, 5, 100, 4096, 100_003] {
            let data = random.bytes(size)
            let pack = Identifier(using: &random)
            let fragments = Fragment.encode(data, id: pack, code: code)
            #expect(fragments.count == k + m)
            for _ in 0..<20 {
                let kept = Array(0..<k + m).shuffled(using: &random).prefix(k)
                let shards = Dictionary(
                    uniqueKeysWithValues: kept.map {
                        ($0, fragments[$0].bytes.dropFirst(Fragment.headerBytes))
                    })
                #expect(code.decode(shards, size: size) == data)
            }
            let few = Dictionary(
                uniqueKeysWithValues: fragments.prefix(k - 1).map {
                    ($0.header.index, $0.bytes.dropFirst(Fragment.headerBytes))
                })
            #expect(code.decode(few, size: size) == nil)
        }
    }

    @Test func anyTwoOfSixProvidersMayBeEmptiedAndAreFilledAgain() async throws {
        var random = SeededGenerator(announcing: #function)
        let fixture = Fixture()
        defer { fixture.remove() }
        let vault = try fixture.open()
        defer { vault.close() }
        let compartment = try vault.own()
        let small = try (0..<8).map { _ in try random.version(compartment, size: 3000) }
        for version in small { _ = try await vault.put([version]) }
        let large = try random.version(compartment, size: 9 << 20)
        _ = try await vault.put([large])
        let before = try fixture.files("providers")
        for first in 1...5 {
            for second in (first + 1)...6 {
                try fixture.empty("cache")
                try fixture.empty("providers/\(first)")
                try fixture.empty("providers/\(second)")
                for version in small + [large] { try vault.expect(version) }
            }
        }
        try fixture.empty("cache")
        try vault.expect(large)
        #expect(try fixture.files("providers") == before)
        #expect(try fixture.inspector().inspectFragments().isEmpty)
    }

    @Test func aThirdLostProviderGivesAClearError() async throws {
        var random = SeededGenerator(announcing: #function)
        let fixture = Fixture()
        defer { fixture.remove() }
        let vault = try fixture.open()
        defer { vault.close() }
        let version = try random.version(vault.own(), size: 3000)
        _ = try await vault.put([version])
        for provider in [1, 3, 5] { try fixture.empty("providers/\(provider)") }
        try vault.expect(version)  // from the cache, without a look at fragments
        #expect(try fixture.files("providers").count == 3)
        try fixture.empty("cache")
        let pack = try vault.locate(version.locator).locations[0].pack
        do {
            _ = try vault.open(version.locator)
            Issue.record("three fragments gave the pack back")
        } catch let error as VaultError {
            guard case .unrecoverable(pack, 3, 4, let failures) = error else {
                Issue.record("\(error)")
                return
            }
            #expect(failures.count == 3)
        }
        let findings = try fixture.inspector().inspectFragments()
        #expect(findings.filter { $0.severity == .damage }.count == 4)
    }

    @Test func damagedFragmentsAreReadAroundAndReplacedBitForBit() async throws {
        var random = SeededGenerator(announcing: #function)
        let fixture = Fixture()
        defer { fixture.remove() }
        let vault = try fixture.open()
        defer { vault.close() }
        let version = try random.version(vault.own(), size: 30)
        _ = try await vault.put([version])
        let record = try vault.catalogue.record(of: vault.locate(version.locator).locations[0].pack)
        // Parity is read where data is missing, and mended then.
        for shard in 0..<Soak.times(1, long: 4) where Soak.takes(shard) {
            let provider = try #require(vault.fragments.provider(record.fragments[shard]))
            let path = String(
                provider.file(record.name(shard)).dropFirst(fixture.directory.count + 1))
            let good = try fixture.read(path)
            for bit in 0..<good.count * 8 {
                var bad = good
                bad[bit >> 3] ^= 1 << UInt8(bit & 7)
                try fixture.write(path, bad)
                try fixture.empty("cache")
                try vault.expect(version)
                #expect(try fixture.read(path) == good, "shard \(shard) bit \(bit)")
            }
        }
    }

    @Test func everyBitOfACachedPackIsDetectedOrReadAround() async throws {
        var random = SeededGenerator(announcing: #function)
        let fixture = Fixture()
        defer { fixture.remove() }
        let vault = try fixture.open()
        defer { vault.close() }
        let version = try random.version(vault.own(), size: 30)
        _ = try await vault.put([version])
        let path = try #require(fixture.files("cache").first)
        let good = try fixture.read(path)
        var replaced = 0
        for bit in 0..<good.count * 8 {
            var bad = good
            bad[bit >> 3] ^= 1 << UInt8(bit & 7)
            try fixture.write(path, bad)
            try vault.expect(version)
            if try fixture.read(path) == good { replaced += 1 }
            let id = try vault.locate(version.locator).locations[0].pack
            #expect(
                (try? Pack(opening: bad, id: id, keys: vault.keys)) == nil
                    || LedgerCore.Digest.sha256(bad) != LedgerCore.Digest.sha256(good))
        }
        // Salts, ciphertexts and tags of content and sidecar.
        #expect(replaced == (32 + 30 + 16 + 32 + 20 + 16) * 8)
    }

    @Test func tooFewProvidersRefuseThePutAndLeaveNothing() async throws {
        var random = SeededGenerator(announcing: #function)
        let fixture = Fixture()
        defer { fixture.remove() }
        let vault = try fixture.open()
        defer { vault.close() }
        let compartment = try vault.own()
        func breakProvider(_ number: Int) throws {
            try FileManager.default.removeItem(atPath: "\(fixture.directory)/providers/\(number)")
            try fixture.write("providers/\(number)", [1])
        }
        try breakProvider(2)
        let one = try random.version(compartment, size: 100)
        _ = try await vault.put([one])
        try fixture.empty("cache")
        try vault.expect(one)
        let before = try fixture.files("providers")
        try breakProvider(4)
        let two = try random.version(compartment, size: 100)
        do {
            _ = try await vault.put([two])
            Issue.record("four fragments sufficed")
        } catch VaultError.providersUnavailable(let durable, let needed, let failures) {
            #expect(durable == 4 && needed == 5 && failures.count == 2)
            #expect(failures.contains { $0.hasPrefix("provider 4") })
        }
        #expect(throws: VaultError.unknown(locator: two.locator)) { try vault.open(two.locator) }
        let after = try fixture.files("providers")
        #expect(Set(after).subtracting(before) == ["providers/4"])
        try vault.expect(one)
    }

    @Test func readsGoOnWhileTheCacheIsDeleted() async throws {
        var random = SeededGenerator(announcing: #function)
        let fixture = Fixture()
        defer { fixture.remove() }
        let vault = try fixture.open()
        defer { vault.close() }
        let compartment = try vault.own()
        let versions = try (0..<30).map { _ in try random.version(compartment, size: 3000) }
        for version in versions { _ = try await vault.put([version]) }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<2 {
                group.addTask {
                    for _ in 0..<10 { for version in versions { try vault.expect(version) } }
                }
            }
            group.addTask {
                for _ in 0..<20 {
                    try? FileManager.default.removeItem(atPath: "\(fixture.directory)/cache")
                    try await Task.sleep(for: .milliseconds(5))
                }
            }
            try await group.waitForAll()
        }
    }

    @Test func theCacheStaysWithinItsBound() async throws {
        var random = SeededGenerator(announcing: #function)
        var fixture = Fixture()
        defer { fixture.remove() }
        fixture.configuration.cacheMaxBytes = 100_000
        let vault = try fixture.open()
        defer { vault.close() }
        let compartment = try vault.own()
        let versions = try (0..<30).map { _ in try random.version(compartment, size: 10_000) }
        for version in versions { _ = try await vault.put([version]) }
        let size = try fixture.files("cache").reduce(0) { try $0 + fixture.read($1).count }
        #expect(size <= 100_000 && size > 50_000)
        for version in versions { try vault.expect(version) }
    }
}
