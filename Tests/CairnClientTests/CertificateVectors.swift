import CairnClient
import Crypto
import FoundationEssentials
import Identity
import LedgerCore
import SwiftProtobuf

/// What members' authorities say of nodes, beside a proof that holds without it.
enum CertificateVectors {
    static func all() throws -> [ProofVector] {
        var list = ProofVectorList()
        let ledger = try ProofLedger(memberCount: 2)
        try ledger.append(try ledger.entry())
        func add(
            _ name: String, _ reason: ProofRefusal.Reason?,
            _ certificates: [(Identifier, [UInt8])]
        ) throws {
            try list.add(name, reason, on: ledger) { proof in
                proof.certificates = certificates.map { node, der in
                    var proven = WireProvenCertificate()
                    proven.node = node.bytes.field
                    proven.certificate = der.field
                    return proven
                }
            }
        }
        let (home, other) = (ledger.home, ledger.members[1])
        let good = try home.certificate()
        let authority = home.authority?.certificate.der ?? []
        try add("certificate-of-the-node", nil, [(home.node, good)])
        try add(
            "certificates-of-both-nodes", nil,
            [(other.node, try other.certificate()), (home.node, good)])
        for (name, certificates) in [
            ("certificate-of-another-node", [(other.node, good)]),
            ("certificate-of-an-unknown-node", [(Fresh.identifier(), good)]),
            ("certificate-twice", [(home.node, good), (home.node, good)]),
            (
                "certificate-over-another-key",
                [
                    (home.node, try home.certificate(P256.Signing.PrivateKey().publicKey))
                ]
            ),
            (
                "certificate-by-another-authority",
                [
                    (home.node, try foreign(other, over: home.transportKey.publicKey))
                ]
            ),
            (
                "certificate-by-an-authority-of-the-same-name",
                [
                    (
                        home.node,
                        try foreign(ProofLedger.Member(), over: home.transportKey.publicKey)
                    )
                ]
            ),
            ("certificate-cut", [(home.node, Array(good.dropLast()))]),
            ("certificate-with-a-byte-more", [(home.node, good + [0])]),
            ("certificate-altered", [(home.node, altered(good))]),
            ("certificate-empty", [(home.node, [])]),
            ("certificate-of-the-authority", [(home.node, authority)]),
        ] { try add(name, .certificateInvalid, certificates) }
        return list.vectors
    }

    /// Another member's authority speaks of this key.
    private static func foreign(
        _ member: ProofLedger.Member, over key: P256.Signing.PublicKey
    ) throws -> [UInt8] { try member.certificate(key) }

    private static func altered(_ der: [UInt8]) -> [UInt8] {
        var result = der
        result[der.count / 3] ^= 1
        return result
    }
}
