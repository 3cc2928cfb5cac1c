package import LedgerCore

/// Entries for members, nodes, people and keys, written alike at genesis and by contracts.
package enum Directory {
    /// Longest member name in bytes.
    static let memberNameBytesMax = 200
    /// Largest certificate in bytes.
    static let certificateBytesMax = 16 * 1024
    /// Keys of one person.
    static let keysPerPersonMax = 16
    /// X-Wing public key in bytes (draft-connolly-cfrg-xwing-kem section 5.3).
    static let sealingKeyBytes = 1216

    /// The state that a genesis file founds for one channel: its members, their nodes and people.
    package static func found(
        _ genesis: Genesis, channel: String, state: inout StateOverlay
    ) throws {
        guard let description = genesis.body.channels.first(where: { $0.name == channel }) else {
            throw Refusal(.wrongChannel)
        }
        state.set(.parameters, genesis.body.parameters)
        try ContractVersions.found(genesis.body.contracts, state: &state)
        for member in genesis.body.members where description.members.contains(member.id) {
            try admit(
                member, nodes: genesis.body.nodes.filter { $0.member == member.id },
                people: genesis.body.people.filter { $0.member == member.id }, since: 0,
                state: &state)
        }
    }

    static func admit(
        _ description: WireMemberDescription, nodes: [WireNodeDescription],
        people: [WirePersonDescription], since: UInt64, state: inout StateOverlay
    ) throws {
        guard let id = Identifier(description.id),
            (1...memberNameBytesMax).contains(description.name.utf8.count),
            (1...certificateBytesMax).contains(description.authority.count),
            (try? PublicKey(scheme: .ed25519, bytes: [UInt8](description.checkpointKey))) != nil,
            isJurisdiction(description.jurisdiction)
        else { throw Refusal(.malformed) }
        guard try state.value(.member(id)) == nil else { throw Refusal(.alreadyExists) }
        guard !nodes.isEmpty, nodes.allSatisfy({ $0.member == description.id }),
            people.allSatisfy({ $0.member == description.id })
        else { throw Refusal(.malformed) }
        var member = WireMemberState()
        member.description_p = description
        member.since = since
        state.set(.member(id), member)
        try Roll.add(id, &state)
        for node in nodes { try addNode(node, since: since, state: &state) }
        for person in people { try enrol(person, state: &state) }
        let admitted = try state.value(.member(id), as: WireMemberState.self)
        guard let admitted, admitted.administrators > 0 else { throw Refusal(.lastAdministrator) }
    }

    /// ISO 3166-1 alpha-2, or empty.
    private static func isJurisdiction(_ text: String) -> Bool {
        text.isEmpty || text.utf8.count == 2 && text.utf8.allSatisfy { (0x41...0x5a).contains($0) }
    }

    static func addNode(
        _ description: WireNodeDescription, since: UInt64, state: inout StateOverlay
    ) throws {
        guard let id = Identifier(description.id), Identifier(description.member) != nil,
            description.sealingKey.count == sealingKeyBytes
        else { throw Refusal(.malformed) }
        guard try state.value(.node(id)) == nil else { throw Refusal(.alreadyExists) }
        var key = WireKeyState()
        key.node = description.id
        // A node signs by itself: no authenticator, no browser.
        guard description.stampKey.scheme != .webauthn,
            description.transportKey.scheme != .webauthn
        else { throw Refusal(.malformed) }
        try add(description.stampKey, key, state: &state)
        _ = try publicKey(description.transportKey)
        var node = WireNodeState()
        node.description_p = description
        node.since = since
        state.set(.node(id), node)
    }

    static func enrol(_ description: WirePersonDescription, state: inout StateOverlay) throws {
        guard let id = Identifier(description.id), let member = Identifier(description.member),
            description.keys.count <= keysPerPersonMax,
            Set(description.roles).count == description.roles.count
        else { throw Refusal(.malformed) }
        guard try state.value(.member(member)) != nil else { throw Refusal(.unknownSubject) }
        guard try state.value(.person(id)) == nil else { throw Refusal(.alreadyExists) }
        try checkRoles(description.roles, state)
        var person = WirePersonState()
        person.member = description.member
        person.roles = description.roles.sorted()
        for key in description.keys {
            person.keys.append(try addKey(key, person: id.bytes, state: &state).field)
        }
        person.keys.sort { $0.lexicographicallyPrecedes($1) }
        state.set(.person(id), person)
        if canAdminister(person) {
            try countAdministrators(description.member, by: 1, state: &state)
        }
    }

    /// Registers a person's key and gives its id.
    static func addKey(
        _ key: WirePublicKey, person: [UInt8], state: inout StateOverlay
    ) throws -> [UInt8] {
        var entry = WireKeyState()
        entry.person = person.field
        return try add(key, entry, state: &state).bytes
    }

    @discardableResult
    private static func add(
        _ key: WirePublicKey, _ entry: WireKeyState, state: inout StateOverlay
    ) throws -> Digest {
        let id = try publicKey(key).id
        guard try state.value(.key(id)) == nil else { throw Refusal(.alreadyExists) }
        var entry = entry
        entry.key = key
        state.set(.key(id), entry)
        return id
    }

    private static func publicKey(_ wire: WirePublicKey) throws -> PublicKey {
        do { return try PublicKey(wire) } catch { throw Refusal(.malformed) }
    }

    static func checkRoles(_ roles: [String], _ state: StateOverlay) throws {
        let known = try state.value(.parameters, as: WireParameters.self)?.roles ?? []
        guard roles.allSatisfy(known.contains) else { throw Refusal(.unknownRole) }
    }

    /// Holds the role and a key to act with: a role that nobody can exercise keeps no member alive.
    static func canAdminister(_ person: WirePersonState) -> Bool {
        person.roles.contains(Role.administrator.rawValue) && !person.keys.isEmpty
    }

    /// Keeps count, so that a member is never left without an administrator.
    static func countAdministrators(
        _ member: some Sequence<UInt8>, by change: Int, state: inout StateOverlay
    ) throws {
        guard let id = Identifier(member),
            var entry = try state.value(.member(id), as: WireMemberState.self)
        else { throw Refusal(.unknownSubject) }
        // More than a field can hold is no member's house.
        guard let count = UInt32(exactly: Int(entry.administrators) + change) else {
            throw Refusal(change > 0 ? .malformed : .lastAdministrator)
        }
        guard count > 0 else { throw Refusal(.lastAdministrator) }
        entry.administrators = count
        state.set(.member(id), entry)
    }
}
