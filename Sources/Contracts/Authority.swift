import LedgerCore

/// Who stands behind a transaction: the author, the node that handed it in, the signers.
struct Authority {
    let author: Identifier
    let member: Identifier
    let node: Identifier
    let signers: [SignaturePolicy.Signer]
    /// Who accepted last, where the author handed over what the transaction writes.
    var holder: Identifier?

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
        let takesHandOvers = contract == .records && transaction.intent.contractVersion > 1
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
            case .handOver, .accept:
                // Passing on and taking over is a person's own act, and approves nothing.
                guard takesHandOvers else { throw Refusal(.stampNotAllowed) }
                guard Identifier(key.person) != nil else { throw Refusal(.stampInvalid) }
                continue
            case .refuse:
                throw Refusal(.stampNotAllowed)
            }
            if let found = try Authority.signer(signer, state) { signers.append(found) }
        }
        guard authorSigned else { throw Refusal(.stampMissing) }
        self.author = author
        self.member = member
        self.node = node
        self.signers = signers
        if takesHandOvers {
            holder = try Authority.holder(transaction.stamps, author: author, state)
        }
    }

    /// Who holds it at the end of the chain of hand-overs among the stamps; `nil` where there is
    /// none.
    private static func holder(
        _ stamps: [EStamp], author: Identifier, _ state: StateOverlay
    ) throws -> Identifier? {
        let chain: HandOverChain
        do throws(HandOverChain.Fault) {
            chain = try HandOverChain(stamps)
        } catch {
            throw Refusal(RefusalReason(error.kind))
        }
        guard let first = chain.hops.first, let last = chain.holder else { return nil }
        guard try person(of: first.from, state) == author else {
            throw Refusal(.handOverNotHolder)
        }
        return try person(of: last, state)
    }

    /// The person whose key it is; `nil` for a node's.
    private static func person(of key: Digest, _ state: StateOverlay) throws -> Identifier? {
        try state.value(.key(key), as: WireKeyState.self).flatMap { Identifier($0.person) }
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
