package import LedgerCore

/// Signs requests with a person's key (tier 2).
package enum RequestSigner {
    /// The header fields to add to a request, `Signature-Input`, `Signature` and, when there is a
    /// body, `Content-Digest`.
    ///
    /// - Parameters:
    ///   - parts: the request as it will be sent, all fields that ``RequestProfile`` covers
    ///     included. A field added afterwards makes the verifier refuse.
    ///   - contentDigest: SHA-256 of the body; `nil` for a request without one.
    ///   - createdSeconds: seconds since 1970.
    ///   - nonce: 16 fresh random bytes.
    /// - Throws: ``RequestSignatureError``: `malformed`, `repeated`, `contentDigest` (when the
    ///   parts carry another one already), `parameter`, `signing`.
    package static func sign(
        _ parts: SignedRequestParts, contentDigest: Digest?, key: WalletKey,
        createdSeconds: Int64, nonce: Identifier
    ) throws(RequestSignatureError) -> [(name: String, value: String)] {
        var added = [(name: String, value: String)]()
        _ = try RequestProfile.required(parts)
        if let contentDigest {
            if let present = parts.field(ContentDigest.fieldName) {
                guard try ContentDigest.parse(present) == contentDigest else {
                    throw .contentDigest
                }
            } else {
                added.append((ContentDigest.fieldName, ContentDigest.format(contentDigest)))
            }
        } else if parts.field(ContentDigest.fieldName) != nil {
            throw .contentDigest
        }
        // The largest integer of a structured field, and no time before 1970.
        guard (0...999_999_999_999_999).contains(createdSeconds) else {
            throw .parameter("created")
        }
        let whole = SignedRequestParts(
            method: parts.method, authority: parts.authority, path: parts.path,
            query: parts.query, headers: parts.headers + added)
        if let fault = whole.fault { throw fault }
        let components = try RequestProfile.required(whole).map(RequestProfile.component)
        let parameters = RequestProfile.parameters(
            created: createdSeconds, nonce: nonce, keyId: key.id, scheme: key.scheme)
        let base = try SignatureBase.bytes(components: components, parameters: parameters) {
            whole.value(of: $0)
        }
        guard let signature = try? key.sign(base) else { throw .signing }
        let input = StructuredMember.list(components, parameters).text
        added.append((RequestProfile.inputField, "\(RequestProfile.label)=\(input)"))
        let value = StructuredItem.bytes(signature).text
        added.append((RequestProfile.signatureField, "\(RequestProfile.label)=\(value)"))
        return added
    }
}
