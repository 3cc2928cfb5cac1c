package import Crypto
package import LedgerCore
package import struct LedgerCore.Digest

/// Everything secret that one node of a member needs to run, in `DIR/keys/node.keys`.
///
/// The record keys are elsewhere (the vault's keystore, sealed under `storageRoot`).
package struct NodeKeys: Sendable {
    /// Signs the node's e-stamps on submissions.
    package let stamp: Curve25519.Signing.PrivateKey
    /// The member's: cosigns checkpoints (C2SP signed notes).
    package let checkpoint: Curve25519.Signing.PrivateKey
    /// The TLS leaf certificate's key.
    package let transport: P256.Signing.PrivateKey
    /// Signs bearer tokens (ES256).
    package let token: P256.Signing.PrivateKey
    /// Opens what other members' nodes seal to this one (HPKE, X-Wing).
    package let sealing: XWingMLKEM768X25519.PrivateKey
    /// 32 bytes from which the vault derives the keys of files at rest.
    package let storageRoot: SymmetricKey
    /// 32 bytes: HMAC key of claims (conditional create, idempotency).
    package let claim: SymmetricKey
    /// The member's certificate authority.
    package let authority: P256.Signing.PrivateKey

    /// Draws all keys afresh.
    ///
    /// - Throws: `CryptoKitError` when the library cannot.
    package static func generate() throws -> NodeKeys {
        NodeKeys(
            stamp: Curve25519.Signing.PrivateKey(), checkpoint: Curve25519.Signing.PrivateKey(),
            transport: P256.Signing.PrivateKey(), token: P256.Signing.PrivateKey(),
            sealing: try XWingMLKEM768X25519.PrivateKey.generate(),
            storageRoot: SymmetricKey(size: .bits256), claim: SymmetricKey(size: .bits256),
            authority: P256.Signing.PrivateKey())
    }

    /// The id of the stamp key as the ledger registers it.
    package var stampKeyId: Digest { WalletPublicKey(stamp.publicKey).id }
    /// The id of the token key: a token's `kid`.
    package var tokenKeyId: Digest { WalletPublicKey(token.publicKey).id }
}

extension NodeKeys: CustomStringConvertible, CustomReflectable {
    package var description: String { "node keys with stamp key \(stampKeyId)" }
    package var customMirror: Mirror { Mirror(self, children: ["stampKeyId": stampKeyId]) }
}
