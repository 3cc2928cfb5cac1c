package import LedgerCore

/// People, roles and keys as the ledger has them.
package struct PeopleDirectory: Sendable {
    let state: LedgerState

    /// One person with keys.
    package struct Person: Sendable {
        package let id: Identifier
        package let member: Identifier
        package let roles: [String]
        package let keys: [Key]

        /// One of the person's keys.
        package struct Key: Sendable {
            package let id: Digest
            package let scheme: StampScheme
            package let revoked: Bool
        }
    }

    /// One person, `nil` where the ledger knows none.
    package func person(_ id: Identifier) throws -> Person? {
        try state.people.person(id) { try read(id) }
    }

    private func read(_ id: Identifier) throws -> Person? {
        guard let found = try state.person(id), let member = Identifier(found.member) else {
            return nil
        }
        let keys = try found.keys.compactMap { bytes -> Person.Key? in
            guard let key = Digest(bytes), let entry = try state.keyState(key),
                let scheme = StampScheme(rawValue: entry.key.scheme.rawValue)
            else { return nil }
            return Person.Key(id: key, scheme: scheme, revoked: entry.revoked)
        }
        return Person(id: id, member: member, roles: found.roles, keys: keys)
    }

    /// Everyone, by id.
    package func all() throws -> [Person] {
        var ids = [Identifier]()
        try state.entries(prefix: Array("p".utf8)) { key, _ in
            if let id = Identifier(key.dropFirst()) { ids.append(id) }
        }
        return try ids.compactMap(person)
    }

    /// The person to whom an unrevoked key belongs, and the key.
    package func holder(ofKey id: Digest) throws -> (person: Person, key: PublicKey)? {
        guard let entry = try state.keyState(id), !entry.revoked,
            let person = Identifier(entry.person), let found = try self.person(person)
        else { return nil }
        return (found, try PublicKey(entry.key))
    }
}
