/// The file form of a proof: a magic line, the canonical encoding, and SHA-256 over all before it.
package enum ProofFile {
    /// The format that this code writes; it reads all from 1 on.
    package static let version: UInt32 = 2

    /// The first line of a file of a version.
    package static func magic(_ version: UInt32) -> [UInt8] {
        Array("cairn-proof-\(version)\n".utf8)
    }

    /// The file of a proof, in the version that it says.
    package static func bytes(_ proof: WireProof) -> [UInt8] {
        let body = magic(proof.version) + Wire.encode(proof)
        return body + Digest.sha256(body).bytes
    }

    /// Reads a file; any altered byte is refused here already.
    package static func read(_ bytes: [UInt8]) throws(MalformedBytes) -> WireProof {
        guard bytes.count <= WireLimit.proofBytes else { throw MalformedBytes("proof", .oversize) }
        guard let version = (1...version).first(where: { bytes.starts(with: magic($0)) }) else {
            throw MalformedBytes("proof", .badField)
        }
        let start = magic(version).count
        let end = bytes.count - Digest.size
        guard end > start else { throw MalformedBytes("proof", .badField) }
        guard Digest.sha256(Array(bytes[..<end])).bytes == Array(bytes[end...]) else {
            throw MalformedBytes("proof", .notCanonical)
        }
        let proof = try Wire.decode(
            WireProof.self, from: Array(bytes[start..<end]), what: "proof",
            limitBytes: WireLimit.proofBytes)
        guard proof.version == version else { throw MalformedBytes("proof", .badField) }
        // Version 1 knew none of these, and always had a subject.
        let isWhole = proof.hasSubject ? proof.hasSeal : ProofFile.isStateAlone(proof)
        let isPlain =
            !proof.hasState && proof.certificates.isEmpty && proof.activations.isEmpty
        guard version == 1 ? isPlain : isWhole else { throw MalformedBytes("proof", .badField) }
        return proof
    }

    /// Whether a proof without a subject has nothing that would speak of one.
    private static func isStateAlone(_ proof: WireProof) -> Bool {
        proof.hasState && !proof.hasSeal && proof.write == 0 && !proof.hasOpening
            && proof.record.isEmpty && proof.certificates.isEmpty
    }
}
