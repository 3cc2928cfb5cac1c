import Contracts
import Identity
package import LedgerCore
import Synchronization

/// `DIR/keys/invitations`: the invitations that this node made, and who knocked with them.
///
/// The secrets are not kept, only their digests. An invitation is bound to whoever knocks with it
/// first: the same may come back, another may not.
package final class Invitations: Sendable {
    private let path: String
    private let network: Digest
    private let transportKey: Digest
    private let state: LedgerState
    private let clock: @Sendable () -> UInt64
    private let list: Mutex<WireInvitationList>

    /// How long an invitation is good for.
    package static let lifetimeMs: UInt64 = 24 * 3_600_000
    /// How long one is kept after its end, so that it can be named as expired or used.
    private static let keptMs: UInt64 = 30 * 24 * 3_600_000
    /// Invitations kept at once.
    private static let countMax = 1_000
    private static let fileBytesMax = 16 * 1024 * 1024

    init(
        path: String, network: Digest, transportKey: Digest, state: LedgerState,
        clock: @escaping @Sendable () -> UInt64
    ) throws {
        self.path = path
        self.network = network
        self.transportKey = transportKey
        self.state = state
        self.clock = clock
        var list = WireInvitationList()
        if FileSystem.exists(path) {
            do {
                list = try Wire.decode(
                    WireInvitationList.self,
                    from: try FileSystem.read(path, limitBytes: Invitations.fileBytesMax),
                    what: "invitations", limitBytes: Invitations.fileBytesMax)
            } catch is MalformedBytes {
                throw NodeError(
                    .damaged, "the file of invitations \(path) does not read back",
                    hint: "move it away and invite again; members that joined are not concerned")
            }
        }
        self.list = Mutex(list)
    }

    /// Makes an invitation, durable before it is given out.
    package func make() throws -> Invitation {
        var random = SystemRandomNumberGenerator()
        let bytes = Identifier(using: &random).bytes + Identifier(using: &random).bytes
        guard let secret = Digest(bytes) else { throw NodeError(.damaged, "no secret was drawn") }
        let invitation = Invitation(network: network, transportKey: transportKey, secret: secret)
        let now = clock()
        try list.withLock { list in
            var changed = list
            changed.entries.removeAll { $0.expiresMs + Invitations.keptMs < now }
            guard changed.entries.count < Invitations.countMax else {
                throw NodeError(.busy, "more invitations are open than this node keeps")
            }
            var entry = WireInvitationEntry()
            entry.secretDigest = invitation.secretDigest.bytes.field
            entry.expiresMs = now + Invitations.lifetimeMs
            changed.entries.append(entry)
            try save(changed)
            list = changed
        }
        return invitation
    }

    private func save(_ list: WireInvitationList) throws {
        try FileSystem.write(Wire.encode(list), to: path, mode: 0o600)
    }

    /// A member that wants to join.
    package struct Request: Sendable {
        package let member: Identifier
        package let name: String
        /// SHA-256 of its authority's certificate: compared over another channel before admitting.
        package let authorityFingerprint: Digest
        /// Digest of the secret of the invitation that it came with.
        package let invitation: Digest
        /// Exact bytes of `AdmitMember`.
        package let admit: [UInt8]
    }

    /// Who has knocked and is not yet a member, in the order of their invitations.
    package func requests() throws -> [Request] {
        try list.withLock(\.entries).compactMap { entry in
            guard entry.hasAdmit, let member = Identifier(entry.admit.member.id),
                try state.member(member) == nil
            else { return nil }
            return Request(
                member: member, name: entry.admit.member.name,
                authorityFingerprint: Digest.sha256([UInt8](entry.admit.member.authority)),
                invitation: try Digest(field: entry.secretDigest, of: "invitations"),
                admit: Wire.encode(entry.admit))
        }
    }

    /// Takes a knock.
    ///
    /// - Parameter transportKey: the key that TLS proved.
    /// - Returns: the guest's member id, and whether the ledger has admitted it.
    /// - Throws: ``PeerRefusal``: `invitation-…`, `knock-invalid`.
    package func knock(
        _ knock: Knock, transportKey: PublicKey
    ) throws -> (member: Identifier, isAdmitted: Bool) {
        let now = clock()
        let secretDigest = Digest.sha256(knock.secret.bytes).bytes.field
        return try list.withLock { list in
            guard let index = list.entries.firstIndex(where: { $0.secretDigest == secretDigest })
            else { throw PeerRefusal(.invitationWrong, "this invitation is none of this node's") }
            let entry = list.entries[index]
            if entry.hasAdmit {
                guard Wire.encode(entry.admit) == knock.admitBytes else {
                    throw PeerRefusal(
                        .invitationUsed, "another member has knocked with this invitation")
                }
            } else {
                guard now < entry.expiresMs else {
                    throw PeerRefusal(.invitationExpired, "this invitation has expired")
                }
            }
            try knock.check(network: network, transportKey: transportKey)
            if !entry.hasAdmit {
                var changed = list
                changed.entries[index].admit = knock.admit
                try save(changed)
                list = changed
            }
            return (knock.member, try state.member(knock.member) != nil)
        }
    }
}
