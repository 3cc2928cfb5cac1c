import JWTKit
package import LedgerCore

/// What a bearer token says (RFC 7519, typed `at+jwt` as RFC 9068 does). Tier 0: no `cnf`.
package struct TokenClaims: Hashable, Sendable {
    /// The network's genesis digest: `iss`.
    package let network: Digest
    /// `sub`.
    package let person: Identifier
    /// The member for whose people it was issued.
    package let member: Identifier
    /// The node that issued it.
    package let node: Identifier
    /// Whom it is meant for: `aud`, one string.
    package let audience: String
    /// `iat` and `exp`, whole seconds since 1970.
    package let issuedSeconds: Int64
    package let expiresSeconds: Int64
    /// `jti`.
    package let id: Identifier
}

/// The claims as JSON has them.
struct TokenPayload: JWTPayload {
    let iss: String
    let sub: String
    let member: String
    let node: String
    let aud: String
    let iat: Int64
    let exp: Int64
    let jti: String

    init(_ claims: TokenClaims) {
        iss = claims.network.description
        sub = claims.person.description
        member = claims.member.description
        node = claims.node.description
        aud = claims.audience
        iat = claims.issuedSeconds
        exp = claims.expiresSeconds
        jti = claims.id.description
    }

    /// The typed claims; `nil` when a value is not of its form.
    var claims: TokenClaims? {
        guard let network = Digest(hex: iss), let person = Identifier(hex: sub),
            let member = Identifier(hex: member), let node = Identifier(hex: node),
            let id = Identifier(hex: jti)
        else { return nil }
        return TokenClaims(
            network: network, person: person, member: member, node: node, audience: aud,
            issuedSeconds: iat, expiresSeconds: exp, id: id)
    }

    /// Called by JWTKit's own key collection only; ``TokenVerifier`` is given a time.
    func verify(using algorithm: some JWTAlgorithm) throws {}
}
