package import Crypto
package import FoundationEssentials
import LedgerCore
import SwiftASN1
package import X509

/// A certificate read from DER or made here. That it exists says nothing about trust; see
/// ``ValidatedLeaf``.
package struct MemberCertificate: Hashable, Sendable {
    /// As the library sees it, for TLS.
    package let certificate: Certificate
    /// The exact bytes.
    package let der: [UInt8]

    /// Ours are below 2 KiB; the bound is for those that others send.
    package static let sizeBytesMax = 16_384

    /// Reads one certificate and refuses trailing bytes, and a signature that is not of whole
    /// bytes: the library ignores unused bits, and one certificate would have several encodings.
    ///
    /// - Throws: ``MemberCertificateError/malformed``.
    package init(der: [UInt8]) throws(MemberCertificateError) {
        guard der.count <= MemberCertificate.sizeBytesMax,
            let certificate = try? Certificate(derEncoded: der),
            MemberCertificate.hasWholeSignature(der)
        else { throw .malformed }
        self.certificate = certificate
        self.der = der
    }

    /// Whether the last of the certificate's three parts says that no bits are unused.
    private static func hasWholeSignature(_ der: [UInt8]) -> Bool {
        guard let root = try? DER.parse(der), case .constructed(let parts) = root.content else {
            return false
        }
        var last: ASN1Node?
        for part in parts { last = part }
        guard let last, let bits = try? ASN1BitString(derEncoded: last) else { return false }
        return bits.paddingBits == 0
    }

    /// Reads one certificate in PEM (RFC 7468).
    ///
    /// - Throws: ``MemberCertificateError/malformed``.
    package init(pem: String) throws(MemberCertificateError) {
        // Base64 and line ends make PEM up to 1.4 times as long.
        guard pem.utf8.count <= MemberCertificate.sizeBytesMax * 3 / 2,
            let document = try? PEMDocument(pemString: pem), document.discriminator == "CERTIFICATE"
        else { throw .malformed }
        try self.init(der: document.derBytes)
    }

    init(_ certificate: Certificate) throws(MemberCertificateError) {
        var serializer = DER.Serializer()
        do { try serializer.serialize(certificate) } catch { throw .malformed }
        self.certificate = certificate
        der = serializer.serializedBytes
    }

    /// RFC 7468 text.
    package var pem: String {
        PEMDocument(type: "CERTIFICATE", derBytes: der).pemString + "\n"
    }

    /// The P-256 key in it; `nil` for another kind of key.
    package var publicKey: P256.Signing.PublicKey? {
        P256.Signing.PublicKey(certificate.publicKey)
    }

    /// First and last second of validity.
    package var notBefore: Date { certificate.notValidBefore }
    package var notAfter: Date { certificate.notValidAfter }
}

/// A node's certificate that was checked against its member's authority at a point in time. Only
/// ``MemberCertificate/validated(by:at:)`` makes one.
package struct ValidatedLeaf: Hashable, Sendable {
    package let certificate: MemberCertificate
    /// The key that TLS proves, to be matched with the node key on the ledger.
    package let publicKey: P256.Signing.PublicKey
    /// What it may be reached by.
    package let hostNames: [HostName]

    init(
        certificate: MemberCertificate, publicKey: P256.Signing.PublicKey, hostNames: [HostName]
    ) {
        self.certificate = certificate
        self.publicKey = publicKey
        self.hostNames = hostNames
    }

    package static func == (left: ValidatedLeaf, right: ValidatedLeaf) -> Bool {
        left.certificate == right.certificate
    }

    package func hash(into hasher: inout Hasher) { hasher.combine(certificate) }
}
