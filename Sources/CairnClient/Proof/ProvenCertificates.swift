import Crypto
import Identity
import LedgerCore

/// What members' authorities say of the nodes that a proof names: X.509, beside the ledger's own
/// keys. People have no certificates; their keys stand on the ledger.
enum ProvenCertificates {
    /// Certificates of one proof: the node that handed in, with room.
    static let countMax = 16

    /// Refuses unless each is a certificate of a node of the ledger, over its transport key, by its
    /// member's authority. Their dates are told, not judged: whoever checks a proof years later has
    /// the ledger's word for the time.
    static func check(
        _ proof: WireProof, _ replay: MembershipReplay, report: inout ProofReport
    ) throws(ProofRefusal) {
        guard !proof.certificates.isEmpty else {
            if proof.version > 1 { report.add("certificates", "none in the proof") }
            return
        }
        guard proof.certificates.count <= countMax else {
            throw ProofRefusal(.certificateInvalid, "there are too many certificates")
        }
        var seen = Set<Identifier>()
        for proven in proof.certificates {
            guard let id = Identifier(proven.node), seen.insert(id).inserted,
                let node = replay.node(id), let member = Identifier(node.member),
                let issuer = replay.member(member)
            else {
                throw ProofRefusal(.certificateInvalid, "a certificate is of no node of the ledger")
            }
            guard let certificate = try? MemberCertificate(der: [UInt8](proven.certificate)),
                let key = certificate.publicKey.map({ [UInt8]($0.compressedRepresentation) }),
                node.transportKey.scheme == .p256, [UInt8](node.transportKey.bytes) == key,
                let authority = try? MemberCertificate(der: [UInt8](issuer.authority)),
                certificate.isIssued(by: authority)
            else {
                throw ProofRefusal(
                    .certificateInvalid,
                    "the certificate of node \(id) is not its member's over its key")
            }
            report.add("certificate", "node \(id), issued by the authority of member \(member)")
        }
    }
}
