import Crypto
import Foundation
import JWTKit
import LedgerCore
import TestSupport
import Testing

@testable import Identity

@Suite struct TokenTests {
    static let nowMs: Int64 = 1_800_000_000_500
    static let audience = "https://node.example:8443"
    let network = LedgerCore.Digest.sha256([1])
    let key = P256.Signing.PrivateKey()
    let issuer: TokenIssuer
    let verifier: TokenVerifier
    let token: String

    init() throws {
        issuer = TokenIssuer(privateKey: key, network: network, node: .test(3))
        verifier = TokenVerifier(network: network, keys: [key.publicKey])
        token = try issuer.issue(
            person: .test(1), member: .test(2), audience: TokenTests.audience,
            nowMs: TokenTests.nowMs)
    }

    private func verify(_ token: String, ms: Int64 = nowMs) throws(TokenError) -> VerifiedToken {
        try verifier.verify(token, nowMs: ms, audience: TokenTests.audience)
    }

    /// A token as one could be made by someone who holds the key and breaks the rules.
    private func forged(
        _ change: (inout [String: JWTHeaderField]) -> Void = { _ in }, payload: TokenPayload? = nil
    ) throws -> String {
        var fields: [String: JWTHeaderField] = [
            "alg": .string("ES256"), "typ": .string("at+jwt"),
            "kid": .string(issuer.keyId.description),
        ]
        change(&fields)
        return try issuer.sign(payload ?? self.payload(), header: JWTHeader(fields: fields))
    }

    private func payload(
        network: LedgerCore.Digest? = nil, audience: String = audience,
        issued: Int64 = nowMs / 1_000,
        lifetime: Int64 = 900
    ) -> TokenPayload {
        TokenPayload(
            TokenClaims(
                network: network ?? self.network, person: .test(1), member: .test(2),
                node: .test(3), audience: audience, issuedSeconds: issued,
                expiresSeconds: issued + lifetime, id: .test(4)))
    }

    @Test func aTokenSaysWhoAndForWhom() throws {
        let verified = try verify(token)
        #expect(verified.claims.person == .test(1) && verified.claims.member == .test(2))
        #expect(verified.claims.node == .test(3) && verified.claims.network == network)
        #expect(verified.claims.issuedSeconds == 1_800_000_000)
        #expect(verified.claims.expiresSeconds == 1_800_000_900)
        #expect(verified.evidence == LedgerCore.Digest.sha256(Array(token.utf8)))
        #expect(token.utf8.count < 800)
        let other = try issuer.issue(
            person: .test(1), member: .test(2), audience: TokenTests.audience,
            nowMs: TokenTests.nowMs)
        #expect(try verify(other).claims.id != verified.claims.id)
    }

    /// RFC 7515 appendix A.3: the published ES256 JWS, its header and payload as published. (The
    /// token itself is refused: it has no kid and no type.)
    @Test func publishedES256SignatureVerifies() throws {
        let text =
            "eyJhbGciOiJFUzI1NiJ9."
            + "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290"
            + "Ijp0cnVlfQ."
            + "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU"
            + "1Q"
        let x = try #require(Base64.decodeURL("f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"))
        let y = try #require(Base64.decodeURL("x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"))
        let point = try P256.Signing.PublicKey(x963Representation: [4] + x + y)
        let jws = try CompactJWS(text)
        #expect(String(decoding: jws.header, as: UTF8.self) == #"{"alg":"ES256"}"#)
        let published = WalletPublicKey(point)
        #expect(published.isValid(jws.signature, for: jws.signed, lowSRequired: false))
        #expect(!published.isValid(jws.signature, for: jws.signed + [0], lowSRequired: false))
        #expect(throws: TokenError.header) { try verify(text) }
    }

    @Test func jwtKitAgrees() async throws {
        let keys = JWTKeyCollection()
        let kid = JWKIdentifier(string: issuer.keyId.description)
        await keys.add(ecdsa: try ES256PrivateKey(backing: key), kid: kid)
        let read = try await keys.verify(token, as: TokenPayload.self)
        #expect(read.claims == (try verify(token)).claims)
        let made = try await keys.sign(
            payload(), kid: kid, header: ["typ": .string("at+jwt")])
        // JWTKit does not normalise s: half of its tokens are of the form that we refuse.
        let signature = try CompactJWS(made).signature
        if LowSForm.isLow(signature) {
            #expect(try verify(made).claims == payload().claims)
        } else {
            #expect(throws: TokenError.badSignature) { try verify(made) }
        }
    }

    @Test(arguments: ["none", "None", "HS256", "RS256", "ES384", "es256", "EdDSA", ""])
    func otherAlgorithmsAreRefused(algorithm: String) throws {
        let token = try forged { $0["alg"] = .string(algorithm) }
        #expect(throws: TokenError.header) { try verify(token) }
    }

    /// Key confusion: HS256 with the public key's bytes as the secret, and `none` without one.
    @Test func keyConfusionIsRefused() throws {
        let body = Base64.encodeURL([UInt8](try JSONEncoder().encode(payload())))
        func head(_ algorithm: String) -> String {
            let json = #"{"alg":"\#(algorithm)","kid":"\#(issuer.keyId)","typ":"at+jwt"}"#
            return Base64.encodeURL(Array(json.utf8))
        }
        let signed = "\(head("HS256")).\(body)"
        let secret = SymmetricKey(data: key.publicKey.pemRepresentation.utf8.map { $0 })
        let mac = HMAC<SHA256>.authenticationCode(for: Array(signed.utf8), using: secret)
        #expect(throws: TokenError.header) {
            try verify("\(signed).\(Base64.encodeURL([UInt8](mac)))")
        }
        #expect(throws: TokenError.header) { try verify("\(head("none")).\(body).") }
        #expect(throws: TokenError.badSignature) { try verify("\(head("ES256")).\(body).") }
        let zero = Base64.encodeURL([UInt8](repeating: 0, count: 64))
        #expect(throws: TokenError.badSignature) { try verify("\(head("ES256")).\(body).\(zero)") }
    }

    @Test func otherHeadersAreRefused() throws {
        #expect(throws: TokenError.header) { try verify(try forged { $0["typ"] = .string("JWT") }) }
        #expect(throws: TokenError.header) { try verify(try forged { $0["kid"] = nil }) }
        #expect(throws: TokenError.header) { try verify(try forged { $0["kid"] = .int(1) }) }
        #expect(throws: TokenError.header) {
            try verify(try forged { $0["crit"] = .array([.string("x")]) })
        }
        #expect(throws: TokenError.header) { try verify(try forged { $0["jku"] = .string("x") }) }
        #expect(throws: TokenError.unknownKey) {
            try verify(try forged { $0["kid"] = .string(String(repeating: "0", count: 64)) })
        }
    }

    @Test func timesAreChecked() throws {
        let second: Int64 = 1_000
        _ = try verify(token, ms: TokenTests.nowMs + 899 * second)
        _ = try verify(token, ms: TokenTests.nowMs - 5 * second)
        #expect(throws: TokenError.expired) {
            try verify(token, ms: TokenTests.nowMs + 900 * second)
        }
        #expect(throws: TokenError.notYetValid) {
            try verify(token, ms: TokenTests.nowMs - 6 * second)
        }
        for lifetime in [0, -5, 3_601, 1 << 60] as [Int64] {
            #expect(throws: TokenError.lifetime) {
                try verify(try forged(payload: payload(lifetime: lifetime)))
            }
        }
        #expect(throws: TokenError.lifetime) {
            try issuer.issue(
                person: .test(1), member: .test(2), audience: "a", nowMs: 0, lifetimeSeconds: 3_601)
        }
    }

    @Test func issuerAndAudienceAreChecked() throws {
        #expect(throws: TokenError.wrongIssuer) {
            try verify(try forged(payload: payload(network: .zero)))
        }
        #expect(throws: TokenError.wrongAudience) {
            try verify(try forged(payload: payload(audience: "https://node.example")))
        }
        // Also when the cache knows the token.
        _ = try verify(token)
        #expect(throws: TokenError.wrongAudience) {
            try verifier.verify(token, nowMs: TokenTests.nowMs, audience: "https://other")
        }
        let other = TokenVerifier(network: network, keys: [P256.Signing.PrivateKey().publicKey])
        #expect(throws: TokenError.unknownKey) {
            try other.verify(token, nowMs: TokenTests.nowMs, audience: TokenTests.audience)
        }
    }

    @Test func garbageAndOversizeAreRefused() throws {
        for text in ["", ".", "..", "...", "a.b.c", "a.b", token + ".", token + "A", " " + token] {
            #expect(throws: TokenError.self) { try verify(text) }
        }
        #expect(throws: TokenError.oversize) {
            try verify(String(repeating: "A", count: TokenVerifier.sizeBytesMax + 1))
        }
        #expect(throws: TokenError.malformed) {
            try verify(String(repeating: ".", count: TokenVerifier.sizeBytesMax))
        }
    }

    /// (r, n − s) is as good a signature and would give one token two digests.
    @Test func theOtherFormOfASignatureIsRefused() throws {
        let jws = try CompactJWS(token)
        var high = jws.signature
        var borrow = 0
        for position in stride(from: 31, through: 0, by: -1) {
            let difference = Int(LowSForm.order[position]) - Int(high[32 + position]) - borrow
            borrow = difference < 0 ? 1 : 0
            high[32 + position] = UInt8(truncatingIfNeeded: difference)
        }
        let altered = "\(String(decoding: jws.signed, as: UTF8.self)).\(Base64.encodeURL(high))"
        #expect(
            WalletPublicKey(key.publicKey).isValid(high, for: jws.signed, lowSRequired: false))
        #expect(throws: TokenError.badSignature) { try verify(altered) }
    }

    @Test func everyMutatedTokenIsRefused() async throws {
        let bytes = Array(token.utf8)
        for await item in Soak.cases(usual: 3_000, long: 300_000, pinned: 13) {
            var random = item.random
            let altered = String(decoding: random.mutated(bytes, changesMax: 3), as: UTF8.self)
            guard altered != token else { continue }
            #expect(throws: TokenError.self, "\(item): \(altered) for \(token)") {
                try verify(altered)
            }
        }
        #expect(verifier.cachedCount == 0)
    }

    @Test func theCacheIsBoundedAndForgetsTheOldest() {
        var cache = TokenCache(capacity: 3)
        func claims(_ seed: UInt64, expires: Int64 = 1_000) -> TokenClaims {
            TokenClaims(
                network: .zero, person: .test(seed), member: .test(1), node: .test(1),
                audience: "a", issuedSeconds: 0, expiresSeconds: expires, id: .test(seed))
        }
        func name(_ seed: UInt64) -> LedgerCore.Digest { .sha256([UInt8(seed)]) }
        for seed in 1...5 as ClosedRange<UInt64> { cache.insert(name(seed), claims(seed)) }
        #expect(cache.count == 3)
        #expect(cache.find(name(2), nowSeconds: 0) == nil)
        #expect(cache.find(name(3), nowSeconds: 0)?.person == .test(3))
        #expect(cache.find(name(5), nowSeconds: 1_000) == nil)
        #expect(cache.count == 2)
        for seed in 6...200 as ClosedRange<UInt64> {
            cache.insert(name(seed), claims(seed))
            cache.insert(name(5), claims(5))
            #expect(cache.count <= 3)
        }
    }

    @Test func aCachedTokenIsVerifiedOnce() throws {
        #expect(verifier.cachedCount == 0)
        for _ in 0..<3 { _ = try verify(token) }
        #expect(verifier.cachedCount == 1)
        #expect(throws: TokenError.expired) { try verify(token, ms: TokenTests.nowMs + 900_000) }
        #expect(verifier.cachedCount == 0)
    }
}
