package import LedgerCore
import SwiftASN1

/// A request for a timestamp over a SHA-256 digest (RFC 3161 section 2.4.1).
package struct TimestampRequest: Sendable {
    package let digest: Digest
    /// 16 bytes, a positive number.
    let nonce: [UInt8]

    /// - Parameter random: draws the nonce, so that an old answer is none to this request.
    package init(digest: Digest, using random: inout some RandomNumberGenerator) {
        self.digest = digest
        var nonce = Identifier(using: &random).bytes
        // DER has one form of it then: no sign, no leading zeros.
        nonce[0] = nonce[0] & 0x7f | 0x40
        self.nonce = nonce
    }

    /// DER, as it is sent (`application/timestamp-query`). The signer's certificate is asked for.
    package var der: [UInt8] {
        get throws {
            var serializer = DER.Serializer()
            try serializer.appendConstructedNode(identifier: .sequence) { request in
                try request.serialize(1)
                try request.appendConstructedNode(identifier: .sequence) { imprint in
                    try imprint.appendConstructedNode(identifier: .sequence) { algorithm in
                        try algorithm.serialize(TimestampOID.sha256)
                        try algorithm.serialize(ASN1Null())
                    }
                    try imprint.serialize(ASN1OctetString(contentBytes: digest.bytes[...]))
                }
                try request.serialize(nonce[...])
                try request.serialize(true)
            }
            return serializer.serializedBytes
        }
    }
}

/// Names of RFC 3161, RFC 5652, RFC 5035 and of algorithms.
enum TimestampOID {
    static let sha256: ASN1ObjectIdentifier = "2.16.840.1.101.3.4.2.1"
    static let sha384: ASN1ObjectIdentifier = "2.16.840.1.101.3.4.2.2"
    static let sha512: ASN1ObjectIdentifier = "2.16.840.1.101.3.4.2.3"
    static let rsa: ASN1ObjectIdentifier = "1.2.840.113549.1.1.1"
    static let sha256WithRSA: ASN1ObjectIdentifier = "1.2.840.113549.1.1.11"
    static let sha384WithRSA: ASN1ObjectIdentifier = "1.2.840.113549.1.1.12"
    static let sha512WithRSA: ASN1ObjectIdentifier = "1.2.840.113549.1.1.13"
    static let ecdsaWithSHA256: ASN1ObjectIdentifier = "1.2.840.10045.4.3.2"
    static let ecdsaWithSHA384: ASN1ObjectIdentifier = "1.2.840.10045.4.3.3"
    static let ecdsaWithSHA512: ASN1ObjectIdentifier = "1.2.840.10045.4.3.4"
    static let ed25519: ASN1ObjectIdentifier = "1.3.101.112"
    static let signedData: ASN1ObjectIdentifier = "1.2.840.113549.1.7.2"
    static let timestampInfo: ASN1ObjectIdentifier = "1.2.840.113549.1.9.16.1.4"
    static let contentType: ASN1ObjectIdentifier = "1.2.840.113549.1.9.3"
    static let messageDigest: ASN1ObjectIdentifier = "1.2.840.113549.1.9.4"
    static let signingCertificate: ASN1ObjectIdentifier = "1.2.840.113549.1.9.16.2.12"
    static let signingCertificateV2: ASN1ObjectIdentifier = "1.2.840.113549.1.9.16.2.47"
    static let extendedKeyUsage: ASN1ObjectIdentifier = "2.5.29.37"
}
