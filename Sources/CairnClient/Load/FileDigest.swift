import Identity
import LedgerCore

/// The first pass over a file: its hash, and a commitment where one is asked for.
enum FileDigest {
    /// SHA-256 of the content.
    static func of(path: String) throws(ClientError) -> Digest {
        let file = try OpenFile(path)
        var hasher = ContentDigest.Hasher()
        while true {
            let bytes = try file.read(max: FileChunks.sizeBytes)
            if bytes.isEmpty { return hasher.finish() }
            hasher.update(bytes)
        }
    }

    /// SHA-256 and commitment in one pass, and how many bytes there were.
    static func committing(
        path: String, secret: Digest
    ) throws(ClientError) -> (digest: Digest, commitment: Commitment, sizeBytes: Int) {
        let file = try OpenFile(path)
        var hasher = ContentDigest.Hasher()
        var commitment = Commitment.Hasher(secret: secret)
        var size = 0
        while true {
            let bytes = try file.read(max: FileChunks.sizeBytes)
            if bytes.isEmpty { return (hasher.finish(), commitment.finish(), size) }
            hasher.update(bytes)
            bytes.withUnsafeBytes { commitment.update($0) }
            size += bytes.count
        }
    }
}
