package import Crypto
import FoundationEssentials
import JWTKit
package import LedgerCore
import Synchronization

/// A token that was verified; only ``TokenVerifier`` makes one.
package struct VerifiedToken: Hashable, Sendable {
    package let claims: TokenClaims
    /// SHA-256 of the token's text: the evidence that attachments and receipts carry.
    package let evidence: LedgerCore.Digest

    init(claims: TokenClaims, evidence: LedgerCore.Digest) {
        self.claims = claims
        self.evidence = evidence
    }
}

/// Verifies tokens that nodes of this network issued.
///
/// Synchronous: JWTKit decodes the JSON, and the one signature algorithm allowed is called
/// directly. The algorithm is never chosen by the token (RFC 8725 section 3.1).
package final class TokenVerifier: Sendable {
    /// Ours have 600 bytes; the bound holds before anything is parsed.
    package static let sizeBytesMax = 4_096
    /// How far another node's clock may run ahead.
    package static let skewSeconds: Int64 = 5
    /// About 300 bytes each: 1.3 MB. A member's people at work at the same time.
    package static let cacheCapacityStandard = 4_096

    private let network: LedgerCore.Digest
    private let keys: [String: WalletPublicKey]
    private let cache: Mutex<TokenCache>

    /// - Parameter keys: of the nodes whose tokens are honoured. When they change, make another
    ///   verifier: that also forgets what was cached under a withdrawn key.
    package init(
        network: LedgerCore.Digest, keys: [P256.Signing.PublicKey],
        cacheCapacity: Int = TokenVerifier.cacheCapacityStandard
    ) {
        self.network = network
        let keys = keys.map(WalletPublicKey.init)
        self.keys = Dictionary(
            keys.map { ($0.id.description, $0) }, uniquingKeysWith: { first, _ in first })
        cache = Mutex(TokenCache(capacity: cacheCapacity))
    }

    /// Verifies `token` for `audience`.
    ///
    /// - Parameter nowMs: milliseconds since 1970.
    /// - Throws: ``TokenError``, every case but `signing`.
    package func verify(
        _ token: String, nowMs: Int64, audience: String
    ) throws(TokenError) -> VerifiedToken {
        guard token.utf8.count <= TokenVerifier.sizeBytesMax else { throw .oversize }
        let evidence = LedgerCore.Digest.sha256(Array(token.utf8))
        let nowSeconds = nowMs / 1_000
        let claims: TokenClaims
        if let known = cache.withLock({ $0.find(evidence, nowSeconds: nowSeconds) }) {
            claims = known
        } else {
            claims = try check(token)
            try checkTimes(claims, nowSeconds: nowSeconds)
            cache.withLock { $0.insert(evidence, claims) }
        }
        try checkTimes(claims, nowSeconds: nowSeconds)
        guard claims.audience.utf8.elementsEqual(audience.utf8) else { throw .wrongAudience }
        return VerifiedToken(claims: claims, evidence: evidence)
    }

    /// What does not depend on the time or on who was asked.
    private func check(_ token: String) throws(TokenError) -> TokenClaims {
        let parts = try CompactJWS(token)
        let decoder = DefaultJWTParser().jsonDecoder
        guard let header = try? decoder.decode(JWTHeader.self, from: Data(parts.header)) else {
            throw .malformed
        }
        guard Set(header.fields.keys) == TokenHeader.fields,
            header.alg == TokenHeader.algorithm, header.typ == TokenHeader.type,
            let kid = header.kid
        else { throw .header }
        guard let key = keys[kid] else { throw .unknownKey }
        guard key.isValid(parts.signature, for: parts.signed, lowSRequired: true) else {
            throw .badSignature
        }
        guard let payload = try? decoder.decode(TokenPayload.self, from: Data(parts.payload)),
            let claims = payload.claims
        else { throw .malformed }
        guard claims.network == network else { throw .wrongIssuer }
        return claims
    }

    private func checkTimes(
        _ claims: TokenClaims, nowSeconds: Int64
    ) throws(TokenError) {
        let (lifetime, overflow) = claims.expiresSeconds.subtractingReportingOverflow(
            claims.issuedSeconds)
        guard !overflow, (1...TokenIssuer.lifetimeSecondsMax).contains(lifetime) else {
            throw .lifetime
        }
        guard nowSeconds < claims.expiresSeconds else { throw .expired }
        guard claims.issuedSeconds <= nowSeconds + TokenVerifier.skewSeconds else {
            throw .notYetValid
        }
    }

    /// How many tokens are remembered, for metrics.
    package var cachedCount: Int { cache.withLock { $0.count } }
}
