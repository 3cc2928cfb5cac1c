import Crypto
import FoundationEssentials
import LedgerCore

/// What a member's storage root key gives: one key for the tables of contents of packs, one that
/// wraps ring keys (RFC 5869).
struct StorageKeys: Sendable {
    private let packs: SymmetricKey
    let wrapping: SymmetricKey
    private let names: SymmetricKey

    init(root: SymmetricKey) {
        packs = Self.derive(root, salt: [], info: Domain.packKey.prefix)
        wrapping = Self.derive(root, salt: [], info: Domain.keyring.prefix)
        names = Self.derive(root, salt: Array("names".utf8), info: Domain.keyring.prefix)
    }

    /// Where the keystore keeps what belongs to a name, without showing the name.
    func place(ofName name: String) -> [UInt8] {
        Array(HMAC<SHA256>.authenticationCode(for: Array(name.utf8), using: names))
    }

    /// The key for one pack's table of contents. Used once: pack ids are random and never reused.
    func packKey(_ id: Identifier) -> SymmetricKey {
        Self.derive(packs, salt: id.bytes, info: Domain.packKey.prefix)
    }

    /// The first half of `derive` without salt: worth keeping where one key gives many.
    static func extract(_ key: SymmetricKey) -> SymmetricKey {
        SymmetricKey(data: HKDF<SHA256>.extract(inputKeyMaterial: key, salt: [UInt8]()))
    }

    /// The second half of `derive`.
    static func expand(_ extracted: SymmetricKey, info: [UInt8]) -> SymmetricKey {
        HKDF<SHA256>.expand(
            pseudoRandomKey: extracted, info: info, outputByteCount: Digest.size)
    }

    /// HKDF-SHA-256 to 32 bytes.
    static func derive(_ key: SymmetricKey, salt: [UInt8], info: [UInt8]) -> SymmetricKey {
        HKDF<SHA256>.deriveKey(
            inputKeyMaterial: key, salt: salt, info: info, outputByteCount: Digest.size)
    }
}

/// The two secrets of one version. Both live only in its slot and die with it.
package struct VersionKeys: Sendable {
    /// Fresh for every version; every segment derives its own key from it.
    let dataKey: SymmetricKey
    /// Opens the commitment; drawn by the author.
    let secret: Digest

    /// Draws a fresh data key.
    init(secret: Digest) {
        dataKey = SymmetricKey(data: Entropy.bytes(Digest.size))
        self.secret = secret
    }

    init(dataKey: SymmetricKey, secret: Digest) {
        self.dataKey = dataKey
        self.secret = secret
    }
}
