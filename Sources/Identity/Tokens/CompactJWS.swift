import LedgerCore

/// A JWS in compact serialisation (RFC 7515 section 7.1), taken apart and nothing more.
struct CompactJWS {
    /// The JSON of the header and the payload, not yet looked at.
    let header: [UInt8]
    let payload: [UInt8]
    /// 64 bytes r‖s (RFC 7518 section 3.4).
    let signature: [UInt8]
    /// What the signature is over: the first two parts as received.
    let signed: [UInt8]

    /// - Throws: `malformed` unless there are three parts, each canonical base64url without
    ///   padding, so that one token has one text and its digest names it.
    init(_ token: String) throws(TokenError) {
        let parts = token.utf8.split(
            separator: UInt8(ascii: "."), maxSplits: 3, omittingEmptySubsequences: false)
        guard parts.count == 3,
            let header = Base64.decodeURL(String(Substring(parts[0]))),
            let payload = Base64.decodeURL(String(Substring(parts[1]))),
            let signature = Base64.decodeURL(String(Substring(parts[2])))
        else { throw .malformed }
        self.header = header
        self.payload = payload
        self.signature = signature
        signed = Array(token.utf8.prefix(parts[0].count + 1 + parts[1].count))
    }
}
