import LedgerCore

/// Who stands behind a transaction: the author, the node that handed it in, the signers.
struct Authority {
    let author: Identifier
    let member: Identifier
    let node: Identifier
    let signers: [SignaturePolicy.Signer]

    /// The authority of people whose stamps were collected.
    init(
        author: Identifier, member: Identifier, node: Identifier, signers: [SignaturePolicy.Signer]
    ) {
        self.author = author
        self.member = member
        self.node = node
        self.signers = signers
    }

    init(
        _ transaction: UnverifiedTransaction, submittedBy node: Identifier,
        contract: Contracts.Name, state: StateOverlay
    ) throws {
        guard let submitter = try state.value(.node(node), as: WireNodeState.self),
            !submitter.retired, let nodeMember = Identifier(submitter.description_p.member)
        else { throw Refusal(.unknownNode) }
        let author = transaction.intent.author
        guard let person = try state.value(.person(author), as: WirePersonState.self),
            let member = Identifier(person.member)
        else { throw Refusal(.unknownAuthor) }
        guard member == nodeMember else { throw Refusal(.notCustodian) }
        var signers = [SignaturePolicy.Signer]()
        var authorSigned = false
        for stamp in transaction.stamps {
            guard let key = try state.value(.key(stamp.key), as: WireKeyState.self) else {
                throw Refusal(.stampInvalid)
            }
            guard !key.revoked else { throw Refusal(.keyRevoked) }
            let signer: Identifier
            switch stamp.purpose {
            case .author:
                guard Identifier(key.person) == author else { throw Refusal(.stampInvalid) }
                signer = author
                authorSigned = true
            case .onBehalf:
                // A node may speak for people of its own member, on clinical writes only.
                guard contract == .records, transaction.attachment.onBehalf != nil,
                    Identifier(key.node) == node
                else { throw Refusal(.stampNotAllowed) }
                signer = author
                authorSigned = true
            case .approve:
                guard let approver = Identifier(key.person) else { throw Refusal(.stampInvalid) }
                signer = approver
            case .handOver, .accept, .refuse:
                throw Refusal(.stampNotAllowed)
            }
            if let found = try Authority.signer(signer, state) { signers.append(found) }
        }
        guard authorSigned else { throw Refusal(.stampMissing) }
        self.author = author
        self.member = member
        self.node = node
        self.signers = signers
    }

    /// A person as a signer, with roles and attributes as they are now.
    static func signer(
        _ person: Identifier, _ state: StateOverlay, untilMs: UInt64 = 0
    ) throws -> SignaturePolicy.Signer? {
        guard let found = try state.value(.person(person), as: WirePersonState.self),
            let member = Identifier(found.member)
        else { return nil }
        return SignaturePolicy.Signer(
            person: person, member: member, roles: found.roles, attributes: found.attributes,
            untilMs: untilMs)
    }

    /// Refuses unless the signers satisfy `policy` at `member`.
    func require(_ policy: SignaturePolicy, at member: Identifier) throws {
        guard policy.isMet(by: signers, at: member) else { throw Refusal(.policyNotMet) }
    }

    /// Refuses unless the signers satisfy what the command declares.
    func require(_ declared: DeclaredPolicy) throws {
        try require(declared.policy, at: declared.member)
    }
}

/// Whose stamps a command needs, and the member that it concerns.
struct DeclaredPolicy {
    let policy: SignaturePolicy
    let member: Identifier
}
