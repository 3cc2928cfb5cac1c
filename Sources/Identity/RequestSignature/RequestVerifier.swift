package import LedgerCore

/// A request signature that follows the profile and whose key has not been looked up yet: nothing
/// in it is proven before ``RequestVerifier/check(_:publicKey:)``.
package struct ParsedRequestSignature: Hashable, Sendable {
    /// The key that is said to have signed.
    package let keyId: Digest
    /// Seconds since 1970.
    package let created: Int64
    package let nonce: Identifier
    /// What the body must hash to. `nil` means that the request must have no body: whoever reads
    /// the body MUST compare, ``requireContent(_:)`` does.
    package let contentDigest: Digest?
    package let signatureBase: [UInt8]
    /// 64 raw bytes.
    package let signature: [UInt8]
    package let scheme: KeyScheme

    /// Digest of the signature base: the ``Caller/evidence`` of tier 2.
    package var evidence: Digest { Digest.sha256(signatureBase) }

    /// Compares the body that was read with what was signed.
    ///
    /// - Parameter digest: SHA-256 of the body; `nil` for a body of no bytes.
    /// - Throws: ``RequestSignatureError/contentDigest``.
    package func requireContent(_ digest: Digest?) throws(RequestSignatureError) {
        if let contentDigest {
            guard contentDigest == digest ?? Digest.sha256([]) else { throw .contentDigest }
        } else if digest != nil {
            throw .contentDigest
        }
    }
}

/// Reads and checks request signatures. Three steps, in this order: ``parse(_:)``,
/// ``check(_:publicKey:)``, and ``ReplayGuard/admit(_:nowSeconds:)``, so that only proven
/// signatures take room in the guard.
package enum RequestVerifier {
    /// Whether a request carries a signature at all; if not, look for a token.
    package static func isSigned(_ parts: SignedRequestParts) -> Bool {
        !parts.lines(RequestProfile.inputField).isEmpty
            || !parts.lines(RequestProfile.signatureField).isEmpty
    }

    /// Takes the signature labelled `cairn` off a request and rebuilds what it is over.
    ///
    /// - Throws: ``RequestSignatureError``: `missing`, `malformed`, `component`, `notCovered`,
    ///   `repeated`, `parameter` or `contentDigest`.
    package static func parse(
        _ parts: SignedRequestParts
    ) throws(RequestSignatureError) -> ParsedRequestSignature {
        if let fault = parts.fault { throw fault }
        guard
            case .list(let components, let parameters) = try member(
                parts, RequestProfile.inputField)
        else { throw .malformed(RequestProfile.inputField) }
        guard case .value(let value) = try member(parts, RequestProfile.signatureField),
            case .bytes(let signature) = value.item, value.parameters.entries.isEmpty,
            signature.count == KeyScheme.signatureSize
        else { throw .malformed(RequestProfile.signatureField) }
        try checkCoverage(components, parts)
        let read = try readParameters(parameters)
        let base = try SignatureBase.bytes(components: components, parameters: parameters) {
            parts.value(of: $0)
        }
        let digest = parts.field(ContentDigest.fieldName)
        return ParsedRequestSignature(
            keyId: read.keyId, created: read.created, nonce: read.nonce,
            contentDigest: try digest.map { value throws(RequestSignatureError) in
                try ContentDigest.parse(value)
            },
            signatureBase: base, signature: signature, scheme: read.scheme)
    }

    /// Checks the signature with the key that the ledger has under
    /// ``ParsedRequestSignature/keyId``.
    ///
    /// P-256 signatures with a high s pass: RFC 9421 allows them, badges and browsers make them,
    /// and a replay under the other s has the same nonce.
    ///
    /// - Throws: ``RequestSignatureError``: `wrongKey`, `badSignature`.
    package static func check(
        _ parsed: ParsedRequestSignature, publicKey: WalletPublicKey
    ) throws(RequestSignatureError) {
        guard publicKey.scheme == parsed.scheme, publicKey.id == parsed.keyId else {
            throw .wrongKey
        }
        let valid = publicKey.isValid(
            parsed.signature, for: parsed.signatureBase, lowSRequired: false)
        guard valid else { throw .badSignature }
    }

    private static func member(
        _ parts: SignedRequestParts, _ name: String
    ) throws(RequestSignatureError) -> StructuredMember {
        guard let text = parts.field(name) else { throw .missing }
        guard let members = try? StructuredFieldParser.dictionary(text) else {
            throw .malformed(name)
        }
        guard let found = members.first(where: { $0.name == RequestProfile.label }) else {
            throw .missing
        }
        return found.member
    }

    private static func checkCoverage(
        _ components: [StructuredValue], _ parts: SignedRequestParts
    ) throws(RequestSignatureError) {
        guard components.count <= RequestProfile.componentsMax else {
            throw .malformed(RequestProfile.inputField)
        }
        var covered = Set<String>()
        for component in components {
            guard case .string(let name) = component.item, component.parameters.entries.isEmpty
            else { throw .component(component.text) }
            let allowed =
                name.utf8.first == UInt8(ascii: "@")
                ? RequestProfile.derived.contains(name)
                : name != RequestProfile.inputField && name != RequestProfile.signatureField
            guard allowed, covered.insert(name).inserted else {
                throw .component(component.text)
            }
        }
        for name in try RequestProfile.required(parts) where !covered.contains(name) {
            throw .notCovered(name)
        }
        // A body that was announced needs a digest; one that was not is seen by `requireContent`.
        let length = parts.field("content-length") ?? "0"
        if length != "0" || parts.field("transfer-encoding") != nil,
            !covered.contains(ContentDigest.fieldName)
        {
            throw .notCovered(ContentDigest.fieldName)
        }
    }

    private static func readParameters(
        _ parameters: StructuredParameters
    ) throws(RequestSignatureError) -> (
        created: Int64, nonce: Identifier, keyId: Digest, scheme: KeyScheme
    ) {
        for entry in parameters.entries where !RequestProfile.parameters.contains(entry.name) {
            throw .parameter(entry.name)
        }
        guard case .integer(let created)? = parameters["created"], created >= 0 else {
            throw .parameter("created")
        }
        guard
            let nonce = parameters.string("nonce").flatMap({ Base64.decodeURL($0) })
                .flatMap({ Identifier($0) })
        else { throw .parameter("nonce") }
        guard let keyId = parameters.string("keyid").flatMap({ Digest(hex: $0) }) else {
            throw .parameter("keyid")
        }
        guard let scheme = parameters.string("alg").flatMap({ KeyScheme(httpName: $0) }) else {
            throw .parameter("alg")
        }
        guard parameters.string("tag") == RequestProfile.tag else { throw .parameter("tag") }
        return (created, nonce, keyId, scheme)
    }
}
