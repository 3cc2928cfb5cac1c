import Crypto
import Foundation
import LedgerCore
import TestSupport
import Testing

@testable import Identity

/// Published vectors: RFC 9421 appendix B and RFC 9530, through the general layer.
@Suite struct RequestVectorTests {
    private static let input26 =
        #"("date" "@method" "@path" "@authority" "content-type" "content-length")"#
        + #";created=1618884473;keyid="test-key-ed25519""#
    private static let signature26 =
        "wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9EDgwUPiu4A0w6vuQv5lIp5WPpBKRCw=="
    private static let input24 =
        #"("@status" "content-type" "content-digest" "content-length")"#
        + #";created=1618884473;keyid="test-key-ecc-p256""#
    private static let signature24 =
        "wNmSUAhwb5LxtOtOpNa6W5xj067m5hFrj0XQ4fvpaCLx0NKocgPquLgyahnzDnDAUy5eCdlYUEkLIj+32oiasw=="

    private let request = SignedRequestParts(
        method: "POST", authority: "example.com", path: "/foo", query: "param=Value&Pet=dog",
        headers: [
            ("Host", "example.com"), ("Date", "Tue, 20 Apr 2021 02:07:55 GMT"),
            ("Content-Type", "application/json"), ("Content-Length", "18"),
        ])
    private let response = [
        "@status": "200", "content-type": "application/json", "content-length": "23",
        "content-digest":
            "sha-512=:mEWXIS7MaLRuGgxOBdODa3xqM1XdEvxoYhvlCFJ41QJgJc4GTsPp29l5oGX69wWd"
            + "XymyU0rjJuahq4l5aGgfLQ==:",
    ]

    private func list(
        _ text: String
    ) throws -> (components: [StructuredValue], parameters: StructuredParameters) {
        let member = try StructuredFieldParser.dictionary("sig=\(text)").first?.member
        guard case .list(let components, let parameters) = try #require(member) else {
            throw RequestSignatureError.missing
        }
        return (components, parameters)
    }

    /// B.1.4's public key is the last 32 bytes of its SubjectPublicKeyInfo.
    private func ed25519() throws -> WalletPublicKey {
        let info = try #require(
            Base64.decode("MCowBQYDK2VwAyEAJrQLj5P/89iXES9+vFgrIy29clF9CC/oPPsw3c5D0bs="))
        return try #require(WalletPublicKey(scheme: .ed25519, bytes: Array(info.suffix(32))))
    }

    /// B.1.3.
    private func p256() throws -> WalletPublicKey {
        let pem = """
            -----BEGIN PUBLIC KEY-----
            MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEqIVYZVLCrPZHGHjP17CTW0/+D9Lf
            w0EkjqF7xB4FivAxzic30tMM4GF+hR6Dxh71Z50VGGdldkkDXZCnTNnoXQ==
            -----END PUBLIC KEY-----
            """
        return WalletPublicKey(try P256.Signing.PublicKey(pemRepresentation: pem))
    }

    @Test func ed25519RequestOfB26Verifies() throws {
        let (components, parameters) = try list(Self.input26)
        let base = try SignatureBase.bytes(components: components, parameters: parameters) {
            request.value(of: $0)
        }
        #expect(
            String(decoding: base, as: UTF8.self) == """
                "date": Tue, 20 Apr 2021 02:07:55 GMT
                "@method": POST
                "@path": /foo
                "@authority": example.com
                "content-type": application/json
                "content-length": 18
                "@signature-params": \(Self.input26)
                """)
        let signature = try #require(Base64.decode(Self.signature26))
        #expect(try ed25519().isValid(signature, for: base, lowSRequired: false))
        // The private key of B.1.4 makes the same signature.
        let seed = try #require(
            Base64.decode("MC4CAQAwBQYDK2VwBCIEIJ+DYvh6SEqVTm50DFtMDoQikTmiCqirVv9mWG9qfSnF"))
        let key = try #require(WalletKey(scheme: .ed25519, secret: seed.suffix(32)))
        #expect(try key.sign(base) == signature)
        #expect(try key.publicKey == ed25519())
    }

    @Test func p256ResponseOfB24Verifies() throws {
        let (components, parameters) = try list(Self.input24)
        let base = try SignatureBase.bytes(components: components, parameters: parameters) {
            guard case .string(let name) = $0.item else { return nil }
            return response[name]
        }
        let signature = try #require(Base64.decode(Self.signature24))
        #expect(try p256().isValid(signature, for: base, lowSRequired: false))
        // The published s is high: a ledger stamp would not be.
        #expect(try !p256().isValid(signature, for: base, lowSRequired: true))
    }

    @Test func alteredVectorsFail() throws {
        let (components, parameters) = try list(Self.input26)
        let signature = try #require(Base64.decode(Self.signature26))
        func isValid(
            _ components: [StructuredValue], _ parameters: StructuredParameters,
            _ signature: [UInt8]
        ) throws -> Bool {
            let base = try SignatureBase.bytes(components: components, parameters: parameters) {
                request.value(of: $0)
            }
            return try ed25519().isValid(signature, for: base, lowSRequired: false)
        }
        #expect(try isValid(components, parameters, signature))
        for position in signature.indices {
            var altered = signature
            altered[position] ^= 1
            #expect(try !isValid(components, parameters, altered))
        }
        #expect(try !isValid(components.reversed(), parameters, signature))
        #expect(try !isValid(Array(components.dropLast()), parameters, signature))
        var later = parameters
        later.entries[0] = .init(name: "created", value: .integer(1_618_884_474))
        #expect(try !isValid(components, later, signature))
    }

    /// RFC 9421 section 2.1: how field values are combined.
    @Test func fieldsAreCombinedAsSection21Says() {
        let parts = SignedRequestParts(
            method: "GET", authority: "www.example.com", path: "/", query: nil,
            headers: [
                ("X-OWS-Header", "   Leading and trailing whitespace.   "),
                ("Cache-Control", "max-age=60"), ("Cache-Control", "   must-revalidate"),
                ("Example-Dict", "a=1,    b=2;x=1;y=2,   c=(a   b   c)"), ("X-Empty-Header", ""),
            ])
        #expect(parts.field("x-ows-header") == "Leading and trailing whitespace.")
        #expect(parts.field("cache-control") == "max-age=60, must-revalidate")
        #expect(parts.field("example-dict") == "a=1,    b=2;x=1;y=2,   c=(a   b   c)")
        #expect(parts.field("x-empty-header") == "")
        #expect(parts.field("absent") == nil)
    }

    /// RFC 9421 appendix B.2's test-request body, as RFC 9530 writes its digest; and the empty one.
    @Test func contentDigestMatchesRFC9530() throws {
        let body = Array(#"{"hello": "world"}"#.utf8)
        let text = "sha-256=:X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=:"
        #expect(ContentDigest.format(Digest.sha256(body)) == text)
        #expect(try ContentDigest.parse(text) == Digest.sha256(body))
        var hasher = ContentDigest.Hasher()
        for byte in body { hasher.update([byte]) }
        #expect(hasher.finish() == Digest.sha256(body))
        let both = "sha-512=:AAAA:, \(text)"
        #expect(try ContentDigest.parse(both) == Digest.sha256(body))
        let other = text.replacingOccurrences(of: "X48", with: "X49")
        #expect(try ContentDigest.parse(other) != Digest.sha256(body))
        for bad in [
            "", "sha-256", "sha-256=", "sha-256=:AAAA:", "sha-512=:AAAA:", "sha-256=1",
            text + ";x=1", "SHA-256=:X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=:",
            text.replacingOccurrences(of: "=:X", with: "=X"), "\(text), \(text)", text + ",",
            text.replacingOccurrences(of: "PE=", with: "PF="),
        ] {
            #expect(throws: RequestSignatureError.contentDigest, "\(bad)") {
                try ContentDigest.parse(bad)
            }
        }
    }

    @Test(arguments: [
        (#"a=1, b="x\"\\y";p;q=?0, c=(1 tok;r=:AAAA:)"#, true), (#"a"#, true),
        (#"a;b=*x/y:z"#, true),
        ("", true), ("   a=1  ", true), ("a=1,b=2", true), ("a=1\t,\tb=2", true),
        ("a=999999999999999", true), ("a=-0", true),
        ("a=1000000000000000", false), ("a=1.5", false), ("a=-", false), ("A=1", false),
        ("a=1,", false), (",a=1", false), ("a=1 b=2", false), ("a = 1", false), ("a==1", false),
        ("a=(1", false), ("a=(1,2)", false), ("a=(1 2))", false), ("a=\"x", false),
        (#"a="\x""#, false), ("a=\"\u{7f}\"", false), ("a=\"é\"", false), ("a=:AAA:", false),
        ("a=:AAAB", false), ("a=?2", false), ("a=?", false), ("a=1;", false), ("a=1;B", false),
        ("a=1;b;b", false), ("a=1,a=2", false), ("a=\u{0}", false), ("\ta=1", false),
        (String(repeating: "a", count: 8_193), false),
        ((0..<9).map { "a\($0)" }.joined(separator: ","), false),
        ("a=(" + String(repeating: "1 ", count: 33) + ")", false),
    ])
    func structuredFieldsAreReadStrictly(text: String, accepted: Bool) {
        #expect((StructuredFieldParser.canonical(text) != nil) == accepted, "\(text)")
    }

    @Test func structuredFieldsSurviveAnyBytes() async {
        let seed = #"cairn=("@method" "x";a=1);created=1;n="\"";b=:AAAA:;t=tok;f=?1, o=:AAAA:"#
        var accepted = 0
        let cases = Soak.cases(usual: 20_000, long: 1_500_000, pinned: 23)
        for await item in cases {
            var random = item.random
            let bytes = random.mutated(Array(seed.utf8), changesMax: 4)
            let text = String(decoding: bytes, as: UTF8.self)
            guard let first = StructuredFieldParser.canonical(text) else { continue }
            accepted += 1
            // What is accepted has a canonical form that reads as itself.
            let second = StructuredFieldParser.canonical(first.joined(separator: ", "))
            #expect(second == first, "\(item)")
        }
        #expect(accepted > 100 || cases.areFew)
    }
}
