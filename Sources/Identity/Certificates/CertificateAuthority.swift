package import Crypto
package import FoundationEssentials
package import LedgerCore
import SwiftASN1
import X509

/// A member's own certificate authority (DESIGN.md section 7): one P-256 key, one self-signed
/// certificate on the ledger, and leaf certificates for the member's nodes, nothing between.
package struct CertificateAuthority: Sendable {
    /// The self-signed certificate, as the ledger carries it.
    package let certificate: MemberCertificate
    private let key: P256.Signing.PrivateKey

    /// 10 years: a member renews it by a proposal and a vote, not by a script.
    package static let lifetimeSeconds = 3_652.0 * 86_400
    /// 90 days: a stolen leaf key is of use for that long at most; nodes renew at two thirds.
    package static let leafLifetimeSeconds = 90.0 * 86_400
    /// How far a certificate's first second lies back, for peers whose clocks run behind.
    package static let backdateSeconds = 300.0
    /// RFC 5280 appendix A.1, ub-organization-name.
    package static let memberNameLengthMax = 64

    /// Makes the authority of a new member.
    ///
    /// CA:true with path length 0, keyCertSign and cRLSign, subject O = `memberName`.
    ///
    /// - Parameter now: the current time, whole seconds count.
    /// - Throws: ``MemberCertificateError``: `memberName`, `signing`.
    package static func create(
        memberName: String, key: P256.Signing.PrivateKey, now: Date
    ) throws(MemberCertificateError) -> CertificateAuthority {
        let unprintable = memberName.unicodeScalars.contains {
            $0.properties.generalCategory == .control
        }
        guard (1...memberNameLengthMax).contains(memberName.unicodeScalars.count), !unprintable
        else { throw .memberName }
        let certificate: Certificate
        do {
            let name = try DistinguishedName { OrganizationName(memberName) }
            let publicKey = Certificate.PublicKey(key.publicKey)
            certificate = try Certificate(
                version: .v3, serialNumber: Certificate.SerialNumber(), publicKey: publicKey,
                notValidBefore: now.addingTimeInterval(-backdateSeconds),
                notValidAfter: now.addingTimeInterval(lifetimeSeconds),
                issuer: name, subject: name, signatureAlgorithm: .ecdsaWithSHA256,
                extensions: try Certificate.Extensions {
                    Critical(BasicConstraints.isCertificateAuthority(maxPathLength: 0))
                    Critical(KeyUsage(keyCertSign: true, cRLSign: true))
                    SubjectKeyIdentifier(hash: publicKey)
                },
                issuerPrivateKey: Certificate.PrivateKey(key))
        } catch { throw .signing }
        return try CertificateAuthority(certificate: try MemberCertificate(certificate), key: key)
    }

    /// Takes up an authority that exists.
    ///
    /// - Throws: ``MemberCertificateError``: `keyMismatch`, `notAuthority`.
    package init(
        certificate: MemberCertificate, key: P256.Signing.PrivateKey
    ) throws(MemberCertificateError) {
        guard certificate.publicKey?.rawRepresentation == key.publicKey.rawRepresentation else {
            throw .keyMismatch
        }
        guard certificate.isAuthority else { throw .notAuthority }
        self.certificate = certificate
        self.key = key
    }

    /// Issues a node's leaf for server and client authentication: subject O = the member,
    /// CN = the node's id, the host names as subjectAltName.
    ///
    /// - Parameters:
    ///   - publicKey: the node's transport key.
    ///   - now: the current time. Never valid longer than the authority itself.
    /// - Throws: ``MemberCertificateError``: `hostNameCount`, `expired` (the authority), `signing`.
    package func issue(
        publicKey: P256.Signing.PublicKey, node: Identifier, hostNames: [HostName], now: Date
    ) throws(MemberCertificateError) -> MemberCertificate {
        guard (1...HostName.countMax).contains(hostNames.count) else { throw .hostNameCount }
        let notAfter = min(
            now.addingTimeInterval(CertificateAuthority.leafLifetimeSeconds), certificate.notAfter)
        guard notAfter > now else { throw .expired }
        let leaf: Certificate
        do {
            leaf = try Certificate(
                version: .v3, serialNumber: Certificate.SerialNumber(),
                publicKey: Certificate.PublicKey(publicKey),
                notValidBefore: now.addingTimeInterval(-CertificateAuthority.backdateSeconds),
                notValidAfter: notAfter,
                issuer: certificate.certificate.subject, subject: subject(of: node),
                signatureAlgorithm: .ecdsaWithSHA256,
                extensions: try leafExtensions(publicKey, hostNames),
                issuerPrivateKey: Certificate.PrivateKey(key))
        } catch { throw .signing }
        return try MemberCertificate(leaf)
    }

    private func subject(of node: Identifier) -> DistinguishedName {
        var names = Array(certificate.certificate.subject)
        names.append(
            RelativeDistinguishedName(
                .init(type: .RDNAttributeType.commonName, utf8String: node.description)))
        return DistinguishedName(names)
    }

    private func leafExtensions(
        _ publicKey: P256.Signing.PublicKey, _ hostNames: [HostName]
    ) throws -> Certificate.Extensions {
        let issuerKey = Certificate.PublicKey(key.publicKey)
        return try Certificate.Extensions {
            Critical(BasicConstraints.notCertificateAuthority)
            Critical(KeyUsage(digitalSignature: true))
            try ExtendedKeyUsage([.serverAuth, .clientAuth])
            SubjectAlternativeNames(hostNames.map(\.generalName))
            SubjectKeyIdentifier(hash: Certificate.PublicKey(publicKey))
            AuthorityKeyIdentifier(
                keyIdentifier: SubjectKeyIdentifier(hash: issuerKey).keyIdentifier)
        }
    }
}

extension CertificateAuthority: CustomStringConvertible, CustomReflectable {
    package var description: String { "authority \(certificate.certificate.subject)" }
    package var customMirror: Mirror { Mirror(self, children: ["certificate": certificate]) }
}
