package import Identity
package import LedgerCore

/// Who may do what: one rule for each operation, as data.
package enum Permissions {
    /// Roles that write and read health records in this version.
    package static let authors: Set<Role> = [
        .practitioner, .nurse, .laboratoryTechnician, .radiographer, .pharmacist,
        .registrationClerk,
    ]

    /// Who may do an operation.
    package enum Rule: Sendable, Equatable {
        /// Without credentials.
        case open
        /// Every person whom the ledger knows.
        case everyone
        /// Every person, with their own key (tier 2).
        case everyoneByOwnKey
        /// Holders of one of the roles.
        case roles(Set<Role>)
        /// Holders of one of the roles, and whom the request is about.
        case rolesOrOneself(Set<Role>)
    }

    /// The rule of an operation.
    package static func rule(_ operation: Operation) -> Rule {
        switch operation {
        case .livez, .readyz, .discovery, .capabilities: .open
        case .genesis, .head, .oneself: .everyone
        case .issueToken: .everyoneByOwnKey
        case .metrics: .roles([.administrator, .auditor])
        case .people: .roles([.administrator])
        case .person: .rolesOrOneself([.administrator])
        case .submit: .roles(authors.union([.administrator]))
        case .transaction: .roles(authors.union([.administrator, .auditor]))
        case .proofOfRecord, .proofOfResource: .roles(authors.union([.auditor]))
        case .bundle, .create, .search, .searchForm, .read, .update, .delete, .history, .vread,
            .createBinary, .updateBinary, .readBinary, .vreadBinary:
            .roles(authors)
        }
    }

    /// What a rule says about a caller.
    package enum Decision: Sendable, Equatable {
        case permitted
        /// The caller's credential is too weak: only their own key will do.
        case needsOwnKey
        /// None of these roles is held.
        case needsRole(Set<Role>)
    }

    /// Decides for an authenticated caller.
    ///
    /// - Parameter subject: the path argument that may name a person.
    package static func decide(
        _ operation: Operation, _ caller: Caller, subject: String?
    ) -> Decision {
        switch rule(operation) {
        case .open, .everyone: .permitted
        case .everyoneByOwnKey: caller.tier == .ownKey ? .permitted : .needsOwnKey
        case .roles(let roles): decide(roles, caller)
        case .rolesOrOneself(let roles):
            subject == caller.person.description ? .permitted : decide(roles, caller)
        }
    }

    private static func decide(_ roles: Set<Role>, _ caller: Caller) -> Decision {
        caller.roles.contains(where: roles.contains) ? .permitted : .needsRole(roles)
    }
}
