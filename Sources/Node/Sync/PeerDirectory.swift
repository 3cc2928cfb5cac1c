import Contracts
import Crypto
package import FoundationEssentials
package import Identity
package import LedgerCore
package import struct LedgerCore.Digest

/// Members and nodes as the ledger has them, and which of them a certificate belongs to.
package struct PeerDirectory: Sendable {
    let state: LedgerState

    package init(state: LedgerState) { self.state = state }

    /// One node of a member.
    package struct Node: Sendable {
        package let id: Identifier
        package let member: Identifier
        package let stampKey: PublicKey
        package let transportKey: PublicKey
        package let isRetired: Bool
        /// Height at which it was added.
        package let since: UInt64
    }

    /// One member.
    package struct Member: Sendable {
        package let id: Identifier
        package let name: String
        /// ISO 3166-1 alpha-2, or empty.
        package let jurisdiction: String
        /// Ed25519, 32 bytes.
        package let checkpointKey: [UInt8]
        /// SHA-256 of its authority's certificate.
        package let authorityFingerprint: Digest
        /// Height at which it was admitted.
        package let since: UInt64
    }

    /// All members, the oldest first.
    package func members() throws -> [Member] {
        try ids("m").compactMap { id in
            guard let found = try state.member(id) else { return nil }
            let description = found.description_p
            return Member(
                id: id, name: description.name, jurisdiction: description.jurisdiction,
                checkpointKey: [UInt8](description.checkpointKey),
                authorityFingerprint: Digest.sha256([UInt8](description.authority)),
                since: found.since)
        }.sorted { ($0.since, $0.id.description) < ($1.since, $1.id.description) }
    }

    /// All nodes, retired ones too, the oldest first.
    package func nodes() throws -> [Node] {
        try ids("n").compactMap { id in
            guard let found = try state.node(id),
                let member = Identifier(found.description_p.member)
            else { return nil }
            return Node(
                id: id, member: member, stampKey: try PublicKey(found.description_p.stampKey),
                transportKey: try PublicKey(found.description_p.transportKey),
                isRetired: found.retired, since: found.since)
        }.sorted { ($0.since, $0.id.description) < ($1.since, $1.id.description) }
    }

    private func ids(_ kind: String) throws -> [Identifier] {
        var ids = [Identifier]()
        try state.entries(prefix: Array(kind.utf8)) { key, _ in
            if let id = Identifier(key.dropFirst()) { ids.append(id) }
        }
        return ids
    }

    /// The node whose certificate this is: its key is that of a node in service, and it was issued
    /// by that node's member and is valid at `time`. That the peer holds the key is TLS's matter.
    package func peer(certificate der: [UInt8], at time: Date) async throws -> Node {
        guard let certificate = try? MemberCertificate(der: der),
            let key = PeerDirectory.key(of: certificate)
        else { throw PeerRefusal(.malformed, "the peer's certificate cannot be read") }
        let known = try nodes().filter { $0.transportKey.id == key.id }
        guard let node = known.first(where: { !$0.isRetired }) ?? known.first else {
            throw PeerRefusal(.unknownKey, "the peer's key is of no node on the ledger")
        }
        guard !node.isRetired else {
            throw PeerRefusal(.retired, "the peer's node was retired")
        }
        guard let member = try state.member(node.member),
            let authority = try? MemberCertificate(der: [UInt8](member.description_p.authority))
        else {
            throw PeerRefusal(.untrusted, "the authority of the peer's member cannot be read")
        }
        try await PeerDirectory.check(certificate, by: authority, at: time)
        return node
    }

    /// The id of the key in a certificate (DER), whoever issued it.
    package static func keyID(certificate der: [UInt8]) throws -> Digest {
        guard let certificate = try? MemberCertificate(der: der), let key = key(of: certificate)
        else { throw PeerRefusal(.malformed, "the peer's certificate cannot be read") }
        return key.id
    }

    /// The key in a certificate, as the ledger registers transport keys.
    package static func key(of certificate: MemberCertificate) -> PublicKey? {
        certificate.publicKey.flatMap {
            try? PublicKey(scheme: .p256, bytes: [UInt8]($0.compressedRepresentation))
        }
    }

    /// Checks chain and time of a certificate.
    package static func check(
        _ certificate: MemberCertificate, by authority: MemberCertificate, at time: Date
    ) async throws {
        do throws(MemberCertificateError) {
            _ = try await certificate.validated(by: authority, at: time)
        } catch {
            let code: PeerRefusal.Code =
                switch error {
                case .expired: .expired
                case .notYetValid: .notYetValid
                case .malformed, .notLeaf, .hostName, .hostNameCount: .malformed
                default: .untrusted
                }
            throw PeerRefusal(code, "the peer's \(error.description)")
        }
    }
}
