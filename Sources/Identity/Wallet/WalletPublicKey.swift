package import Crypto
package import LedgerCore
package import struct LedgerCore.Digest

/// The public half of a person's key: what the ledger registers and what checks signatures.
package struct WalletPublicKey: Hashable, Sendable {
    package let scheme: KeyScheme
    /// 32 bytes for Ed25519, the 33-byte compressed point for P-256.
    package let bytes: [UInt8]

    private let key: Key

    private enum Key: Sendable {
        case ed25519(Curve25519.Signing.PublicKey)
        case p256(P256.Signing.PublicKey)
    }

    /// Takes the raw bytes of a key; `nil` when they are no key of that scheme. P-256 points are
    /// checked to lie on the curve; Ed25519 bytes are checked for length only, and a bad point
    /// verifies nothing.
    package init?(scheme: KeyScheme, bytes: [UInt8]) {
        guard bytes.count == scheme.publicKeySize else { return nil }
        switch scheme {
        case .ed25519:
            guard let key = try? Curve25519.Signing.PublicKey(rawRepresentation: bytes) else {
                return nil
            }
            self.init(key)
        case .p256:
            guard let key = try? P256.Signing.PublicKey(compressedRepresentation: bytes) else {
                return nil
            }
            self.init(key)
        }
    }

    package init(_ key: Curve25519.Signing.PublicKey) {
        scheme = .ed25519
        bytes = [UInt8](key.rawRepresentation)
        self.key = .ed25519(key)
    }

    package init(_ key: P256.Signing.PublicKey) {
        scheme = .p256
        bytes = [UInt8](key.compressedRepresentation)
        self.key = .p256(key)
    }

    /// The key's id: SHA-256 over the public-key domain, the scheme byte and the key's bytes.
    package var id: Digest { Domain.publicKey.digest([scheme.rawValue], bytes) }

    /// Whether `signature` (64 bytes) is this key's over `message`.
    ///
    /// - Parameter lowSRequired: refuse a P-256 signature whose s is above n/2. Ledger stamps and
    ///   tokens have one form and require it; HTTP signatures of other software need not be low.
    package func isValid(
        _ signature: [UInt8], for message: [UInt8], lowSRequired: Bool
    ) -> Bool {
        guard signature.count == KeyScheme.signatureSize else { return false }
        switch key {
        case .ed25519(let key):
            return key.isValidSignature(signature, for: message)
        case .p256(let key):
            guard !lowSRequired || LowSForm.isLow(signature),
                let parsed = try? P256.Signing.ECDSASignature(rawRepresentation: signature)
            else { return false }
            return key.isValidSignature(parsed, for: message)
        }
    }

    package static func == (left: WalletPublicKey, right: WalletPublicKey) -> Bool {
        left.scheme == right.scheme && left.bytes == right.bytes
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(scheme)
        hasher.combine(bytes)
    }
}
