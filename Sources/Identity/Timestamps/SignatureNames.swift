import Crypto
import SwiftASN1
import X509

/// What a signer's names of algorithms and certificates mean.
enum SignatureNames {
    /// The library's signature algorithm; `nil` for one that is too weak or not known.
    static func algorithm(_ signer: TimestampParts.Signer) -> Certificate.SignatureAlgorithm? {
        switch (signer.signatureAlgorithm, signer.digestAlgorithm) {
        case (TimestampOID.rsa, TimestampOID.sha256),
            (TimestampOID.sha256WithRSA, TimestampOID.sha256):
            .sha256WithRSAEncryption
        case (TimestampOID.rsa, TimestampOID.sha384),
            (TimestampOID.sha384WithRSA, TimestampOID.sha384):
            .sha384WithRSAEncryption
        case (TimestampOID.rsa, TimestampOID.sha512),
            (TimestampOID.sha512WithRSA, TimestampOID.sha512):
            .sha512WithRSAEncryption
        case (TimestampOID.ecdsaWithSHA256, TimestampOID.sha256): .ecdsaWithSHA256
        case (TimestampOID.ecdsaWithSHA384, TimestampOID.sha384): .ecdsaWithSHA384
        case (TimestampOID.ecdsaWithSHA512, TimestampOID.sha512): .ecdsaWithSHA512
        case (TimestampOID.ed25519, TimestampOID.sha512): .ed25519
        default: nil
        }
    }

    /// The digest of bytes; `nil` for an algorithm that is not known.
    static func digest(of bytes: [UInt8], _ algorithm: ASN1ObjectIdentifier) -> [UInt8]? {
        switch algorithm {
        case TimestampOID.sha256: Array(SHA256.hash(data: bytes))
        case TimestampOID.sha384: Array(SHA384.hash(data: bytes))
        case TimestampOID.sha512: Array(SHA512.hash(data: bytes))
        default: nil
        }
    }

    /// Whether the signed attributes name this certificate as the signer's: by its digest, as RFC
    /// 3161 section 2.4.1 asks for (SHA-1) or RFC 5816 (others). It is one of a chain that is
    /// checked besides.
    static func names(_ certificate: Certificate, _ signer: TimestampParts.Signer) -> Bool {
        var serializer = DER.Serializer()
        guard (try? serializer.serialize(certificate)) != nil else { return false }
        let der = serializer.serializedBytes
        if let value = signer.values[TimestampOID.signingCertificateV2] {
            guard let parts = try? firstID(value), let first = parts.first else { return false }
            // The algorithm comes first, unless it is SHA-256.
            let isNamed = first.identifier == .sequence
            let algorithm = isNamed ? try? TimestampParts.algorithm(first) : TimestampOID.sha256
            guard parts.count > (isNamed ? 1 : 0), let algorithm,
                let hash = try? ASN1OctetString(derEncoded: parts[isNamed ? 1 : 0]).bytes,
                let digest = digest(of: der, algorithm)
            else { return false }
            return hash.elementsEqual(digest)
        }
        guard let value = signer.values[TimestampOID.signingCertificate],
            let first = try? firstID(value).first,
            let hash = try? ASN1OctetString(derEncoded: first).bytes
        else { return false }
        return hash.elementsEqual(Insecure.SHA1.hash(data: der))
    }

    /// The parts of the first ESSCertID: the signer's own.
    private static func firstID(_ value: ASN1Node) throws -> [ASN1Node] {
        let list = try TimestampParts.children(value, .sequence)
        return try TimestampParts.children(
            try TimestampParts.children(list.first, .sequence).first, .sequence)
    }
}
