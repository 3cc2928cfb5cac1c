/// The file form of a proof: a magic line, the canonical encoding, and SHA-256 over all before it.
package enum ProofFile {
    package static let magic = Array("cairn-proof-1\n".utf8)
    /// The format that this code writes.
    package static let version: UInt32 = 1

    package static func bytes(_ proof: WireProof) -> [UInt8] {
        let body = magic + Wire.encode(proof)
        return body + Digest.sha256(body).bytes
    }

    /// Reads a file; any altered byte is refused here already.
    package static func read(_ bytes: [UInt8]) throws(MalformedBytes) -> WireProof {
        guard bytes.count <= WireLimit.proofBytes else { throw MalformedBytes("proof", .oversize) }
        guard bytes.count > magic.count + Digest.size, bytes.starts(with: magic) else {
            throw MalformedBytes("proof", .badField)
        }
        let end = bytes.count - Digest.size
        guard Digest.sha256(Array(bytes[..<end])).bytes == Array(bytes[end...]) else {
            throw MalformedBytes("proof", .notCanonical)
        }
        let proof = try Wire.decode(
            WireProof.self, from: Array(bytes[magic.count..<end]), what: "proof",
            limitBytes: WireLimit.proofBytes)
        guard proof.version == version else { throw MalformedBytes("proof", .badField) }
        return proof
    }
}
