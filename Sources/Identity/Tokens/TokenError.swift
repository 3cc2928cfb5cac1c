/// Why a bearer token was refused. It never carries the token.
package enum TokenError: Error, Equatable, CustomStringConvertible {
    /// Over ``TokenVerifier/sizeBytesMax``.
    case oversize
    /// Not three parts of canonical base64url, or a part is not the JSON it should be.
    case malformed
    /// Another algorithm than ES256, another type, or a header field that Cairn does not issue.
    case header
    /// `kid` names no key of this verifier.
    case unknownKey
    case badSignature
    /// `iss` is another network.
    case wrongIssuer
    /// `aud` is not who was asked.
    case wrongAudience
    case expired
    /// `iat` lies ahead by more than the skew allowed.
    case notYetValid
    /// A lifetime that is negative or longer than the network permits.
    case lifetime
    /// The library could not sign.
    case signing

    package var description: String {
        switch self {
        case .oversize: "token is larger than \(TokenVerifier.sizeBytesMax) bytes"
        case .malformed: "token is not a compact JWT of this network"
        case .header: "token header is not ES256, or holds what Cairn does not issue"
        case .unknownKey: "token was signed by a key that is not known here"
        case .badSignature: "token signature does not verify"
        case .wrongIssuer: "token is of another network"
        case .wrongAudience: "token was issued for another audience"
        case .expired: "token has expired; ask for a new one"
        case .notYetValid: "token is not valid yet; compare the clocks"
        case .lifetime: "token lifetime is out of bounds"
        case .signing: "token could not be signed"
        }
    }
}
