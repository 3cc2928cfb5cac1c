import Crypto
import SwiftASN1
import X509

/// What a response says about one timestamp (RFC 3161 section 2.4.2): a CMS signature (RFC 5652)
/// over a TSTInfo.
///
/// The library's CMS takes content of the type `data` only, so the messages are read here with its
/// DER reader; certificates, their chain and the signature are the library's.
struct TimestampParts {
    /// DER of the TSTInfo.
    let info: [UInt8]
    let certificates: [Certificate]
    let signer: Signer

    /// The one SignerInfo.
    struct Signer {
        let digestAlgorithm: ASN1ObjectIdentifier
        let signatureAlgorithm: ASN1ObjectIdentifier
        let signature: [UInt8]
        /// The signed attributes as they are signed: a SET OF, in DER.
        let attributes: [UInt8]
        /// Their values by type; each type once, with one value.
        let values: [ASN1ObjectIdentifier: ASN1Node]
    }

    /// Certificates that a response may bring.
    private static let certificatesMax = 16

    /// Reads a response.
    ///
    /// - Throws: ``TimestampError/refused``, or `malformed`.
    init(response der: [UInt8]) throws(TimestampError) {
        let parts: [ASN1Node]
        let status: Int
        do {
            parts = try TimestampParts.children(try DER.parse(der), .sequence)
            try TimestampParts.require((1...2).contains(parts.count))
            // After it: words for people, and flags that repeat the status.
            let told = try TimestampParts.children(parts[0], .sequence)
            try TimestampParts.require(!told.isEmpty)
            status = try Int(derEncoded: told[0])
        } catch { throw .malformed }
        // granted, grantedWithMods
        guard status == 0 || status == 1 else { throw .refused }
        guard parts.count == 2 else { throw .malformed }
        do { self = try TimestampParts(token: parts[1]) } catch { throw .malformed }
    }

    private static let first = ASN1Identifier(tagWithNumber: 0, tagClass: .contextSpecific)
    private static let second = ASN1Identifier(tagWithNumber: 1, tagClass: .contextSpecific)

    /// The content of a ContentInfo of that type.
    private static func content(
        _ node: ASN1Node, _ type: ASN1ObjectIdentifier
    ) throws -> ASN1Node {
        let parts = try children(node, .sequence)
        try require(parts.count == 2)
        try require(try ASN1ObjectIdentifier(derEncoded: parts[0]) == type)
        let content = try children(parts[1], first)
        try require(content.count == 1)
        return content[0]
    }

    private init(token: ASN1Node) throws {
        // version, digestAlgorithms, encapContentInfo, certificates?, crls?, signerInfos
        var parts = try TimestampParts.children(
            try TimestampParts.content(token, TimestampOID.signedData), .sequence)[...]
        try TimestampParts.require(parts.count >= 4)
        _ = try Int(derEncoded: parts.removeFirst())
        try TimestampParts.require(parts.removeFirst().identifier == .set)
        let content = try TimestampParts.content(parts.removeFirst(), TimestampOID.timestampInfo)
        info = [UInt8](try ASN1OctetString(derEncoded: content).bytes)
        var certificates = [Certificate]()
        if let node = parts.first, node.identifier == TimestampParts.first {
            certificates = try TimestampParts.certificates(node)
            parts.removeFirst()
        }
        self.certificates = certificates
        // Revocation lists are not asked for; where some come, they are passed over.
        if parts.first?.identifier == TimestampParts.second { parts.removeFirst() }
        try TimestampParts.require(parts.count == 1)
        let signers = try TimestampParts.children(parts.first, .set)
        try TimestampParts.require(signers.count == 1)
        signer = try Signer(signers[0])
    }

    private static func certificates(_ node: ASN1Node) throws -> [Certificate] {
        guard case .constructed(let nodes) = node.content else {
            throw TimestampError.malformed
        }
        let certificates = try nodes.map { try Certificate(derEncoded: $0) }
        try require(certificates.count <= certificatesMax)
        return certificates
    }

    /// The parts of a constructed node of that kind.
    static func children(_ node: ASN1Node?, _ kind: ASN1Identifier) throws -> [ASN1Node] {
        guard let node, node.identifier == kind, case .constructed(let nodes) = node.content else {
            throw TimestampError.malformed
        }
        return Array(nodes)
    }

    static func require(_ condition: Bool) throws {
        guard condition else { throw TimestampError.malformed }
    }

    /// The name of an AlgorithmIdentifier; parameters are absent or NULL for those that are known.
    static func algorithm(_ node: ASN1Node?) throws -> ASN1ObjectIdentifier {
        let parts = try children(node, .sequence)
        try require((1...2).contains(parts.count))
        if parts.count == 2 { try require(parts[1].identifier == .null) }
        return try ASN1ObjectIdentifier(derEncoded: parts[0])
    }
}

extension TimestampParts.Signer {
    init(_ node: ASN1Node) throws {
        let parts = try TimestampParts.children(node, .sequence)
        // version, sid, digestAlgorithm, signedAttrs, signatureAlgorithm, signature, unsignedAttrs?
        let attributesTag = ASN1Identifier(tagWithNumber: 0, tagClass: .contextSpecific)
        try TimestampParts.require((6...7).contains(parts.count))
        try TimestampParts.require(parts[3].identifier == attributesTag)
        digestAlgorithm = try TimestampParts.algorithm(parts[2])
        signatureAlgorithm = try TimestampParts.algorithm(parts[4])
        signature = [UInt8](try ASN1OctetString(derEncoded: parts[5]).bytes)
        // RFC 5652 section 5.4: signed under the tag of a set, not under that of its place.
        var bytes = [UInt8](parts[3].encodedBytes)
        bytes[0] = 0x31
        attributes = bytes
        var values: [ASN1ObjectIdentifier: ASN1Node] = [:]
        for attribute in try TimestampParts.children(parts[3], attributesTag) {
            let pair = try TimestampParts.children(attribute, .sequence)
            try TimestampParts.require(pair.count == 2)
            let type = try ASN1ObjectIdentifier(derEncoded: pair[0])
            let found = try TimestampParts.children(pair[1], .set)
            try TimestampParts.require(found.count == 1 && values[type] == nil)
            values[type] = found[0]
        }
        self.values = values
    }
}
