package import LedgerCore

/// Members and their nodes as the ledger has them.
package struct MemberDirectory: Sendable {
    let state: LedgerState

    /// One member of the network.
    package struct Member: Sendable {
        package let id: Identifier
        package let name: String
        /// ISO 3166-1 alpha-2, or empty.
        package let jurisdiction: String
        /// Ed25519, 32 bytes.
        package let checkpointKey: [UInt8]
        /// The height at which it entered.
        package let since: UInt64
    }

    /// One server of a member.
    package struct Node: Sendable {
        package let id: Identifier
        package let member: Identifier
        package let since: UInt64
        package let isRetired: Bool
    }

    /// Everyone, the oldest first.
    package func members() throws -> [Member] {
        var ids = [Identifier]()
        try state.entries(prefix: Array("m".utf8)) { key, _ in
            if let id = Identifier(key.dropFirst()) { ids.append(id) }
        }
        return try ids.compactMap { id in
            try state.member(id).map { member in
                Member(
                    id: id, name: member.description_p.name,
                    jurisdiction: member.description_p.jurisdiction,
                    checkpointKey: [UInt8](member.description_p.checkpointKey),
                    since: member.since)
            }
        }.sorted { ($0.since, $0.id.description) < ($1.since, $1.id.description) }
    }

    /// All nodes, retired ones too, the oldest first.
    package func nodes() throws -> [Node] {
        var ids = [Identifier]()
        try state.entries(prefix: Array("n".utf8)) { key, _ in
            if let id = Identifier(key.dropFirst()) { ids.append(id) }
        }
        return try ids.compactMap { id in
            guard let node = try state.node(id), let member = Identifier(node.description_p.member)
            else { return nil }
            return Node(id: id, member: member, since: node.since, isRetired: node.retired)
        }.sorted { ($0.since, $0.id.description) < ($1.since, $1.id.description) }
    }
}

extension LedgerReader {
    /// Who keeps the ledger.
    package var directory: MemberDirectory { MemberDirectory(state: state) }
}

/// What a member's signature on a checkpoint says.
package struct Cosigner: Sendable {
    package let member: MemberDirectory.Member
    /// When it cosigned, in seconds since 1970; `nil` where this checkpoint has no valid signature
    /// of it.
    package let atSeconds: UInt64?
}

extension Checkpoint {
    /// Which of the members cosigned it; signatures are checked.
    package func cosigners(_ members: [MemberDirectory.Member]) -> [Cosigner] {
        members.map { member in
            let key = NoteKey(
                name: "\(origin)/\(member.id)", algorithm: .cosignature,
                publicKey: member.checkpointKey)
            return Cosigner(member: member, atSeconds: key.verify(self))
        }
    }
}
