/// Why a certificate was not made or not accepted.
package enum MemberCertificateError: Error, Equatable, CustomStringConvertible {
    /// The member's name is empty, over 64 characters (RFC 5280 ub-organization-name) or holds
    /// control characters.
    case memberName
    /// A host name or address of a node is none; carries it.
    case hostName(String)
    /// No host name, or more than the limit.
    case hostNameCount
    /// Not DER of one certificate, over the size limit, or without an extension that is needed.
    case malformed
    /// The key is not the one in the certificate.
    case keyMismatch
    /// Not a certificate authority of a member.
    case notAuthority
    /// Not a node's leaf: a CA, or not for server and client authentication.
    case notLeaf
    /// The time given lies before the certificate's first second.
    case notYetValid
    /// The time given lies after the certificate's last second.
    case expired
    /// Another authority signed it, or it was altered.
    case untrusted
    /// The library could not sign.
    case signing

    package var description: String {
        switch self {
        case .memberName: "member name is empty, over 64 characters or unprintable"
        case .hostName(let name): "'\(name)' is no host name and no IP address"
        case .hostNameCount: "a node's certificate needs 1 to \(HostName.countMax) host names"
        case .malformed: "certificate cannot be read"
        case .keyMismatch: "the private key does not belong to the certificate"
        case .notAuthority: "certificate is not a member's authority"
        case .notLeaf: "certificate is not a node's"
        case .notYetValid: "certificate is not valid yet; compare the clocks"
        case .expired: "certificate has expired; the member's node must renew it"
        case .untrusted: "certificate was not signed by this member's authority"
        case .signing: "certificate could not be signed"
        }
    }
}
