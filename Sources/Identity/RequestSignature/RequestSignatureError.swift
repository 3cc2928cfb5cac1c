/// Why a signed request was refused. The texts are safe to send back: they name fields and rules,
/// never values.
package enum RequestSignatureError: Error, Equatable, CustomStringConvertible {
    /// No `Signature-Input` and `Signature` with the label `cairn`.
    case missing
    /// A field does not parse, or is over its limit.
    case malformed(String)
    /// A component is listed twice, has parameters, or is not of the profile.
    case component(String)
    /// A component that the profile demands is not covered.
    case notCovered(String)
    /// A field that may stand once stands more often.
    case repeated(String)
    /// A parameter is missing, unknown or not of its form.
    case parameter(String)
    /// `Content-Digest` is no SHA-256, or not that of the body.
    case contentDigest
    /// `keyid` is not the key's, or `alg` is not its algorithm.
    case wrongKey
    case badSignature
    /// `created` is further from now than the window.
    case stale
    /// `created` lies before this verifier started: it cannot know whether it saw the nonce.
    case beforeStart
    /// The nonce was used before.
    case replayed
    /// No room to remember another nonce; the client may try again later.
    case busy
    /// The library could not sign.
    case signing

    package var description: String {
        switch self {
        case .missing: "request carries no signature with the label cairn"
        case .malformed(let field): "\(field) cannot be read"
        case .component(let name): "signature lists \(name), which this profile does not allow"
        case .notCovered(let name): "signature does not cover \(name)"
        case .repeated(let name): "\(name) stands more than once"
        case .parameter(let name): "signature parameter \(name) is missing or not of its form"
        case .contentDigest: "Content-Digest is not the SHA-256 of the content"
        case .wrongKey: "signature names another key or algorithm"
        case .badSignature: "signature does not verify"
        case .stale: "signature was created too far from now; compare the clocks"
        case .beforeStart: "signature is older than this node's start; sign again"
        case .replayed: "signature was used before; sign again with a new nonce"
        case .busy: "too many signed requests at once; try again later"
        case .signing: "request could not be signed"
        }
    }
}
