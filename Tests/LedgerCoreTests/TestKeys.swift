import Crypto
import LedgerCore

/// Keys that every run shares, one of each scheme.
enum TestKeys {
    static func ed25519(_ number: UInt8) throws -> SigningKey {
        .ed25519(try .init(rawRepresentation: [UInt8](repeating: number, count: 32)))
    }

    static func ed25519(secret: [UInt8]) throws -> SigningKey {
        .ed25519(try .init(rawRepresentation: secret))
    }

    static func p256() -> SigningKey { .p256(P256.Signing.PrivateKey()) }

    static func all() throws -> [SigningKey] {
        [try ed25519(1), p256(), .mldsa65(try MLDSA65.PrivateKey())]
    }
}
