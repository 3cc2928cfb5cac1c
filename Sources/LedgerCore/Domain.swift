package import Crypto

/// The first bytes of everything that is hashed or signed, so that no two kinds can be confused.
///
/// A domain is hashed as its text followed by one zero byte.
package struct Domain: Sendable {
    /// The text and its zero byte.
    package let prefix: [UInt8]

    private init(_ name: String) { prefix = Array("cairn/v1/\(name)".utf8) + [0] }

    package static let genesis = Domain("genesis")
    package static let genesisBody = Domain("genesis-body")
    package static let intent = Domain("intent")
    package static let transaction = Domain("transaction")
    package static let batch = Domain("batch")
    package static let header = Domain("header")
    package static let refusal = Domain("refusal")
    package static let stamp = Domain("stamp")
    package static let stampBatch = Domain("stamp-batch")
    package static let stampLink = Domain("stamp-link")
    package static let submission = Domain("submission")
    package static let receipt = Domain("receipt")
    package static let knock = Domain("knock")
    package static let publicKey = Domain("public-key")
    package static let stateKey = Domain("state-key")
    package static let stateLeaf = Domain("state-leaf")
    package static let stateNode = Domain("state-node")
    package static let stateWrites = Domain("state-writes")
    package static let commitment = Domain("commitment")
    package static let claim = Domain("claim")
    package static let requestStamp = Domain("request-stamp")
    package static let packKey = Domain("pack-key")
    package static let segmentKey = Domain("segment-key")
    package static let sidecarKey = Domain("sidecar-key")
    package static let slotKey = Domain("slot-key")
    package static let keyring = Domain("keyring")
    package static let fragment = Domain("fragment")
    package static let catalogue = Domain("catalogue")
    package static let snapshot = Domain("snapshot")

    /// SHA-256 over the domain and the parts, one after the other. Where more than one part varies
    /// in length, the caller puts lengths between them.
    package func digest(_ parts: [UInt8]...) -> Digest {
        var hasher = SHA256()
        hasher.update(data: prefix)
        for part in parts { hasher.update(data: part) }
        return Digest(hasher.finalize())
    }

    /// The digest of a digest and what follows it.
    package func digest(_ first: Digest, _ rest: [UInt8]) -> Digest {
        var hasher = SHA256()
        hasher.update(data: prefix)
        first.withUnsafeBytes { hasher.update(bufferPointer: $0) }
        hasher.update(data: rest)
        return Digest(hasher.finalize())
    }

    /// The digest of two digests, one after the other; costs no allocation of its own.
    package func digest(_ first: Digest, _ second: Digest) -> Digest {
        withUnsafeTemporaryAllocation(byteCount: prefix.count + 2 * Digest.size, alignment: 8) {
            var place = $0
            place.copyBytes(from: prefix)
            place = UnsafeMutableRawBufferPointer(rebasing: place[prefix.count...])
            first.withUnsafeBytes { place.copyMemory(from: $0) }
            place = UnsafeMutableRawBufferPointer(rebasing: place[Digest.size...])
            second.withUnsafeBytes { place.copyMemory(from: $0) }
            return Digest(SHA256.hash(together: UnsafeRawBufferPointer($0)))
        }
    }
}

extension SHA256 {
    /// One hash over bytes that lie together.
    fileprivate static func hash(together bytes: UnsafeRawBufferPointer) -> SHA256.Digest {
        var hasher = SHA256()
        hasher.update(bufferPointer: bytes)
        return hasher.finalize()
    }
}

extension Digest {
    /// The digest that swift-crypto computed.
    package init(_ digest: SHA256.Digest) {
        self = digest.withUnsafeBytes { Digest(copying: $0) }
    }

    /// Plain SHA-256, for formats that others define (RFC 6962, C2SP, Content-Digest).
    package static func sha256(_ bytes: [UInt8]) -> Digest { Digest(SHA256.hash(data: bytes)) }
}

/// A keyed commitment to content: HMAC-SHA-256 under a fresh 256-bit secret, over the content as
/// its author sent it. Without the secret it is a random-looking value; with it, it binds like
/// SHA-256.
package struct Commitment: Hashable, Sendable {
    /// 32 bytes.
    package let value: Digest

    package init(value: Digest) { self.value = value }

    /// Commits to content held in memory.
    package init(content: [UInt8], secret: Digest) {
        var hasher = Hasher(secret: secret)
        content.withUnsafeBytes { hasher.update($0) }
        self = hasher.finish()
    }

    /// Commits to content that passes by in pieces.
    package struct Hasher: ~Copyable {
        private var hmac: HMAC<SHA256>

        package init(secret: Digest) {
            hmac = HMAC(key: SymmetricKey(data: secret.bytes))
            hmac.update(data: Domain.commitment.prefix)
        }

        package mutating func update(_ bytes: UnsafeRawBufferPointer) { hmac.update(data: bytes) }

        package consuming func finish() -> Commitment {
            Commitment(value: hmac.finalize().withUnsafeBytes { Digest(copying: $0) })
        }
    }
}
