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
        /// Holders of one of the roles, with their own key.
        case rolesByOwnKey(Set<Role>)
        /// Holders of one of the roles, and whom the request is about.
        case rolesOrOneself(Set<Role>)
        /// Holders of one of the roles, and a patient whose own record it is.
        case rolesOrOwnRecord(Set<Role>)
    }

    /// The rule of an operation.
    package static func rule(_ operation: Operation) -> Rule {
        switch operation {
        // The secret of a log-in link is a credential by itself.
        case .livez, .readyz, .discovery, .capabilities, .asset, .openSession, .openAPI: .open
        // Hashes and signatures over hashes: what strangers need to hold this node to its word.
        case .logCheckpoint, .logTile, .logConsistency, .logInclusion, .logTimestamps,
            .stampedCheckpoint, .timestamp, .addCheckpoint:
            .open
        // To a stranger's browser the start page is the log-in page.
        case .home, .genesis, .head, .contracts, .oneself, .events, .network, .closeSession,
            .blocks, .block, .logEntries:
            .everyone
        case .issueToken, .makeLink: .everyoneByOwnKey
        case .metrics: .roles([.administrator, .auditor])
        case .people, .joinRequests, .snapshot: .roles([.administrator])
        case .audit: .roles([.administrator, .auditor])
        case .invite: .rolesByOwnKey([.administrator])
        case .person: .rolesOrOneself([.administrator])
        // Which contract takes which role's commands is asked where the intent is read.
        case .submit, .proposals, .proposal: .roles(Set(Role.allCases))
        // Neither says anything of a patient.
        case .transaction, .stateProof, .blockTransactions, .transactionProof:
            .roles(authors.union([.administrator, .auditor]))
        case .proofOfRecord, .proofOfResource: .roles(authors.union([.auditor]))
        case .bundle, .create, .search, .searchForm, .read, .update, .delete, .history, .vread,
            .createBinary, .updateBinary, .readBinary, .vreadBinary, .findPatients:
            .roles(authors)
        case .patientPage, .patientTimeline, .patientRecord, .patientProof, .patientFile,
            .patientFileProof:
            .rolesOrOwnRecord(authors)
        }
    }

    /// What a rule says about a caller.
    package enum Decision: Sendable, Equatable {
        case permitted
        /// The caller's credential is too weak: only their own key will do.
        case needsOwnKey
        /// The caller's roles are held at another member.
        case elsewhere
        /// None of these roles is held.
        case needsRole(Set<Role>)
    }

    /// Decides for an authenticated caller.
    ///
    /// - Parameters:
    ///   - subject: the path argument that may name a person or a patient.
    ///   - home: the member whose node this is. Roles are held at a member, and count at its nodes.
    ///   - ownRecords: the patients that are the caller's own record; asked for where it matters.
    package static func decide(
        _ operation: Operation, _ caller: Caller, subject: String?, home: Identifier,
        ownRecords: () throws -> [String]
    ) rethrows -> Decision {
        switch rule(operation) {
        case .open, .everyone: return .permitted
        case .everyoneByOwnKey: return caller.tier == .ownKey ? .permitted : .needsOwnKey
        case .roles(let roles): return decide(roles, caller, home)
        case .rolesByOwnKey(let roles):
            let decision = decide(roles, caller, home)
            return decision == .permitted && caller.tier != .ownKey ? .needsOwnKey : decision
        case .rolesOrOneself(let roles):
            return subject == caller.person.description
                ? .permitted : decide(roles, caller, home)
        case .rolesOrOwnRecord(let roles):
            let decision = decide(roles, caller, home)
            guard decision != .permitted, caller.member == home, caller.holds(.patient),
                let subject, try ownRecords().contains(subject)
            else { return decision }
            return .permitted
        }
    }

    /// The same for a caller of whom no own record is known.
    package static func decide(
        _ operation: Operation, _ caller: Caller, subject: String?, home: Identifier
    ) -> Decision {
        decide(operation, caller, subject: subject, home: home, ownRecords: { [] })
    }

    private static func decide(
        _ roles: Set<Role>, _ caller: Caller, _ home: Identifier
    ) -> Decision {
        guard caller.member == home else { return .elsewhere }
        return caller.roles.contains(where: roles.contains) ? .permitted : .needsRole(roles)
    }
}
