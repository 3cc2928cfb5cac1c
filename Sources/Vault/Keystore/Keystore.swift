import KeyValue
package import LedgerCore
import Synchronization

/// The member's compartments, keyrings and slots: `DIR/keys/keyrings`.
///
/// Contract:
/// - What `compartment`, `put`, `move` and `delete` returned for MUST survive a crash.
/// - `put`, `move` and `delete` are atomic.
/// - Every row is sealed or bound by what is; a change of any bit makes the read throw `damaged`.
/// - All methods block for a disk write at most and MAY be called from any threads at once.
///
/// Keys: 0 → key check; 1 ‖ patient flag ‖ patient ‖ class → handle; 2 ‖ handle → `WireKeyring`;
/// 3 ‖ locator → `WireSlot`; 4 ‖ handle ‖ locator → nothing; 5 ‖ patient flag ‖ patient → subject;
/// 6 ‖ end of window (8) ‖ locator → transaction; 7 ‖ pack → `WirePackRecord`; 8 → nothing;
/// 9 ‖ HMAC of a patient's name → patient.
package final class Keystore: Sendable {
    private struct CompartmentKey: Hashable {
        let patient: Identifier?
        let sensitivityClass: UInt8
    }

    private struct Cached {
        var handles: [CompartmentKey: Identifier] = [:]
        var keyrings: [Identifier: Keyring] = [:]
    }

    private static let checkText = Array("cairn/v1/keystore-check".utf8) + [0]

    let store: KeyValueStore
    let keys: StorageKeys
    private let cached = Mutex(Cached())
    /// No row of kind 6 has an earlier end: spares scans the rows that were deleted.
    let firstEndMs = Mutex<UInt64>(0)
    /// Held while a compartment or a patient is made, so that it is made once.
    let making = Mutex(())

    /// Throws `wrongRootKey` where the folder was made under another storage root key.
    init(path: String, keys: StorageKeys, readOnly: Bool = false) throws {
        if !readOnly { try Posix.makeDirectories(path) }
        var options = KeyValueOptions()
        options.readOnly = readOnly
        let store = try vaultErrors { try KeyValueStore.open(path: path, options: options) }
        self.store = store
        self.keys = keys
        do { try check(readOnly: readOnly) } catch {
            store.close()
            throw error
        }
    }

    private func check(readOnly: Bool) throws {
        if let sealed = try vaultErrors({ try store.get([0]) }) {
            let text = SealedValue.open(sealed, under: keys.wrapping, binding: Self.checkText)
            guard text == Self.checkText else { throw VaultError.wrongRootKey }
        } else if !readOnly {
            var batch = WriteBatch()
            batch.put(
                [0],
                try SealedValue.seal(Self.checkText, under: keys.wrapping, binding: Self.checkText))
            try vaultErrors { try store.write(batch, durable: true) }
        }
    }

    func close() { store.close() }

    /// The compartment of a patient (or the member's own) and a class, made at its first use.
    package func compartment(patient: Identifier?, sensitivityClass: UInt8) throws -> Compartment {
        let key = CompartmentKey(patient: patient, sensitivityClass: sensitivityClass)
        if let found = try find(key) { return found }
        return try making.withLock { _ in
            if let found = try find(key) { return found }
            return try make(key)
        }
    }

    /// The compartment that a handle names; `nil` where this member keeps none.
    package func compartment(handle: Identifier) throws -> Compartment? {
        try keyring(handle)?.compartment
    }

    private func find(_ key: CompartmentKey) throws -> Compartment? {
        if let handle = cached.withLock({ $0.handles[key] }) {
            return try keyring(handle)?.compartment
        }
        let row = Self.key(key)
        guard let bytes = try vaultErrors({ try store.get(row) }) else { return nil }
        guard let handle = Identifier(bytes), let keyring = try keyring(handle),
            keyring.compartment.patient == key.patient,
            keyring.compartment.sensitivityClass == key.sensitivityClass
        else { throw VaultError.damaged(place: store.path, reason: "a compartment's row is wrong") }
        remember(key, keyring)
        return keyring.compartment
    }

    private func make(_ key: CompartmentKey) throws -> Compartment {
        let patient = Self.patientKey(key.patient)
        let known = try vaultErrors { try store.get([5] + patient) }.flatMap { Identifier($0) }
        let keyring = Keyring(
            patient: key.patient, sensitivityClass: key.sensitivityClass,
            subject: known ?? Identifier.random())
        let compartment = keyring.compartment
        var batch = WriteBatch()
        batch.put([5] + patient, compartment.subject.bytes)
        batch.put(Self.key(key), compartment.handle.bytes)
        batch.put([2] + compartment.handle.bytes, try keyring.encoded(keys))
        try vaultErrors { try store.write(batch, durable: true) }
        remember(key, keyring)
        return compartment
    }

    private func remember(_ key: CompartmentKey, _ keyring: Keyring) {
        cached.withLock {
            if $0.handles.count >= Limits.cachedCompartments { $0 = Cached() }
            $0.handles[key] = keyring.compartment.handle
            $0.keyrings[keyring.compartment.handle] = keyring
        }
    }

    /// A keyring, unwrapped; `nil` where none is kept.
    func keyring(_ handle: Identifier) throws -> Keyring? {
        if let keyring = cached.withLock({ $0.keyrings[handle] }) { return keyring }
        guard let bytes = try vaultErrors({ try store.get([2] + handle.bytes) }) else { return nil }
        let keyring = try Keyring(bytes, keys: keys, place: "compartment \(handle)")
        guard keyring.compartment.handle == handle else {
            throw VaultError.damaged(place: "compartment \(handle)", reason: "another's row")
        }
        let compartment = keyring.compartment
        remember(
            .init(patient: compartment.patient, sensitivityClass: compartment.sensitivityClass),
            keyring)
        return keyring
    }

    private static func patientKey(_ patient: Identifier?) -> [UInt8] {
        patient.map { [1] + $0.bytes } ?? [0]
    }

    private static func key(_ key: CompartmentKey) -> [UInt8] {
        [1] + patientKey(key.patient) + [key.sensitivityClass]
    }
}
