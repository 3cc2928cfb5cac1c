import Crypto
import KeyValue
import LedgerCore
import TestSupport
import Testing

@testable import Vault

@Suite struct KeystoreTests {
    @Test func compartmentsAreMadeOnceAndStay() async throws {
        var random = SeededGenerator(announcing: #function)
        let fixture = Fixture()
        defer { fixture.remove() }
        let vault = try fixture.open()
        let patients: [Identifier?] = [nil] + (0..<5).map { _ in Identifier(using: &random) }
        let all = try await withThrowingTaskGroup(of: Set<Compartment>.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    var made: Set<Compartment> = []
                    for patient in patients {
                        for sensitivityClass in UInt8(0)...2 {
                            made.insert(
                                try vault.keystore.compartment(
                                    patient: patient, sensitivityClass: sensitivityClass))
                        }
                    }
                    return made
                }
            }
            return try await group.reduce(into: Set<Compartment>()) { $0.formUnion($1) }
        }
        #expect(all.count == 18)
        #expect(Set(all.map(\.handle)).count == 18)
        #expect(Set(all.map(\.subject)).count == 6)
        vault.close()
        let reopened = try fixture.open()
        defer { reopened.close() }
        for compartment in all {
            #expect(
                try reopened.keystore.compartment(
                    patient: compartment.patient, sensitivityClass: compartment.sensitivityClass)
                    == compartment)
            #expect(try reopened.keystore.compartment(handle: compartment.handle) == compartment)
        }
    }

    @Test func slotsAreListedMovedAndForgotten() async throws {
        var random = SeededGenerator(announcing: #function)
        let fixture = Fixture()
        defer { fixture.remove() }
        let vault = try fixture.open()
        defer { vault.close() }
        let keystore = vault.keystore
        let own = try vault.own()
        let patient = try keystore.compartment(
            patient: Identifier(using: &random), sensitivityClass: 1)
        let versions = try (0..<5).map { _ in try random.version(own, size: 10) }
        _ = try await vault.put(versions)
        func listed(_ compartment: Compartment) throws -> [Identifier] {
            var found: [Identifier] = []
            try keystore.locators(in: compartment.handle) { found.append($0) }
            return found
        }
        #expect(try listed(own) == versions.map(\.locator).sorted())
        try keystore.move(versions[0].locator, to: patient)
        #expect(try listed(patient) == [versions[0].locator])
        #expect(try listed(own).count == 4)
        #expect(try keystore.slot(versions[0].locator)?.compartment == patient)
        try vault.expect(versions[0])
        try keystore.move(versions[0].locator, to: patient)
        #expect(try listed(patient) == [versions[0].locator])
        try keystore.delete([versions[0].locator, versions[1].locator])
        #expect(try listed(patient).isEmpty)
        #expect(try listed(own).count == 3)
        #expect(throws: VaultError.self) { try keystore.move(versions[1].locator, to: own) }
    }

    @Test func anotherRootKeyIsRefused() throws {
        let fixture = Fixture()
        defer { fixture.remove() }
        try fixture.open().close()
        #expect(throws: VaultError.wrongRootKey) {
            try Vault(
                fixture.configuration, storageRootKey: SymmetricKey(size: .bits256),
                signer: fixture.signer)
        }
        try fixture.open().close()
    }

    @Test func everyBitOfSlotAndKeyringRowsIsCovered() async throws {
        var random = SeededGenerator(announcing: #function)
        let fixture = Fixture()
        defer { fixture.remove() }
        let vault = try fixture.open()
        defer { vault.close() }
        let compartment = try vault.own()
        let version = try random.version(compartment, size: 10)
        _ = try await vault.put([version])
        let store = vault.keystore.store
        let slot = try #require(try store.get(Keystore.slotKey(version.locator)))
        for bit in 0..<slot.count * 8 {
            var bad = slot
            bad[bit >> 3] ^= 1 << UInt8(bit & 7)
            var batch = WriteBatch()
            batch.put(Keystore.slotKey(version.locator), bad)
            try store.write(batch, durable: false)
            #expect(throws: VaultError.self) { try vault.open(version.locator) }
        }
        let row = try #require(try store.get([2] + compartment.handle.bytes))
        let keys = StorageKeys(root: fixture.root)
        for bit in 0..<row.count * 8 {
            var bad = row
            bad[bit >> 3] ^= 1 << UInt8(bit & 7)
            #expect(throws: VaultError.self) { try Keyring(bad, keys: keys, place: "row") }
        }
        // A slot under another locator.
        let other = Identifier(using: &random)
        var batch = WriteBatch()
        batch.put(Keystore.slotKey(other), slot)
        try store.write(batch, durable: false)
        #expect(throws: VaultError.self) { try vault.keystore.slot(other) }
    }
}
