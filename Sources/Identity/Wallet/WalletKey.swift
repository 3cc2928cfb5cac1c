package import Crypto
package import LedgerCore
package import struct LedgerCore.Digest

/// A private key of a person. It never prints itself: descriptions and mirrors show the id only.
package struct WalletKey: Sendable {
    /// The library's key, for the one who turns it into a stamp's signing key.
    package let material: Material

    /// The public half.
    package let publicKey: WalletPublicKey

    package enum Material: Sendable {
        case ed25519(Curve25519.Signing.PrivateKey)
        case p256(P256.Signing.PrivateKey)
    }

    /// Draws a new key.
    package static func generate(_ scheme: KeyScheme = .ed25519) -> WalletKey {
        switch scheme {
        case .ed25519: WalletKey(Curve25519.Signing.PrivateKey())
        case .p256: WalletKey(P256.Signing.PrivateKey())
        }
    }

    package init(_ key: Curve25519.Signing.PrivateKey) {
        material = .ed25519(key)
        publicKey = WalletPublicKey(key.publicKey)
    }

    package init(_ key: P256.Signing.PrivateKey) {
        material = .p256(key)
        publicKey = WalletPublicKey(key.publicKey)
    }

    /// Takes 32 secret bytes: an RFC 8032 seed or a P-256 scalar in 1 ..< n; `nil` otherwise.
    package init?(scheme: KeyScheme, secret: some Sequence<UInt8>) {
        let secret = [UInt8](secret)
        guard secret.count == KeyScheme.privateKeySize else { return nil }
        switch scheme {
        case .ed25519:
            guard let key = try? Curve25519.Signing.PrivateKey(rawRepresentation: secret) else {
                return nil
            }
            self.init(key)
        case .p256:
            guard let key = try? P256.Signing.PrivateKey(rawRepresentation: secret) else {
                return nil
            }
            self.init(key)
        }
    }

    package var scheme: KeyScheme { publicKey.scheme }

    /// The key's id; see ``WalletPublicKey/id``.
    package var id: Digest { publicKey.id }

    /// The 32 secret bytes, for key files alone.
    var secret: [UInt8] {
        switch material {
        case .ed25519(let key): [UInt8](key.rawRepresentation)
        case .p256(let key): [UInt8](key.rawRepresentation)
        }
    }

    /// Signs `message`: 64 raw bytes, for P-256 r‖s with low s.
    ///
    /// - Throws: `CryptoKitError` when the library fails (exhausted entropy), never for an input.
    package func sign(_ message: [UInt8]) throws -> [UInt8] {
        switch material {
        case .ed25519(let key):
            return [UInt8](try key.signature(for: message))
        case .p256(let key):
            return LowSForm.normalise([UInt8](try key.signature(for: message).rawRepresentation))
        }
    }
}

extension WalletKey: CustomStringConvertible, CustomReflectable {
    package var description: String { "\(scheme.name) key \(id)" }
    package var customMirror: Mirror { Mirror(self, children: ["id": id]) }
}
