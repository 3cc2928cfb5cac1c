package import Crypto
import FoundationEssentials
import JWTKit
package import LedgerCore

/// Issues bearer tokens (tier 0) with a node's token key: ES256 (RFC 7518 section 3.4).
package struct TokenIssuer: Sendable {
    private let key: WalletKey
    private let network: LedgerCore.Digest
    private let node: Identifier

    /// 15 minutes: as long as a stolen token is worth something, and one refresh per visit.
    package static let lifetimeSecondsStandard: Int64 = 900
    /// No token outlives a working hour, whatever a member configures.
    package static let lifetimeSecondsMax: Int64 = 3_600
    /// A base URL.
    package static let audienceBytesMax = 400

    package init(
        privateKey: P256.Signing.PrivateKey, network: LedgerCore.Digest, node: Identifier
    ) {
        key = WalletKey(privateKey)
        self.network = network
        self.node = node
    }

    /// The `kid` of its tokens: the key's id.
    package var keyId: LedgerCore.Digest { key.id }

    /// A compact JWT.
    ///
    /// - Parameters:
    ///   - nowMs: milliseconds since 1970.
    ///   - lifetimeSeconds: from 1 to ``lifetimeSecondsMax``.
    /// - Throws: ``TokenError``: `lifetime`, `wrongAudience` (empty or too long), `signing`.
    package func issue(
        person: Identifier, member: Identifier, audience: String, nowMs: Int64,
        lifetimeSeconds: Int64 = TokenIssuer.lifetimeSecondsStandard
    ) throws(TokenError) -> String {
        guard (1...TokenIssuer.lifetimeSecondsMax).contains(lifetimeSeconds), nowMs >= 0 else {
            throw .lifetime
        }
        guard (1...TokenIssuer.audienceBytesMax).contains(audience.utf8.count) else {
            throw .wrongAudience
        }
        var generator = SystemRandomNumberGenerator()
        let issued = nowMs / 1_000
        let (expires, overflow) = issued.addingReportingOverflow(lifetimeSeconds)
        guard !overflow else { throw .lifetime }
        let claims = TokenClaims(
            network: network, person: person, member: member, node: node, audience: audience,
            issuedSeconds: issued, expiresSeconds: expires, id: Identifier(using: &generator))
        let header: JWTHeader = [
            "alg": .string(TokenHeader.algorithm), "typ": .string(TokenHeader.type),
            "kid": .string(key.id.description),
        ]
        return try sign(TokenPayload(claims), header: header)
    }

    /// JWS compact serialisation (RFC 7515 section 7.1). JWTKit's own signer is asynchronous for
    /// certificate chains in the header, of which there are none here.
    func sign(_ payload: some JWTPayload, header: JWTHeader) throws(TokenError) -> String {
        do {
            let serializer = DefaultJWTSerializer()
            let head = Base64.encodeURL([UInt8](try serializer.jsonEncoder.encode(header)))
            let body = String(
                decoding: try serializer.serialize(payload, header: header), as: UTF8.self)
            let signed = "\(head).\(body)"
            return "\(signed).\(Base64.encodeURL(try key.sign(Array(signed.utf8))))"
        } catch { throw .signing }
    }
}

/// The header of every token of Cairn: these three fields and no other.
enum TokenHeader {
    static let algorithm = "ES256"
    static let type = "at+jwt"
    static let fields: Set<String> = ["alg", "typ", "kid"]
}
