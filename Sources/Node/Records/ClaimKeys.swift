package import Crypto
package import LedgerCore
package import struct LedgerCore.Digest

/// Ids of claims: keyed, so that the ledger shows neither names nor criteria (DESIGN section 2).
package struct ClaimKeys: Sendable {
    private let key: SymmetricKey

    /// How long an idempotency key is remembered: 400 days.
    package static let idempotencyMs: UInt64 = 400 * 86_400_000
    /// Longest `Idempotency-Key`.
    package static let idempotencyKeyBytesMax = 255

    package init(key: SymmetricKey) { self.key = key }

    private func id(_ kind: Attachment.Claim.Kind, _ parts: [UInt8]...) -> Digest {
        var hmac = HMAC<SHA256>(key: key)
        hmac.update(data: Domain.claim.prefix + [UInt8(kind.rawValue)])
        for part in parts {
            withUnsafeBytes(of: UInt32(truncatingIfNeeded: part.count).bigEndian) {
                hmac.update(data: $0)
            }
            hmac.update(data: part)
        }
        return Digest(hmac.finalize().map { $0 }) ?? .zero
    }

    /// Of a conditional create: type and canonical criteria.
    package func condition(type: String, criteria: String) -> Digest {
        id(.condition, Array(type.utf8), Array(criteria.utf8))
    }

    /// Of a client-assigned id.
    package func name(type: String, id name: String) -> Digest {
        id(.name, Array(type.utf8), Array(name.utf8))
    }

    /// Of an author's idempotency key; `entry` tells the entries of a batch apart.
    package func idempotency(author: Identifier, key: String, entry: Int) -> Digest {
        id(
            .idempotency, author.bytes, Array(key.utf8),
            withUnsafeBytes(of: UInt32(truncatingIfNeeded: entry).bigEndian) { [UInt8]($0) })
    }
}
