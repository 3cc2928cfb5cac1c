import Crypto
import Foundation
import HTTPTypes
import LedgerCore
import TestSupport
import Testing

@testable import Identity

@Suite struct RequestSignatureTests {
    static let created: Int64 = 1_800_000_000
    let body = Array(#"{"resourceType":"Patient"}"#.utf8)
    let key = WalletKey.generate()

    private var parts: SignedRequestParts {
        SignedRequestParts(
            method: "POST", authority: "node.example:8443", path: "/fhir/Patient", query: "a=b&c",
            headers: [
                ("Content-Type", "application/fhir+json"), ("Idempotency-Key", "k1"),
                ("Cairn-Stamp", "s1"), ("Accept", "*/*"), ("Content-Length", "26"),
            ])
    }

    private func signed(
        _ parts: SignedRequestParts, key: WalletKey, content: LedgerCore.Digest?
    ) throws -> SignedRequestParts {
        let fields = try RequestSigner.sign(
            parts, contentDigest: content, key: key, createdSeconds: RequestSignatureTests.created,
            nonce: .test(9))
        return with(parts, headers: parts.headers + fields)
    }

    private func with(
        _ parts: SignedRequestParts, method: String? = nil, authority: String? = nil,
        path: String? = nil, query: String?? = nil, headers: [(name: String, value: String)]? = nil
    ) -> SignedRequestParts {
        SignedRequestParts(
            method: method ?? parts.method, authority: authority ?? parts.authority,
            path: path ?? parts.path, query: query ?? parts.query,
            headers: headers ?? parts.headers)
    }

    private func verify(_ parts: SignedRequestParts, key: WalletKey? = nil) throws {
        let parsed = try RequestVerifier.parse(parts)
        try RequestVerifier.check(parsed, publicKey: (key ?? self.key).publicKey)
    }

    @Test(arguments: KeyScheme.allCases)
    func aSignedRequestVerifies(scheme: KeyScheme) throws {
        let key = WalletKey.generate(scheme)
        let digest = LedgerCore.Digest.sha256(body)
        let request = try signed(parts, key: key, content: digest)
        #expect(RequestVerifier.isSigned(request) && !RequestVerifier.isSigned(parts))
        let parsed = try RequestVerifier.parse(request)
        try RequestVerifier.check(parsed, publicKey: key.publicKey)
        #expect(parsed.keyId == key.id && parsed.created == RequestSignatureTests.created)
        #expect(parsed.nonce == .test(9) && parsed.contentDigest == digest)
        let input = try #require(request.field("signature-input"))
        #expect(
            input == """
                cairn=("@method" "@authority" "@path" "@query" "content-digest" "content-type" \
                "idempotency-key" "cairn-stamp");created=1800000000;\
                nonce="\(Base64.encodeURL(Identifier.test(9).bytes))";keyid="\(key.id)";\
                alg="\(scheme.httpName)";tag="cairn"
                """)
        try parsed.requireContent(digest)
        #expect(throws: RequestSignatureError.contentDigest) { try parsed.requireContent(nil) }
        #expect(throws: RequestSignatureError.contentDigest) { try parsed.requireContent(.zero) }
    }

    @Test func aRequestWithoutBodyOrQueryVerifies() throws {
        let get = SignedRequestParts(
            method: "GET", authority: "N.example:443", path: "", query: nil, headers: [])
        let request = try signed(get, key: key, content: nil)
        let parsed = try RequestVerifier.parse(request)
        let base = String(decoding: parsed.signatureBase, as: UTF8.self)
        #expect(
            base.hasPrefix(
                """
                "@method": GET
                "@authority": n.example
                "@path": /
                "@query": ?
                "@signature-params": ("@method" "@authority" "@path" "@query");created=
                """))
        try verify(with(request, authority: "n.EXAMPLE"))
        try parsed.requireContent(nil)
        #expect(throws: RequestSignatureError.contentDigest) {
            try parsed.requireContent(Digest.sha256(body))
        }
    }

    @Test func everyAlteredPartIsRefused() throws {
        let request = try signed(parts, key: key, content: Digest.sha256(body))
        let refused = RequestSignatureError.badSignature
        #expect(throws: refused) { try verify(with(request, method: "PUT")) }
        #expect(throws: refused) { try verify(with(request, method: "post")) }
        #expect(throws: refused) { try verify(with(request, authority: "node.example")) }
        #expect(throws: refused) { try verify(with(request, path: "/fhir/Patient/")) }
        #expect(throws: refused) { try verify(with(request, query: "a=b&d")) }
        #expect(throws: refused) { try verify(with(request, query: .some(nil))) }
        for name in ["content-type", "idempotency-key", "cairn-stamp"] {
            let headers = request.headers.map { ($0.name, $0.name == name ? "other" : $0.value) }
            #expect(throws: refused) { try verify(with(request, headers: headers)) }
            let fewer = request.headers.filter { $0.name != name }
            #expect(throws: RequestSignatureError.component("\"\(name)\"")) {
                try verify(with(request, headers: fewer))
            }
        }
        #expect(throws: RequestSignatureError.wrongKey) {
            try verify(request, key: WalletKey.generate())
        }
        // Fields that are not of the profile may change on the way.
        try verify(with(request, headers: request.headers + [("via", "1.1 proxy")]))
    }

    /// A field of the profile that someone adds is not covered, and a second line is ambiguous.
    @Test(arguments: RequestProfile.fields)
    func addedFieldsAreRefused(name: String) throws {
        let bare = SignedRequestParts(
            method: "PUT", authority: "n", path: "/", query: nil, headers: [])
        let request = try signed(bare, key: key, content: nil)
        let value = name == ContentDigest.fieldName ? ContentDigest.format(.zero) : "x"
        let added = request.headers + [(name.uppercased(), value)]
        #expect(throws: RequestSignatureError.notCovered(name)) {
            try verify(with(request, headers: added))
        }
        #expect(throws: RequestSignatureError.repeated(name)) {
            try verify(with(request, headers: added + [(name, value)]))
        }
        #expect(throws: RequestSignatureError.repeated(name)) {
            try RequestSigner.sign(
                with(bare, headers: [(name, value), (name, value)]),
                contentDigest: name == ContentDigest.fieldName ? .zero : nil, key: key,
                createdSeconds: 1, nonce: .test(1))
        }
    }

    @Test(arguments: [("content-length", "1"), ("transfer-encoding", "chunked")])
    func anAnnouncedBodyNeedsADigest(name: String, value: String) throws {
        let bare = SignedRequestParts(
            method: "PUT", authority: "n", path: "/", query: nil, headers: [(name, value)])
        let request = try signed(bare, key: key, content: nil)
        #expect(throws: RequestSignatureError.notCovered("content-digest")) { try verify(request) }
    }

    /// What a key's owner could sign by mistake or guile, against the profile.
    @Test func departuresFromTheProfileAreRefused() throws {
        let head = #"("@method" "@authority" "@path" "@query")"#
        let nonce = Base64.encodeURL(Identifier.test(1).bytes)
        let good = #";created=1;nonce="\#(nonce)";keyid="\#(key.id)";alg="ed25519";tag="cairn""#
        func parse(_ input: String, signature: String? = nil) throws(RequestSignatureError) {
            let zero = Base64.encode([UInt8](repeating: 0, count: 64))
            _ = try RequestVerifier.parse(
                SignedRequestParts(
                    method: "GET", authority: "n", path: "/", query: nil,
                    headers: [
                        ("signature-input", input), ("signature", signature ?? "cairn=:\(zero):"),
                        ("accept", "*/*"),
                    ]))
        }
        try parse("cairn=\(head)\(good)")
        try parse(#"other=("x");alg="y", cairn=\#(head)\#(good)"#)
        try parse(#"cairn=("@query" "accept" "@path" "@authority" "@method")\#(good)"#)
        let refused: [String] = [
            "", "cairn", "cairn=1", "other=\(head)\(good)", "cairn=\(head)\(good),",
            "cairn=\(head)\(good), cairn=\(head)\(good)", "cairn=()\(good)",
            #"cairn=("@method" "@authority" "@path")\#(good)"#,
            #"cairn=("@method" "@method" "@authority" "@path" "@query")\#(good)"#,
            #"cairn=("@method" "@authority" "@path" "@query" "@target-uri")\#(good)"#,
            #"cairn=("@method" "@authority" "@path" "@query" "signature")\#(good)"#,
            #"cairn=("@method" "@authority" "@path" "@query" "absent")\#(good)"#,
            #"cairn=("@method" "@authority" "@path" "@query" "Accept")\#(good)"#,
            #"cairn=("@method" "@authority" "@path" "@query" "accept";bs)\#(good)"#,
            #"cairn=("@method";req "@authority" "@path" "@query")\#(good)"#,
            #"cairn=("@method"  "@authority""@path" "@query")\#(good)"#,
            "cairn=(@method)\(good)", "cairn=\(head)\(good);expires=5", "cairn=\(head)\(good);x",
            "cairn=\(head)\(good);created=1", "cairn=\(head)" + good.dropFirst(10),
            "cairn=\(head)" + good.replacingOccurrences(of: "created=1", with: "created=-1"),
            "cairn=\(head)" + good.replacingOccurrences(of: "created=1", with: "created=1.0"),
            "cairn=\(head)" + good.replacingOccurrences(of: "created=1", with: "created=\"1\""),
            "cairn=\(head)" + good.replacingOccurrences(of: nonce, with: "AAAA"),
            "cairn=\(head)" + good.replacingOccurrences(of: nonce, with: nonce + "="),
            "cairn=\(head)" + good.replacingOccurrences(of: "\(key.id)", with: "ABC"),
            "cairn=\(head)" + good.replacingOccurrences(of: "ed25519", with: "hmac-sha256"),
            "cairn=\(head)" + good.replacingOccurrences(of: "=\"cairn\"", with: "=\"other\""),
            "cairn=(" + String(repeating: " ", count: 9_000) + head.dropFirst() + good,
        ]
        for input in refused {
            #expect(throws: RequestSignatureError.self, "\(input)") { try parse(input) }
        }
        for signature in ["", "cairn=::", "cairn=:AAAA:", "cairn=1", "cairn", "other=:AAAA:"] {
            #expect(throws: RequestSignatureError.self) {
                try parse("cairn=\(head)\(good)", signature: signature)
            }
        }
        #expect(throws: RequestSignatureError.missing) {
            try RequestVerifier.parse(
                SignedRequestParts(
                    method: "GET", authority: "n", path: "/", query: nil, headers: []))
        }
    }

    @Test func ambiguousRequestsAreNotSigned() {
        func sign(
            method: String = "GET", authority: String = "n", path: String = "/",
            query: String? = nil, header: String = "x"
        ) throws {
            _ = try RequestSigner.sign(
                SignedRequestParts(
                    method: method, authority: authority, path: path, query: query,
                    headers: [("if-match", header)]),
                contentDigest: nil, key: key, createdSeconds: 1, nonce: .test(1))
        }
        #expect(throws: Never.self) { try sign() }
        #expect(throws: RequestSignatureError.self) { try sign(method: "GET\n\"@path\": /b") }
        #expect(throws: RequestSignatureError.self) { try sign(method: "") }
        #expect(throws: RequestSignatureError.self) { try sign(authority: "a b") }
        #expect(throws: RequestSignatureError.self) { try sign(path: "/a?b") }
        #expect(throws: RequestSignatureError.self) { try sign(path: "/a#b") }
        #expect(throws: RequestSignatureError.self) { try sign(query: "a b") }
        #expect(throws: RequestSignatureError.self) { try sign(header: "a\r\n\"@path\": /b") }
    }

    @Test func anHTTPRequestMapsToItsParts() throws {
        var request = HTTPRequest(
            method: .post, scheme: "https", authority: "n:8443", path: "/a/b?c=d?e")
        request.headerFields[.contentType] = "text/plain"
        let parts = try #require(SignedRequestParts(request))
        #expect(parts.path == "/a/b" && parts.query == "c=d?e" && parts.method == "POST")
        #expect(parts.field("content-type") == "text/plain")
        request.path = "/a"
        #expect(SignedRequestParts(request)?.query == nil)
    }

    @Test func everyMutationOfTheFieldsIsRefused() async throws {
        let request = try signed(parts, key: key, content: Digest.sha256(body))
        for name in ["signature-input", "signature", "content-digest"] {
            let value = try #require(request.field(name))
            for await item in Soak.cases(usual: 2_000, long: 200_000, pinned: 17) {
                var random = item.random
                let bytes = random.mutated(Array(value.utf8), changesMax: 3)
                let altered = String(decoding: bytes, as: UTF8.self)
                // A blank more or less around a value is not part of it (RFC 9110 section 5.5).
                guard altered.trimmingCharacters(in: .whitespaces) != value else { continue }
                let headers = request.headers.map {
                    ($0.name, $0.name == name ? altered : $0.value)
                }
                let mutant = with(request, headers: headers)
                if let parsed = try? RequestVerifier.parse(mutant),
                    (try? RequestVerifier.check(parsed, publicKey: key.publicKey)) != nil
                {
                    // Blanks that structured fields allow: the same fields, canonically.
                    let canonical = StructuredFieldParser.canonical(altered)
                    let original = StructuredFieldParser.canonical(value)
                    #expect(canonical == original, "\(item): \(altered) for \(value)")
                }
            }
        }
    }
}

extension StructuredFieldParser {
    static func canonical(_ text: String) -> [String]? {
        try? dictionary(text).map { "\($0.name)=\($0.member.text)" }
    }
}
