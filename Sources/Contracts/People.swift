import LedgerCore

/// The people of a member: their keys, roles and attributes.
enum People {
    /// A member's administrator decides about its people.
    static let policy = SignaturePolicy.role(.administrator)

    /// Attributes of one person.
    static let attributesMax = 16

    /// A command's policy, at the member whose people it concerns.
    static func declared(
        by command: WirePeopleCommand, _ state: StateOverlay
    ) throws -> DeclaredPolicy {
        let subject: [UInt8]
        switch command.command {
        case .enrol(let enrol):
            guard let member = Identifier(enrol.person.member) else { throw Refusal(.malformed) }
            return DeclaredPolicy(policy: policy, member: member)
        case .addKey(let add): subject = [UInt8](add.person)
        case .revokeKey(let revoke): subject = [UInt8](revoke.person)
        case .grantRole(let grant): subject = [UInt8](grant.person)
        case .revokeRole(let revoke): subject = [UInt8](revoke.person)
        case .grantAttribute(let grant): subject = [UInt8](grant.person)
        case .revokeAttribute(let revoke): subject = [UInt8](revoke.person)
        case nil: throw Refusal(.malformed)
        }
        guard let id = Identifier(subject) else { throw Refusal(.malformed) }
        guard let person = try state.value(.person(id), as: WirePersonState.self),
            let member = Identifier(person.member)
        else { throw Refusal(.unknownSubject) }
        return DeclaredPolicy(policy: policy, member: member)
    }

    static func apply(
        _ bytes: [UInt8], version: UInt32, _ authority: Authority, _ context: BlockContext,
        state: inout StateOverlay
    ) throws {
        let command: WirePeopleCommand = try Contracts.command(bytes)
        if version == 1, isOfVersion2(command) { throw Refusal(.malformed) }
        try authority.require(declared(by: command, state))
        switch command.command {
        case .enrol(let enrol):
            try Directory.enrol(enrol.person, state: &state)
        case .addKey(let add):
            try change(add.person, &state) { person, state in
                guard person.keys.count < Directory.keysPerPersonMax else {
                    throw Refusal(.malformed)
                }
                let key = try Directory.addKey(
                    add.key, person: [UInt8](add.person), state: &state
                ).field
                person.keys = (person.keys + [key]).sorted { $0.lexicographicallyPrecedes($1) }
            }
        case .revokeKey(let revoke):
            try change(revoke.person, &state) { person, state in
                guard person.keys.contains(revoke.key), let id = Digest(revoke.key),
                    var key = try state.value(.key(id), as: WireKeyState.self)
                else { throw Refusal(.unknownSubject) }
                key.revoked = true
                state.set(.key(id), key)
                person.keys.removeAll { $0 == revoke.key }
            }
        case .grantRole(let grant):
            try change(grant.person, &state) { person, state in
                try Directory.checkRoles([grant.role], state)
                guard !person.roles.contains(grant.role) else { throw Refusal(.alreadyExists) }
                person.roles = (person.roles + [grant.role]).sorted()
            }
        case .revokeRole(let revoke):
            try change(revoke.person, &state) { person, _ in
                guard person.roles.contains(revoke.role) else { throw Refusal(.unknownSubject) }
                person.roles.removeAll { $0 == revoke.role }
            }
        case .grantAttribute(let grant):
            let attribute = try attribute(grant.name, grant.value)
            try change(grant.person, &state) { person, _ in
                guard !person.attributes.contains(attribute) else { throw Refusal(.alreadyExists) }
                guard person.attributes.count < attributesMax else { throw Refusal(.malformed) }
                person.attributes = (person.attributes + [attribute]).sorted()
            }
        case .revokeAttribute(let revoke):
            let attribute = try attribute(revoke.name, revoke.value)
            try change(revoke.person, &state) { person, _ in
                guard person.attributes.contains(attribute) else { throw Refusal(.unknownSubject) }
                person.attributes.removeAll { $0 == attribute }
            }
        case nil:
            throw Refusal(.malformed)
        }
    }

    private static func isOfVersion2(_ command: WirePeopleCommand) -> Bool {
        switch command.command {
        case .grantAttribute, .revokeAttribute: true
        case .enrol(let enrol): enrol.person.keys.contains(where: \.hasRelyingParty)
        case .addKey(let add): add.key.hasRelyingParty
        case .revokeKey, .grantRole, .revokeRole, nil: false
        }
    }

    private static func attribute(_ name: String, _ value: String) throws -> String {
        guard let attribute = Attribute(name: name, value: value) else { throw Refusal(.malformed) }
        return attribute.text
    }

    private static func change(
        _ id: some Sequence<UInt8>, _ state: inout StateOverlay,
        _ body: (inout WirePersonState, inout StateOverlay) throws -> Void
    ) throws {
        guard let id = Identifier(id) else { throw Refusal(.malformed) }
        guard var person = try state.value(.person(id), as: WirePersonState.self) else {
            throw Refusal(.unknownSubject)
        }
        let before = Directory.canAdminister(person)
        try body(&person, &state)
        state.set(.person(id), person)
        let after = Directory.canAdminister(person)
        if before != after {
            try Directory.countAdministrators(person.member, by: after ? 1 : -1, state: &state)
        }
    }
}
