import LedgerCore

/// The people of a member: their keys and roles.
enum People {
    /// A member's administrator decides about its people.
    static let policy = SignaturePolicy.role(.administrator)

    static func apply(
        _ bytes: [UInt8], _ authority: Authority, _ context: BlockContext, state: inout StateOverlay
    ) throws {
        let command: WirePeopleCommand = try Contracts.command(bytes)
        switch command.command {
        case .enrol(let enrol):
            guard let member = Identifier(enrol.person.member) else { throw Refusal(.malformed) }
            try authority.require(policy, at: member)
            try Directory.enrol(enrol.person, state: &state)
        case .addKey(let add):
            try change(add.person, authority, &state) { person, state in
                guard person.keys.count < Directory.keysPerPersonMax else {
                    throw Refusal(.malformed)
                }
                let key = try Directory.addKey(
                    add.key, person: [UInt8](add.person), state: &state
                ).field
                person.keys = (person.keys + [key]).sorted { $0.lexicographicallyPrecedes($1) }
            }
        case .revokeKey(let revoke):
            try change(revoke.person, authority, &state) { person, state in
                guard person.keys.contains(revoke.key), let id = Digest(revoke.key),
                    var key = try state.value(.key(id), as: WireKeyState.self)
                else { throw Refusal(.unknownSubject) }
                key.revoked = true
                state.set(.key(id), key)
                person.keys.removeAll { $0 == revoke.key }
            }
        case .grantRole(let grant):
            try change(grant.person, authority, &state) { person, state in
                try Directory.checkRoles([grant.role], state)
                guard !person.roles.contains(grant.role) else { throw Refusal(.alreadyExists) }
                person.roles = (person.roles + [grant.role]).sorted()
            }
        case .revokeRole(let revoke):
            try change(revoke.person, authority, &state) { person, _ in
                guard person.roles.contains(revoke.role) else { throw Refusal(.unknownSubject) }
                person.roles.removeAll { $0 == revoke.role }
            }
        case nil:
            throw Refusal(.malformed)
        }
    }

    private static func change(
        _ id: some Sequence<UInt8>, _ authority: Authority, _ state: inout StateOverlay,
        _ body: (inout WirePersonState, inout StateOverlay) throws -> Void
    ) throws {
        guard let id = Identifier(id) else { throw Refusal(.malformed) }
        guard var person = try state.value(.person(id), as: WirePersonState.self),
            let member = Identifier(person.member)
        else { throw Refusal(.unknownSubject) }
        try authority.require(policy, at: member)
        let before = Directory.canAdminister(person)
        try body(&person, &state)
        state.set(.person(id), person)
        let after = Directory.canAdminister(person)
        if before != after {
            try Directory.countAdministrators(person.member, by: after ? 1 : -1, state: &state)
        }
    }
}
