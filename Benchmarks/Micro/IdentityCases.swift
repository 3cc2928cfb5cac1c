import Crypto
import Identity
import LedgerCore

/// Who makes a request.
enum IdentityCases {
    private static let nowMs: Int64 = 1_700_000_000_000

    static func all() throws -> [Case] { try tokens() + signatures() }

    private static func tokens() throws -> [Case] {
        let key = P256.Signing.PrivateKey()
        let network = LedgerCore.Digest.sha256([1])
        let issuer = TokenIssuer(privateKey: key, network: network, node: fresh())
        let token = try issuer.issue(
            person: fresh(), member: fresh(), audience: "bench", nowMs: nowMs)
        let bound = try Library.verify(.p256(key), Array(token.utf8))
        let known = TokenVerifier(network: network, keys: [key.publicKey])
        return [
            Case("token, verify for the first time", bound: bound) {
                let verifier = TokenVerifier(network: network, keys: [key.publicKey])
                keep(try verifier.verify(token, nowMs: nowMs, audience: "bench"))
            },
            Case("token, verify again", bound: .sha256(token.utf8.count)) {
                keep(try known.verify(token, nowMs: nowMs, audience: "bench"))
            },
        ]
    }

    private static func signatures() throws -> [Case] {
        let key = WalletKey.generate(.ed25519)
        let digest = LedgerCore.Digest.sha256([2])
        let plain = SignedRequestParts(
            method: "POST", authority: "localhost:8080", path: "/fhir", query: nil,
            headers: [("content-type", "application/fhir+json"), ("content-length", "1000")])
        let sign = {
            try RequestSigner.sign(
                plain, contentDigest: digest, key: key, createdSeconds: nowMs / 1_000,
                nonce: fresh())
        }
        let signed = SignedRequestParts(
            method: "POST", authority: "localhost:8080", path: "/fhir", query: nil,
            headers: plain.headers + (try sign()))
        let message = try RequestVerifier.parse(signed).signatureBase
        let signer = key.signingKey
        return [
            Case("request, sign Ed25519", bound: Library.sign(signer, message)) {
                keep(try sign())
            },
            Case("request, verify Ed25519", bound: try Library.verify(signer, message)) {
                let parsed = try RequestVerifier.parse(signed)
                try RequestVerifier.check(parsed, publicKey: key.publicKey)
            },
        ]
    }
}
