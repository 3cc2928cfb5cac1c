/// A signature scheme, with the byte that names it inside key ids.
package enum KeyScheme: UInt8, Sendable, CaseIterable {
    /// Ed25519 (RFC 8032): the default.
    case ed25519 = 1
    /// ECDSA over P-256 with SHA-256 (FIPS 186-5), low S: what phones, badges and browsers hold.
    case p256 = 2

    /// The name in files.
    package var name: String {
        switch self {
        case .ed25519: "ed25519"
        case .p256: "p256"
        }
    }

    /// The algorithm's name in RFC 9421 section 3.3.
    package var httpName: String {
        switch self {
        case .ed25519: "ed25519"
        case .p256: "ecdsa-p256-sha256"
        }
    }

    /// The scheme that `name` spells.
    package init?(name: some StringProtocol) {
        guard let scheme = KeyScheme.allCases.first(where: { $0.name == name }) else { return nil }
        self = scheme
    }

    /// The scheme that RFC 9421 calls `httpName`.
    package init?(httpName: String) {
        let match = KeyScheme.allCases.first { $0.httpName == httpName }
        guard let match else { return nil }
        self = match
    }

    /// Bytes of a public key: the raw point for Ed25519, the compressed point for P-256.
    package var publicKeySize: Int {
        switch self {
        case .ed25519: 32
        case .p256: 33
        }
    }

    /// Bytes of a private key, the same for both.
    package static let privateKeySize = 32

    /// Bytes of a signature, the same for both: R‖S of RFC 8032, or r‖s.
    package static let signatureSize = 64
}
