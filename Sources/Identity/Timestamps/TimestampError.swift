/// Why an answer of a timestamp authority is no timestamp for what was asked.
package enum TimestampError: String, Error, Sendable, CaseIterable, CustomStringConvertible {
    /// It is no RFC 3161 response, or holds what this version does not know.
    case malformed
    /// The authority refused.
    case refused
    /// It stamps something else.
    case wrongImprint = "wrong-imprint"
    /// It answers another request.
    case wrongNonce = "wrong-nonce"
    /// The signature, or what it covers, does not hold.
    case wrongSignature = "wrong-signature"
    /// The signer's certificate does not lead to one that was configured, is not for timestamps, or
    /// was not valid at the time that it states.
    case untrusted
    /// The time is too far from this node's.
    case wrongTime = "wrong-time"

    /// One line for a person.
    package var description: String {
        switch self {
        case .malformed: "the answer is no RFC 3161 timestamp"
        case .refused: "the authority refused the request"
        case .wrongImprint: "the timestamp is over something else"
        case .wrongNonce: "the timestamp answers another request"
        case .wrongSignature: "the timestamp's signature does not hold"
        case .untrusted:
            "the timestamp's certificate does not lead to a configured one, is not for timestamps, "
                + "or had expired"
        case .wrongTime: "the timestamp's time is too far from this node's clock"
        }
    }
}
