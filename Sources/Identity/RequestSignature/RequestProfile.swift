import LedgerCore

/// Cairn's profile of RFC 9421: what is covered and which parameters stand.
enum RequestProfile {
    static let label = "cairn"
    static let tag = "cairn"
    static let inputField = "signature-input"
    static let signatureField = "signature"

    /// Covered in every request.
    static let derived = ["@method", "@authority", "@path", "@query"]
    /// Fields that steer what a request does. Covered whenever present, so that nobody between can
    /// add, change or drop one unseen; a line more of one makes a request ambiguous.
    static let fields = [
        ContentDigest.fieldName, "content-type", "idempotency-key", "cairn-stamp", "if-match",
        "if-none-exist",
    ]
    /// Ours are 10; the rest is for fields that a client chooses to cover besides.
    static let componentsMax = 24

    /// The parameters, in the order in which we write them.
    static let parameters = ["created", "nonce", "keyid", "alg", "tag"]

    static func component(_ name: String) -> StructuredValue {
        StructuredValue(item: .string(name), parameters: StructuredParameters())
    }

    static func parameters(
        created: Int64, nonce: Identifier, keyId: Digest, scheme: KeyScheme
    ) -> StructuredParameters {
        StructuredParameters([
            ("created", .integer(created)), ("nonce", .string(Base64.encodeURL(nonce.bytes))),
            ("keyid", .string(keyId.description)), ("alg", .string(scheme.httpName)),
            ("tag", .string(tag)),
        ])
    }

    /// Components that must be covered, given the fields that are present.
    ///
    /// - Throws: `repeated` if one of ``fields`` stands more than once.
    static func required(
        _ parts: SignedRequestParts
    ) throws(RequestSignatureError) -> [String] {
        var names = derived
        for name in fields {
            let count = parts.lines(name).count
            guard count <= 1 else { throw .repeated(name) }
            if count == 1 { names.append(name) }
        }
        return names
    }
}
