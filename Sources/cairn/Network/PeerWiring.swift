import CairnClient
import FoundationEssentials
import Identity
import LedgerCore
import Node
import Ordering

/// Ties the node, which knows no network, to the client that speaks to other nodes.
enum PeerWiring {
    /// The certificates that this node shows at its address.
    static func certificates(
        keys: NodeKeys, authority: [UInt8], node: Identifier, hosts: [String]
    ) throws -> NodeCertificates {
        var names = hosts.filter { $0 != "0.0.0.0" && $0 != "::" }
        if names.isEmpty { names = ["localhost"] }
        return try NodeCertificates(
            keys: keys, authority: authority, node: node, hosts: names, clock: ServeCommand.clock)
    }

    /// A client for the node that orders: its certificate must hold its key on the ledger.
    static func client(_ node: CairnNode, hosts: [String]) throws -> PeerClient? {
        guard let membership = node.identity.membership,
            let server = ServerAddress(membership.url)
        else { return nil }
        let certificates = try certificates(
            keys: node.identity.keys, authority: node.identity.authority,
            node: node.identity.node, hosts: hosts)
        return try PeerClient(server: server, certificate: { certificates.current }) {
            [peers = node.peers] der in
            let peer = try await peers.peer(certificate: der, at: Date())
            guard peer.transportKey.id == membership.leaderKey else {
                throw PeerRefusal(.unknownKey, "the node that answers is another member's")
            }
        }
    }

    /// What the node does over that client.
    static func transport(_ client: PeerClient) -> PeerTransport {
        PeerTransport(
            follow: { height, take in
                do {
                    try await client.stream(
                        "/peer/v1/blocks?from=\(height)", messageBytesMax: BlockMessage.bytesMax,
                        take)
                } catch let error as PeerError {
                    throw words(error)
                }
            },
            submit: { bytes in
                do throws(PeerError) {
                    _ = try await client.post("/peer/v1/submissions", bytes)
                    return .taken
                } catch {
                    return forwarded(error)
                }
            },
            checkpoints: {
                let answer = try Wire.decode(
                    WireCheckpointAnswer.self, from: try await client.get("/peer/v1/checkpoint"),
                    what: "checkpoints", limitBytes: 2 * Checkpoint.noteBytesMax + 64)
                guard let newest = String(validating: answer.newest, as: UTF8.self),
                    let final = String(validating: answer.final, as: UTF8.self)
                else { throw MalformedBytes("checkpoints", .badField) }
                return (newest, final.isEmpty ? nil : final)
            },
            cosign: { note in
                _ = try await client.post("/peer/v1/cosignatures", Array(note.utf8))
            })
    }

    /// What became of a submission that was not answered well. Only what is known not to have been
    /// taken counts as that.
    static func forwarded(_ error: PeerError) -> FollowedOrdering.Forwarded {
        switch error {
        case .unreachable, .stranger: .unreachable
        case .broken: .uncertain
        case .refused(429, _): .full
        case .refused(503, _): .unreachable
        case .refused(let status, let answer):
            status < 500 ? .refused(reason: answer.code) : .uncertain
        }
    }

    /// An error of the connection in words for the node's status.
    private static func words(_ error: PeerError) -> NodeError {
        switch error {
        case .stranger(let refusal as PeerRefusal):
            NodeError(
                .unavailable, "\(refusal.code.rawValue): \(refusal.message)", hint: refusal.hint)
        case .refused(_, let answer):
            NodeError(.unavailable, "\(answer.code): \(answer.message)", hint: answer.hint)
        default: NodeError(.unavailable, error.message)
        }
    }
}
