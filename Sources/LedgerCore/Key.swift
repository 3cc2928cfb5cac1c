package import Crypto

/// How a stamp is made. The raw values are the wire's.
package enum StampScheme: Int, Sendable, CaseIterable {
    case ed25519 = 1
    case p256 = 2
    case mldsa65 = 3
    case webauthn = 4

    /// Size of the raw public key in bytes.
    package var publicKeySize: Int {
        switch self {
        case .ed25519: 32
        case .p256, .webauthn: 33
        case .mldsa65: 1952
        }
    }

    /// Size of a raw signature in bytes.
    package var signatureSize: Int {
        switch self {
        case .ed25519, .p256, .webauthn: 64
        case .mldsa65: 3309
        }
    }
}

/// A public key by its raw bytes. Its id is a digest, so that a stamp names a key in 32 bytes.
package struct PublicKey: Hashable, Sendable {
    package let scheme: StampScheme
    /// Ed25519: 32 bytes; P-256: 33 bytes, compressed; ML-DSA-65: 1,952 bytes.
    package let bytes: [UInt8]
    /// Digest of scheme and bytes.
    package let id: Digest
    /// Where an authenticator's key may be used; without it none of its stamps holds.
    package let relyingParty: RelyingParty?

    /// Checks that the bytes can be a key of the scheme: for P-256 a point of the curve, for
    /// Ed25519 one that is canonical and not of small order, for ML-DSA-65 the length.
    ///
    /// - Parameter relyingParty: for the scheme webauthn alone.
    package init(
        scheme: StampScheme, bytes: [UInt8], relyingParty: RelyingParty? = nil
    ) throws(MalformedBytes) {
        guard bytes.count == scheme.publicKeySize,
            scheme != .ed25519 || Ed25519Point.isAcceptable(bytes),
            relyingParty == nil || scheme == .webauthn
        else { throw MalformedBytes("public key", .badField) }
        self.relyingParty = relyingParty
        self.scheme = scheme
        self.bytes = bytes
        id = Domain.publicKey.digest([UInt8(scheme.rawValue)], bytes)
        _ = try ParsedKey(self)
    }

    /// The public half of a private key: there is nothing to check.
    fileprivate init(scheme: StampScheme, derived bytes: [UInt8]) {
        relyingParty = nil
        self.scheme = scheme
        self.bytes = bytes
        id = Domain.publicKey.digest([UInt8(scheme.rawValue)], bytes)
    }

    /// Reads the wire's form.
    package init(_ wire: WirePublicKey) throws(MalformedBytes) {
        guard let scheme = StampScheme(rawValue: wire.scheme.rawValue) else {
            throw MalformedBytes("public key", .badField)
        }
        try self.init(
            scheme: scheme, bytes: [UInt8](wire.bytes),
            relyingParty: wire.hasRelyingParty ? try RelyingParty(wire.relyingParty) : nil)
    }

    /// The wire's form.
    package var wire: WirePublicKey {
        var wire = WirePublicKey()
        wire.scheme = WireStampScheme(rawValue: scheme.rawValue) ?? .unspecified
        wire.bytes = bytes.field
        if let relyingParty { wire.relyingParty = relyingParty.wire }
        return wire
    }
}

/// A public key decoded for use; parsing a compressed P-256 point costs a third of a verification,
/// so callers that verify often keep these.
package enum ParsedKey: Sendable {
    case ed25519(Curve25519.Signing.PublicKey)
    case p256(P256.Signing.PublicKey)
    case mldsa65(MLDSA65.PublicKey)

    package init(_ key: PublicKey) throws(MalformedBytes) {
        do {
            switch key.scheme {
            case .ed25519: self = .ed25519(try .init(rawRepresentation: key.bytes))
            case .p256, .webauthn: self = .p256(try .init(compressedRepresentation: key.bytes))
            case .mldsa65: self = .mldsa65(try .init(rawRepresentation: key.bytes))
            }
        } catch {
            throw MalformedBytes("public key", .badField)
        }
    }

    /// Whether `signature` is this key's over `message`. A P-256 signature must have a low s, so
    /// that nobody but the signer can make a second valid one.
    package func verifies(_ signature: [UInt8], over message: [UInt8]) -> Bool {
        switch self {
        case .ed25519(let key):
            return key.isValidSignature(signature, for: message)
        case .p256(let key):
            guard signature.count == 64, LowS.isLow(signature[32...]),
                let parsed = try? P256.Signing.ECDSASignature(rawRepresentation: signature)
            else { return false }
            return key.isValidSignature(parsed, for: message)
        case .mldsa65(let key):
            return key.isValidSignature(signature, for: message)
        }
    }
}

/// A private key that stamps.
package enum SigningKey: Sendable {
    case ed25519(Curve25519.Signing.PrivateKey)
    case p256(P256.Signing.PrivateKey)
    case mldsa65(MLDSA65.PrivateKey)

    /// The key others verify with.
    package func publicKey() throws(MalformedBytes) -> PublicKey {
        switch self {
        case .ed25519(let key):
            PublicKey(scheme: .ed25519, derived: [UInt8](key.publicKey.rawRepresentation))
        case .p256(let key):
            PublicKey(scheme: .p256, derived: [UInt8](key.publicKey.compressedRepresentation))
        case .mldsa65(let key):
            PublicKey(scheme: .mldsa65, derived: [UInt8](key.publicKey.rawRepresentation))
        }
    }

    /// A raw signature over `message`; P-256 with low s.
    package func sign(_ message: [UInt8]) throws -> [UInt8] {
        switch self {
        case .ed25519(let key): [UInt8](try key.signature(for: message))
        case .p256(let key):
            LowS.normalize([UInt8](try key.signature(for: message).rawRepresentation))
        case .mldsa65(let key): [UInt8](try key.signature(for: message))
        }
    }
}

/// Both (r, s) and (r, n − s) satisfy ECDSA; only the lower s is a valid stamp (BIP 62, RFC 6979
/// practice), so that a signature has one form.
package enum LowS {
    /// The order n of P-256 (FIPS 186-5; SP 800-186 section 3.2.1.3), big-endian.
    static let order: [UInt8] = [
        0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
        0xff, 0xbc, 0xe6, 0xfa, 0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63,
        0x25, 0x51,
    ]
    /// n / 2, rounded down.
    static let half: [UInt8] = [
        0x7f, 0xff, 0xff, 0xff, 0x80, 0x00, 0x00, 0x00, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
        0xff, 0xde, 0x73, 0x7d, 0x56, 0xd3, 0x8b, 0xcf, 0x42, 0x79, 0xdc, 0xe5, 0x61, 0x7e, 0x31,
        0x92, 0xa8,
    ]

    /// Whether the 32 big-endian bytes are at most n / 2.
    package static func isLow(_ s: ArraySlice<UInt8>) -> Bool {
        s.count == 32 && !half.lexicographicallyPrecedes(s)
    }

    /// Replaces a high s of a 64-byte r‖s by n − s.
    package static func normalize(_ signature: [UInt8]) -> [UInt8] {
        guard signature.count == 64, !isLow(signature[32...]) else { return signature }
        var result = Array(signature[0..<32]) + [UInt8](repeating: 0, count: 32)
        var borrow = 0
        for position in stride(from: 31, through: 0, by: -1) {
            let difference = Int(order[position]) - Int(signature[32 + position]) - borrow
            borrow = difference < 0 ? 1 : 0
            result[32 + position] = UInt8(truncatingIfNeeded: difference)
        }
        return result
    }
}

/// Ed25519 public keys that verification would take and stamps must not: under a point of small
/// order anyone can make signatures that hold, and a coordinate beyond the field is a second name
/// of a key.
enum Ed25519Point {
    /// The y coordinates, little-endian without the sign bit, of the points whose order divides 8
    /// (RFC 8032 section 5.1: the cofactor).
    private static let smallOrder: Set<[UInt8]> = [
        [UInt8](repeating: 0, count: 32),
        [1] + [UInt8](repeating: 0, count: 31),
        [0xec] + [UInt8](repeating: 0xff, count: 30) + [0x7f],
        [
            0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef,
            0x98, 0xf0, 0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88,
            0x6d, 0x53, 0xfc, 0x05,
        ],
        [
            0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b, 0x76, 0x0d, 0x10,
            0x67, 0x0f, 0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39, 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77,
            0x92, 0xac, 0x03, 0x7a,
        ],
    ]

    static func isAcceptable(_ key: [UInt8]) -> Bool {
        guard key.count == 32 else { return false }
        var y = key
        y[31] &= 0x7f
        // The prime is 2^255 - 19: whatever ends like it and starts at 0xed or above is beyond it.
        let beyondField = y[31] == 0x7f && y[0] >= 0xed && y[1..<31].allSatisfy { $0 == 0xff }
        return !beyondField && !smallOrder.contains(y)
    }
}
