import Crypto
package import LedgerCore

/// The `Content-Digest` field (RFC 9530 section 2) with SHA-256.
///
/// It authenticates a request and never reaches the chain: it is an unsalted hash of content.
package enum ContentDigest {
    /// The field's name, in lower case.
    package static let fieldName = "content-digest"

    /// `sha-256=:…:`.
    package static func format(_ digest: LedgerCore.Digest) -> String {
        "sha-256=:\(Base64.encode(digest.bytes)):"
    }

    /// The SHA-256 in a field; other algorithms may stand beside it and are not looked at.
    ///
    /// - Throws: ``RequestSignatureError/contentDigest``.
    package static func parse(
        _ value: String
    ) throws(RequestSignatureError) -> LedgerCore.Digest {
        guard let members = try? StructuredFieldParser.dictionary(value),
            let member = members.first(where: { $0.name == "sha-256" })?.member,
            case .value(let found) = member, case .bytes(let bytes) = found.item,
            found.parameters.entries.isEmpty, let digest = LedgerCore.Digest(bytes)
        else { throw .contentDigest }
        return digest
    }

    /// Hashes a body that passes by in pieces.
    package struct Hasher: ~Copyable {
        private var hash = SHA256()

        package init() {}

        package mutating func update(_ bytes: UnsafeRawBufferPointer) {
            hash.update(bufferPointer: bytes)
        }

        package mutating func update(_ bytes: [UInt8]) { hash.update(data: bytes) }

        package consuming func finish() -> LedgerCore.Digest {
            LedgerCore.Digest(hash.finalize())
        }
    }
}
