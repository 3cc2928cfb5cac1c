import Crypto
package import FoundationEssentials
import SwiftASN1
// The time is always given, never read from a clock: the library offers that as SPI.
@_spi(FixedExpiryValidationTime) import X509

extension MemberCertificate {
    /// Whether the certificate has the shape of a member's authority: v3, CA:true, may sign
    /// certificates, signed by itself, P-256.
    var isAuthority: Bool {
        let extensions = certificate.extensions
        guard publicKey != nil, certificate.version == .v3,
            certificate.subject == certificate.issuer,
            case .isCertificateAuthority? = try? extensions.basicConstraints,
            let usage = try? extensions.keyUsage
        else { return false }
        return usage.keyCertSign
            && certificate.publicKey.isValidSignature(certificate.signature, for: certificate)
    }

    /// Checks a node's leaf against its member's authority at `time` (RFC 5280 section 6.1, by
    /// swift-certificates) and the shape that Cairn issues: P-256, no CA, for server and client
    /// authentication, with host names. Revocation is the ledger's: a node that left is no peer.
    ///
    /// - Throws: ``MemberCertificateError``: `notAuthority`, `malformed`, `notLeaf`, `notYetValid`,
    ///   `expired` (also when the authority is) or `untrusted`.
    package func validated(
        by authority: MemberCertificate, at time: Date
    ) async throws(MemberCertificateError) -> ValidatedLeaf {
        guard authority.isAuthority else { throw .notAuthority }
        let (key, hostNames) = try leafParts()
        for certificate in [self, authority] {
            guard certificate.notBefore <= time else { throw .notYetValid }
            guard time <= certificate.notAfter else { throw .expired }
        }
        let roots = CertificateStore([authority.certificate])
        var verifier = Verifier(rootCertificates: roots) {
            RFC5280Policy(fixedExpiryValidationTime: time)
        }
        let result = await verifier.validate(
            leaf: certificate, intermediates: CertificateStore())
        // Leaf and root: anything longer has a path that Cairn does not issue.
        guard case .validCertificate(let chain) = result, chain.count == 2 else {
            throw .untrusted
        }
        return ValidatedLeaf(certificate: self, publicKey: key, hostNames: hostNames)
    }

    /// Whether this is a node's leaf that `authority`, a member's, signed; its dates are not asked.
    package func isIssued(by authority: MemberCertificate) -> Bool {
        guard authority.isAuthority, (try? leafParts()) != nil,
            certificate.issuer == authority.certificate.subject
        else { return false }
        return authority.certificate.publicKey.isValidSignature(
            certificate.signature, for: certificate)
    }

    private func leafParts() throws(MemberCertificateError) -> (P256.Signing.PublicKey, [HostName])
    {
        let extensions = certificate.extensions
        guard let key = publicKey, certificate.version == .v3,
            case .notCertificateAuthority? = try? extensions.basicConstraints,
            let usage = try? extensions.keyUsage, usage.digitalSignature, !usage.keyCertSign,
            let purposes = try? extensions.extendedKeyUsage,
            purposes.contains(.serverAuth), purposes.contains(.clientAuth)
        else { throw .notLeaf }
        guard let names = try? extensions.subjectAlternativeNames,
            (1...HostName.countMax).contains(names.count)
        else { throw .hostNameCount }
        var hostNames = [HostName]()
        for name in names { hostNames.append(try HostName(name)) }
        return (key, hostNames)
    }
}

extension HostName {
    var generalName: GeneralName {
        switch self {
        case .dns(let name): .dnsName(name)
        case .address(let bytes): .ipAddress(ASN1OctetString(contentBytes: bytes[...]))
        }
    }

    init(_ name: GeneralName) throws(MemberCertificateError) {
        switch name {
        case .dnsName(let text): try self.init(text)
        case .ipAddress(let octets) where [4, 16].contains(octets.bytes.count):
            self = .address([UInt8](octets.bytes))
        default: throw .hostName("subjectAltName")
        }
    }
}
