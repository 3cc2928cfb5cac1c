import Foundation
import LedgerCore

/// Changes inside a proof file, whose digest is made to hold again.
enum ProofParts {
    /// Flips one bit of the subject's transaction, of its block's header, or of the content.
    static func alter(_ part: String, of file: inout Data) throws {
        var proof = try ProofFile.read([UInt8](file))
        switch part {
        case "transaction": proof.subject.transaction[proof.subject.transaction.count / 2] ^= 1
        case "header": proof.seal.header[proof.seal.header.count / 2] ^= 1
        default: proof.opening.content[proof.opening.content.count / 2] ^= 1
        }
        file = Data(ProofFile.bytes(proof))
    }
}
