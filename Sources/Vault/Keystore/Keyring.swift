import Crypto
import FoundationEssentials
import LedgerCore
import SwiftProtobuf

/// A compartment and its ring keys, unwrapped.
struct Keyring: Sendable {
    let compartment: Compartment
    /// By epoch.
    let ringKeys: [UInt32: SymmetricKey]
    /// By epoch: what the keys of slots are expanded from.
    let slotRoots: [UInt32: SymmetricKey]

    /// A keyring with a fresh handle and a fresh key for epoch 1.
    init(patient: Identifier?, sensitivityClass: UInt8, subject: Identifier) {
        compartment = Compartment(
            patient: patient, sensitivityClass: sensitivityClass, subject: subject,
            handle: Identifier.random(), epoch: 1)
        ringKeys = [1: SymmetricKey(size: .bits256)]
        slotRoots = ringKeys.mapValues(StorageKeys.extract)
    }

    /// The row of the keystore; ring keys are wrapped with AES-256-GCM under the key that the
    /// storage root key gives, bound to everything else in the row.
    func encoded(_ keys: StorageKeys) throws -> [UInt8] {
        var wire = WireKeyring()
        wire.patient = .init(compartment.patient?.bytes ?? [])
        wire.sensitivityClass = UInt32(compartment.sensitivityClass)
        wire.subject = .init(compartment.subject.bytes)
        wire.handle = .init(compartment.handle.bytes)
        wire.epochs = try ringKeys.sorted { $0.key < $1.key }.map { number, key in
            var epoch = WireKeyringEpoch()
            epoch.number = number
            let bound = Self.bound(wire, epoch: number)
            epoch.wrapped = .init(
                try SealedValue.seal(key.bytes, under: keys.wrapping, binding: bound))
            return epoch
        }
        return try wire.serializedBytes()
    }

    /// Throws `damaged`, naming `place`, where a row is not what `encoded` wrote.
    init(_ bytes: [UInt8], keys: StorageKeys, place: String) throws(VaultError) {
        func damaged(_ reason: String) -> VaultError { .damaged(place: place, reason: reason) }
        guard let wire = try? WireKeyring(serializedBytes: bytes), wire.unknownFields.data.isEmpty,
            wire.patient.isEmpty || wire.patient.count == Identifier.size,
            let sensitivityClass = UInt8(exactly: wire.sensitivityClass),
            let subject = Identifier(wire.subject), let handle = Identifier(wire.handle),
            let newest = wire.epochs.map(\.number).max()
        else { throw damaged("a keyring does not decode") }
        var ringKeys: [UInt32: SymmetricKey] = [:]
        for epoch in wire.epochs {
            guard epoch.unknownFields.data.isEmpty, ringKeys[epoch.number] == nil,
                let key = SealedValue.open(
                    [UInt8](epoch.wrapped), under: keys.wrapping,
                    binding: Self.bound(wire, epoch: epoch.number))
            else { throw damaged("a ring key does not open") }
            ringKeys[epoch.number] = SymmetricKey(data: key)
        }
        self.ringKeys = ringKeys
        slotRoots = ringKeys.mapValues(StorageKeys.extract)
        compartment = Compartment(
            patient: Identifier(wire.patient), sensitivityClass: sensitivityClass,
            subject: subject, handle: handle, epoch: newest)
    }

    private static func bound(_ wire: WireKeyring, epoch: UInt32) -> [UInt8] {
        var bytes = Domain.keyring.prefix + [UInt8(wire.patient.count)] + [UInt8](wire.patient)
        bytes.append(bigEndian: wire.sensitivityClass)
        bytes += [UInt8](wire.subject) + [UInt8](wire.handle)
        bytes.append(bigEndian: epoch)
        return bytes
    }
}

/// A short value under AES-256-GCM: random nonce (12), ciphertext, tag (16).
enum SealedValue {
    static func seal(_ value: [UInt8], under key: SymmetricKey, binding: [UInt8]) throws -> [UInt8]
    {
        let nonce = try AES.GCM.Nonce(data: Entropy.bytes(12))
        let box = try AES.GCM.seal(value, using: key, nonce: nonce, authenticating: binding)
        var bytes: [UInt8] = []
        bytes.reserveCapacity(12 + value.count + Limits.tagBytes)
        box.nonce.withUnsafeBytes { bytes.append(contentsOf: $0) }
        box.ciphertext.withUnsafeBytes { bytes.append(contentsOf: $0) }
        box.tag.withUnsafeBytes { bytes.append(contentsOf: $0) }
        return bytes
    }

    /// `nil` where key, binding or any byte is another.
    static func open(_ bytes: [UInt8], under key: SymmetricKey, binding: [UInt8]) -> [UInt8]? {
        guard let box = try? AES.GCM.SealedBox(combined: bytes),
            let value = try? AES.GCM.open(box, using: key, authenticating: binding)
        else { return nil }
        return value.withUnsafeBytes { [UInt8]($0) }
    }
}
