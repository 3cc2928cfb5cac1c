import Crypto
import FoundationEssentials
import LedgerCore
import SwiftProtobuf

/// A version's keys as the keystore keeps them: data key ‖ commitment secret under AES-256-GCM.
///
/// The key is HKDF-SHA-256(ring key, info = `Domain.slotKey` ‖ locator), so that two slots never
/// share one (the extracted half is in the keyring, as its root); the nonce is random; locator,
/// handle and epoch are bound.
struct Slot: Sendable {
    let handle: Identifier
    let epoch: UInt32
    let sealed: [UInt8]

    init(_ keys: VersionKeys, locator: Identifier, keyring: Keyring) throws {
        handle = keyring.compartment.handle
        epoch = keyring.compartment.epoch
        guard let root = keyring.slotRoots[epoch] else {
            throw VaultError.damaged(place: "compartment \(handle)", reason: "no key for its epoch")
        }
        sealed = try SealedValue.seal(
            keys.dataKey.bytes + keys.secret.bytes, under: Self.key(root, locator),
            binding: Self.bound(locator, handle, epoch))
    }

    /// Throws `damaged`, naming the locator, where the slot is not what was sealed for it.
    func open(_ locator: Identifier, root: SymmetricKey) throws(VaultError) -> VersionKeys {
        guard
            let keys = SealedValue.open(
                sealed, under: Self.key(root, locator),
                binding: Self.bound(locator, handle, epoch)),
            keys.count == 2 * Digest.size, let secret = Digest(keys[Digest.size...])
        else { throw .damaged(place: "slot of locator \(locator)", reason: "it does not open") }
        return VersionKeys(dataKey: SymmetricKey(data: keys[..<Digest.size]), secret: secret)
    }

    var encoded: [UInt8] {
        get throws {
            var wire = WireSlot()
            wire.handle = .init(handle.bytes)
            wire.epoch = epoch
            wire.sealed = .init(sealed)
            return try wire.serializedBytes()
        }
    }

    init?(_ bytes: [UInt8]) {
        guard let wire = try? WireSlot(serializedBytes: bytes), wire.unknownFields.data.isEmpty,
            let handle = Identifier(wire.handle)
        else { return nil }
        self.handle = handle
        epoch = wire.epoch
        sealed = [UInt8](wire.sealed)
    }

    private static func key(_ root: SymmetricKey, _ locator: Identifier) -> SymmetricKey {
        StorageKeys.expand(root, info: Domain.slotKey.prefix + locator.bytes)
    }

    private static func bound(_ locator: Identifier, _ handle: Identifier, _ epoch: UInt32)
        -> [UInt8]
    {
        var bytes = locator.bytes + handle.bytes
        bytes.append(bigEndian: epoch)
        return bytes
    }
}
