import LedgerCore

/// Acts that wait on the ledger for stamps: proposed as an intent, approved or refused by those
/// whom the policy asks for, carried out in the block in which the policy is met (decision 14).
///
/// What is decided here follows from the transactions' bytes and their order alone. A stamp counts
/// as made at the end of its own window, and deadlines count from the beginning of the proposal's,
/// so that whoever replays the log without the blocks' times comes to the same.
enum Approvals {
    /// Longest intent that is kept on the ledger.
    static let intentBytesMax = 64 * 1024
    /// Longest time from a proposed intent's beginning to its deadline, in ms: 31 days.
    static let windowMaxMs: UInt64 = 31 * 86_400_000

    static func apply(
        _ transaction: UnverifiedTransaction, _ authority: Authority, _ context: BlockContext,
        state: inout StateOverlay, isDuplicate: (Digest) throws -> Bool
    ) throws {
        let command: WireApprovalsCommand = try Contracts.command(transaction.intent.command)
        switch command.command {
        case .propose(let propose):
            let id = Intent.id(of: [UInt8](propose.intent))
            guard try !isDuplicate(id), try state.value(.proposal(id)) == nil else {
                throw Refusal(.duplicate)
            }
            try self.propose(propose, id, transaction, authority, context, &state)
        case .approve(let approve):
            try stamp(approve.intent, nil, transaction, authority, context, &state)
        case .refuse(let refuse):
            guard Name.isValid(refuse.reason) else { throw Refusal(.malformed) }
            try stamp(refuse.intent, refuse.reason, transaction, authority, context, &state)
        case nil:
            throw Refusal(.malformed)
        }
    }

    private static func propose(
        _ propose: WirePropose, _ id: Digest, _ transaction: UnverifiedTransaction,
        _ authority: Authority, _ context: BlockContext, _ state: inout StateOverlay
    ) throws {
        let outer = transaction.intent
        guard propose.intent.count <= intentBytesMax,
            let intent = try? Intent(bytes: [UInt8](propose.intent))
        else { throw Refusal(.malformed) }
        try check(intent, outer, context, state)
        var proposal = WireProposalState()
        if propose.hasPolicy {
            do { _ = try SignaturePolicy(propose.policy) } catch { throw Refusal(.policyInvalid) }
            proposal.policy = propose.policy
        }
        proposal.intent = propose.intent
        proposal.proposer = authority.author.bytes.field
        proposal.node = authority.node.bytes.field
        proposal.sinceMs = outer.notBeforeMs
        proposal.deadlineMs = intent.notAfterMs
        proposal.standing = .pending
        try Proposals.add(
            id, deadlineMs: intent.notAfterMs, by: authority.author, at: authority.member,
            fromMs: outer.notBeforeMs, state: &state)
        let rules = try Rules(proposal, state)
        for stamp in transaction.stamps {
            guard let person = try holder(of: stamp.key, state),
                let signer = try Authority.signer(person, state, untilMs: outer.notAfterMs)
            else { continue }
            let isAuthor = stamp.purpose == .author
            if proposal.stamps.contains(where: { Identifier($0.person) == person }) { continue }
            let ballot = try rules.ballot(proposal, state)
            guard isAuthor || rules.policy.use(of: signer, approves: true, ballot) == .counts
            else { continue }
            add(stamp.key, signer, refusal: nil, to: &proposal)
        }
        try settle(&proposal, id, reason: nil, by: transaction.id, context, &state)
    }

    /// Whether an intent may be proposed: by its author, about members or people, and within
    /// windows.
    private static func check(
        _ intent: Intent, _ outer: Intent, _ context: BlockContext, _ state: StateOverlay
    ) throws {
        guard intent.network == outer.network else { throw Refusal(.wrongNetwork) }
        guard intent.channel == outer.channel else { throw Refusal(.wrongChannel) }
        guard intent.author == outer.author else { throw Refusal(.stampMissing) }
        guard try ContractVersions.active(intent, state).isProposable else {
            throw Refusal(.notProposable)
        }
        guard intent.notBeforeMs <= outer.notBeforeMs, context.timeMs <= intent.notAfterMs else {
            throw Refusal(.outsideWindow)
        }
        guard intent.notAfterMs - intent.notBeforeMs <= windowMaxMs else {
            throw Refusal(.windowTooLong)
        }
    }

    /// An approval, or with `refusal` a refusal, by the transaction's author.
    private static func stamp(
        _ intent: some Sequence<UInt8>, _ refusal: String?, _ transaction: UnverifiedTransaction,
        _ authority: Authority, _ context: BlockContext, _ state: inout StateOverlay
    ) throws {
        guard let id = Digest(intent) else { throw Refusal(.malformed) }
        guard var proposal = try state.value(.proposal(id), as: WireProposalState.self) else {
            throw Refusal(.unknownProposal)
        }
        guard proposal.standing == .pending else { throw Refusal(.proposalClosed) }
        guard context.timeMs <= proposal.deadlineMs else { throw Refusal(.proposalExpired) }
        // Who else stands behind a proposal says so with a transaction of their own.
        guard transaction.stamps.allSatisfy({ $0.purpose == .author }),
            let key = transaction.stamps.first?.key,
            let signer = try Authority.signer(
                authority.author, state, untilMs: transaction.intent.notAfterMs)
        else { throw Refusal(.stampNotAllowed) }
        let rules = try Rules(proposal, state)
        let ballot = try rules.ballot(proposal, state)
        let same = refusal == nil ? ballot.approved : ballot.refused
        guard !same.contains(where: { $0.person == signer.person }) else {
            throw Refusal(.alreadyStamped)
        }
        let isProposer = Identifier(proposal.proposer) == signer.person
        switch rules.policy.use(of: signer, approves: refusal == nil, ballot) {
        case .counts: break
        case .needless where isProposer, .stranger where isProposer: break
        case .needless: throw Refusal(.alreadyStamped)
        case .stranger: throw Refusal(.stampNotAllowed)
        }
        proposal.stamps.removeAll { Identifier($0.person) == signer.person }
        add(key, signer, refusal: refusal, to: &proposal)
        if isProposer, let refusal {
            close(&proposal, .refused, by: transaction.id, reason: refusal)
            state.set(.proposal(id), proposal)
            return
        }
        try settle(&proposal, id, reason: refusal, by: transaction.id, context, &state)
    }

    private static func add(
        _ key: Digest, _ signer: SignaturePolicy.Signer, refusal: String?,
        to proposal: inout WireProposalState
    ) {
        var stamp = WireProposalStamp()
        stamp.person = signer.person.bytes.field
        stamp.key = key.bytes.field
        stamp.untilMs = signer.untilMs
        stamp.refusal = refusal ?? ""
        proposal.stamps.append(stamp)
        proposal.stamps.sort { $0.person.lexicographicallyPrecedes($1.person) }
    }

    private static func holder(of key: Digest, _ state: StateOverlay) throws -> Identifier? {
        guard let entry = try state.value(.key(key), as: WireKeyState.self), !entry.revoked else {
            return nil
        }
        return Identifier(entry.person)
    }

    /// Carries the intent out where its policy is met, closes it where it cannot be met any more.
    private static func settle(
        _ proposal: inout WireProposalState, _ id: Digest, reason: String?,
        by transaction: Digest, _ context: BlockContext, _ state: inout StateOverlay
    ) throws {
        let rules = try Rules(proposal, state)
        let ballot = try rules.ballot(proposal, state)
        switch rules.policy.standing(ballot) {
        case .open: break
        case .met:
            try run(rules, proposal, ballot, context, &state)
            close(&proposal, .run, by: transaction, reason: "")
        case .refused:
            let first = proposal.stamps.first { !$0.refusal.isEmpty }?.refusal
            close(&proposal, .refused, by: transaction, reason: reason ?? first ?? "")
        }
        state.set(.proposal(id), proposal)
    }

    private static func close(
        _ proposal: inout WireProposalState, _ standing: WireProposalStanding,
        by transaction: Digest, reason: String
    ) {
        proposal.standing = standing
        proposal.decided = transaction.bytes.field
        proposal.reason = reason
        proposal.intent = [UInt8]().field
    }

    /// The intent, as if its author had handed it in here with all these stamps.
    private static func run(
        _ rules: Rules, _ proposal: WireProposalState, _ ballot: SignaturePolicy.Ballot,
        _ context: BlockContext, _ state: inout StateOverlay
    ) throws {
        guard ballot.approved.contains(where: { $0.person == rules.intent.author }) else {
            throw Refusal(.keyRevoked)
        }
        guard let node = Identifier(proposal.node),
            let submitter = try state.value(.node(node), as: WireNodeState.self),
            !submitter.retired
        else { throw Refusal(.unknownNode) }
        let authority = Authority(
            author: rules.intent.author, member: rules.authorMember, node: node,
            signers: ballot.approved)
        // Its version may have been retired or its contract paused since it was proposed.
        let name = try ContractVersions.active(rules.intent, state)
        try Contracts.govern(rules.intent, as: name, authority, context, state: &state)
    }
}

/// What a pending proposal waits for.
private struct Rules {
    let intent: Intent
    let authorMember: Identifier
    /// The member that the command concerns.
    let member: Identifier
    /// The command's own policy, and the proposal's beside it: never instead of it.
    let policy: SignaturePolicy

    init(_ proposal: WireProposalState, _ state: StateOverlay) throws {
        intent = try Intent(bytes: [UInt8](proposal.intent))
        guard let author = try Authority.signer(intent.author, state) else {
            throw Refusal(.unknownAuthor)
        }
        authorMember = author.member
        let declared = try Contracts.declared(by: intent, author: author.member, state)
        member = declared.member
        policy =
            proposal.hasPolicy
            ? .and([declared.policy, try SignaturePolicy(proposal.policy)]) : declared.policy
    }

    /// The stamps whose keys still hold, by people as they are now.
    func ballot(
        _ proposal: WireProposalState, _ state: StateOverlay
    ) throws -> SignaturePolicy.Ballot {
        var ballot = SignaturePolicy.Ballot(
            approved: [], refused: [], member: member, sinceMs: proposal.sinceMs)
        for stamp in proposal.stamps {
            guard let key = Digest(stamp.key), let person = Identifier(stamp.person),
                let entry = try state.value(.key(key), as: WireKeyState.self), !entry.revoked,
                let signer = try Authority.signer(person, state, untilMs: stamp.untilMs)
            else { continue }
            if stamp.refusal.isEmpty {
                ballot.approved.append(signer)
            } else {
                ballot.refused.append(signer)
            }
        }
        return ballot
    }
}
