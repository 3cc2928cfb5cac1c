import Crypto
import FoundationEssentials
package import LedgerCore
package import struct LedgerCore.Digest
import SwiftASN1
// The time is always given, never read from a clock: the library offers that as SPI.
@_spi(FixedExpiryValidationTime) import X509

/// A timestamp that was checked: that a digest existed at a time, as an authority from outside says
/// (RFC 3161). Only ``TimestampAuthority/check(_:of:nonce:)`` makes one.
package struct Timestamp: Sendable {
    /// Milliseconds since 1970, rounded down.
    package let timeMs: UInt64
}

/// The authorities whose timestamps are believed: certificates, each an authority's own or one that
/// issued it.
package struct TimestampAuthority: Sendable {
    private let roots: [Certificate]

    /// Largest response: a token with a chain of certificates.
    package static let responseBytesMax = 64 * 1024
    /// Largest file of certificates.
    package static let certificatesBytesMax = 256 * 1024

    /// Reads certificates in PEM, one or several.
    ///
    /// - Throws: ``TimestampError/malformed`` where there is none, or something else.
    package init(pem: String) throws(TimestampError) {
        do {
            roots = try PEMDocument.parseMultiple(pemString: pem).map {
                try Certificate(pemDocument: $0)
            }
        } catch { throw .malformed }
        guard !roots.isEmpty else { throw .malformed }
    }

    /// Checks the answer to a request.
    ///
    /// - Parameter response: DER, `application/timestamp-reply`.
    package func check(
        _ response: [UInt8], of request: TimestampRequest
    ) async throws(TimestampError) -> Timestamp {
        try await check(response, of: request.digest, nonce: request.nonce)
    }

    /// Checks a response that was kept, whatever the nonce was.
    package func check(
        _ response: [UInt8], of digest: Digest
    ) async throws(TimestampError) -> Timestamp {
        try await check(response, of: digest, nonce: nil)
    }

    private func check(
        _ response: [UInt8], of digest: Digest, nonce: [UInt8]?
    ) async throws(TimestampError) -> Timestamp {
        guard response.count <= TimestampAuthority.responseBytesMax else { throw .malformed }
        let parts = try TimestampParts(response: response)
        let info: TimestampInfo
        do { info = try TimestampInfo(der: parts.info) } catch { throw .malformed }
        guard info.algorithm == TimestampOID.sha256, info.imprint == digest.bytes else {
            throw .wrongImprint
        }
        if let nonce, info.nonce != nonce { throw .wrongNonce }
        let certificate = try signer(of: parts)
        try await checkTrust(certificate, parts.certificates, at: info.time)
        return Timestamp(timeMs: UInt64(max(0, info.time.timeIntervalSince1970 * 1_000)))
    }

    /// The certificate whose key signed, among those that came and those that were configured.
    private func signer(of parts: TimestampParts) throws(TimestampError) -> Certificate {
        let signer = parts.signer
        guard let algorithm = SignatureNames.algorithm(signer),
            let digest = SignatureNames.digest(of: parts.info, signer.digestAlgorithm),
            let type = signer.values[TimestampOID.contentType],
            (try? ASN1ObjectIdentifier(derEncoded: type)) == TimestampOID.timestampInfo,
            let named = signer.values[TimestampOID.messageDigest],
            let bytes = (try? ASN1OctetString(derEncoded: named))?.bytes,
            bytes.elementsEqual(digest)
        else { throw .wrongSignature }
        for certificate in parts.certificates + roots {
            guard SignatureNames.names(certificate, signer) else { continue }
            guard
                certificate.publicKey.isValidSignature(
                    signer.signature, for: signer.attributes, signatureAlgorithm: algorithm)
            else { throw .wrongSignature }
            return certificate
        }
        throw .untrusted
    }

    private func checkTrust(
        _ certificate: Certificate, _ others: [Certificate], at time: Date
    ) async throws(TimestampError) {
        // One that the operator named needs nobody to vouch for it.
        if roots.contains(certificate) {
            guard certificate.notValidBefore <= time, time <= certificate.notValidAfter,
                TimestampingPolicy.isMet(by: certificate)
            else { throw .untrusted }
            return
        }
        var verifier = Verifier(rootCertificates: CertificateStore(roots)) {
            RFC5280Policy(fixedExpiryValidationTime: time)
            TimestampingPolicy()
        }
        let result = await verifier.validate(
            leaf: certificate, intermediates: CertificateStore(others))
        guard case .validCertificate = result else { throw .untrusted }
    }
}

/// RFC 3161 section 2.3: the signer's certificate is for timestamps and nothing else, and says so
/// in a critical extension.
private struct TimestampingPolicy: VerifierPolicy, Sendable {
    let verifyingCriticalExtensions: [ASN1ObjectIdentifier] = [TimestampOID.extendedKeyUsage]

    func chainMeetsPolicyRequirements(
        chain: UnverifiedCertificateChain
    ) -> PolicyEvaluationResult {
        TimestampingPolicy.isMet(by: chain.leaf)
            ? .meetsPolicy : .failsToMeetPolicy(reason: "not for timestamps alone")
    }

    static func isMet(by certificate: Certificate) -> Bool {
        let extensions = certificate.extensions
        guard extensions[oid: TimestampOID.extendedKeyUsage]?.critical == true,
            let usage = try? extensions.extendedKeyUsage
        else { return false }
        return Array(usage) == [.timeStamping]
    }
}
