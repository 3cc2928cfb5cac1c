import LedgerCore

/// The members of the network and their nodes.
enum Members {
    /// An administrator of a member that already takes part.
    static let policy = SignaturePolicy.role(.administrator)

    /// Version 1 knows no place where an authenticator's key may be used: version 2 of people does.
    private static func namesRelyingParty(_ command: WireMembersCommand) -> Bool {
        var keys = [WirePublicKey]()
        for node in command.admit.nodes + [command.addNode.node] {
            keys += [node.stampKey, node.transportKey]
        }
        keys += command.admit.people.flatMap(\.keys)
        return keys.contains(where: \.hasRelyingParty)
    }

    static func apply(
        _ bytes: [UInt8], _ authority: Authority, _ context: BlockContext, state: inout StateOverlay
    ) throws {
        let command: WireMembersCommand = try Contracts.command(bytes)
        if Members.namesRelyingParty(command) { throw Refusal(.malformed) }
        try authority.require(DeclaredPolicy(policy: policy, member: authority.member))
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
        case nil:
            throw Refusal(.malformed)
        }
    }
}
