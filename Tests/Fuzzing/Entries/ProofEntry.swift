import CairnClient
import LedgerCore

/// What stands in a proof file between its magic line and its digest: a fuzzer cannot guess the
/// digest, so it is added here. What is read is then checked, by the verifier that `cairn verify`
/// runs, against the genesis that it brings.
enum ProofEntry {
    static func run(_ bytes: [UInt8]) throws -> Bool {
        if let proof = try? ProofFile.read(bytes) {
            try expectSame("proof file", ProofFile.bytes(proof), bytes)
        }
        for version in 1...ProofFile.version {
            let body = ProofFile.magic(version) + bytes
            let file = body + Digest.sha256(body).bytes
            // The message says its version, so that one line at most fits.
            guard let proof = try? ProofFile.read(file) else { continue }
            try expectSame("proof", ProofFile.bytes(proof), file)
            if let trust = try? ProofTrust(file: [UInt8](proof.genesis)) {
                _ = try? ProofVerifier(trust: trust).verify(file)
            }
            return true
        }
        return false
    }
}
