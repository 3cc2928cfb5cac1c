import LedgerCore

/// The members of the network and their nodes.
enum Members {
    /// An administrator of a member that already takes part.
    static let policy = SignaturePolicy.role(.administrator)

    /// A command's policy: what concerns the whole ledger takes the majority of its members.
    static func declared(
        by command: WireMembersCommand, author member: Identifier, _ state: StateOverlay
    ) throws -> DeclaredPolicy {
        DeclaredPolicy(
            policy: isForAll(command) ? try Roll.majority(state) : policy, member: member)
    }

    static func apply(
        _ bytes: [UInt8], version: UInt32, _ authority: Authority, _ context: BlockContext,
        state: inout StateOverlay
    ) throws {
        let command: WireMembersCommand = try Contracts.command(bytes)
        if version == 1, isOfVersion2(command) { throw Refusal(.malformed) }
        try authority.require(declared(by: command, author: authority.member, state))
        switch command.command {
        case .admit(let admit):
            try Directory.admit(
                admit.member, nodes: admit.nodes, people: admit.people, since: context.height,
                state: &state)
        case .addNode(let add):
            guard Identifier(add.node.member) == authority.member else {
                throw Refusal(.policyNotMet)
            }
            try Directory.addNode(add.node, since: context.height, state: &state)
        case .retireNode(let retire):
            guard let id = Identifier(retire.node) else { throw Refusal(.malformed) }
            guard var node = try state.value(.node(id), as: WireNodeState.self) else {
                throw Refusal(.unknownSubject)
            }
            // A node cannot retire itself: its member would have nobody left to answer.
            guard Identifier(node.description_p.member) == authority.member, id != authority.node
            else { throw Refusal(.policyNotMet) }
            node.retired = true
            state.set(.node(id), node)
        case .activate(let activate): try Activation.activate(activate, context, &state)
        case .cancelActivation(let cancel): try Activation.cancel(cancel, &state)
        case .pause(let pause): try Activation.pause(pause.contract, true, &state)
        case .resume(let resume): try Activation.pause(resume.contract, false, &state)
        case nil:
            throw Refusal(.malformed)
        }
    }

    /// What version 1 does not know: it refuses such commands as releases before version 2 did,
    /// which could not read them.
    private static func isOfVersion2(_ command: WireMembersCommand) -> Bool {
        isForAll(command) || namesRelyingParty(command)
    }

    private static func isForAll(_ command: WireMembersCommand) -> Bool {
        switch command.command {
        case .activate, .cancelActivation, .pause, .resume: true
        case .admit, .addNode, .retireNode, nil: false
        }
    }

    /// Whether a key of the command says where an authenticator may use it.
    private static func namesRelyingParty(_ command: WireMembersCommand) -> Bool {
        var nodes = [WireNodeDescription]()
        var keys = [WirePublicKey]()
        switch command.command {
        case .admit(let admit):
            nodes = admit.nodes
            keys = admit.people.flatMap(\.keys)
        case .addNode(let add): nodes = [add.node]
        case .retireNode, .activate, .cancelActivation, .pause, .resume, nil: break
        }
        keys += nodes.flatMap { [$0.stampKey, $0.transportKey] }
        return keys.contains(where: \.hasRelyingParty)
    }
}
