import CairnClient
import Crypto
import Foundation
import LedgerCore

/// What checking a proof file costs whoever has it: reading it, each stamp, each path, and the
/// replay of who members and people were.
enum ProofCases {
    /// A transaction with its content, an enrolment and a revocation, in a log of three members who
    /// all cosigned.
    private static let name = "valid.proof"
    /// Signatures in it: node and administrator of each founder; author and node of three
    /// transactions; a cosignature of each member.
    private static let signatures = (p256: 5, ed25519: 10)

    static func all() throws -> [Case] {
        let folder = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../../Tests/Vectors/proofs")
        func read(_ name: String) throws -> [UInt8] {
            Array(try Data(contentsOf: folder.appending(path: name)))
        }
        let proof = try read(name)
        let verifier = ProofVerifier(trust: try ProofTrust(file: try read("genesis.cairn")))
        _ = try verifier.verify(proof)
        let message = [UInt8](repeating: 0x5a, count: 100)
        let p256 = try Library.verify(.p256(.init()), message)
        let ed25519 = try Library.verify(.ed25519(.init()), message)
        let bound = Bound("\(signatures.p256 + signatures.ed25519) signatures") {
            for _ in 0..<signatures.p256 { try p256.run() }
            for _ in 0..<signatures.ed25519 { try ed25519.run() }
        }
        return [
            Case("bundle of three members, verify", bytes: proof.count, bound: bound) {
                keep(try verifier.verify(proof))
            }
        ]
    }
}
