import LedgerCore

/// What a version of a contract changes in the state when it begins: contract runs without a
/// transaction, in the block of their activation, whose writes its header covers like all others.
enum Migration {
    /// Runs, in order, what the versions after `old` up to `new` ask for; `old` is 0 where the
    /// contract is new to the ledger.
    static func run(
        _ contract: String, from old: UInt32, to new: UInt32, _ state: inout StateOverlay
    ) throws {
        let isMembers = contract == Contracts.Name.members.rawValue
        if isMembers, old < ContractVersions.membersVersion,
            new >= ContractVersions.membersVersion
        {
            try Roll.found(&state)
        }
    }
}

/// The members of a ledger as one entry: who has a vote, and how many make a majority. One state
/// proof shows it; before version 2 of members nothing in the state said that a list is whole.
enum Roll {
    /// Writes it from the members that are there.
    static func found(_ state: inout StateOverlay) throws {
        var roll = WireMembersRoll()
        roll.members = try state.members().map { $0.bytes.field }
        state.set(.roll, roll)
    }

    /// Adds a member where there is a roll.
    static func add(_ member: Identifier, _ state: inout StateOverlay) throws {
        guard var roll = try state.value(.roll, as: WireMembersRoll.self) else { return }
        roll.members.append(member.bytes.field)
        roll.members.sort { $0.lexicographicallyPrecedes($1) }
        state.set(.roll, roll)
    }

    /// More than half of the members, each by an administrator of theirs.
    static func majority(_ state: StateOverlay) throws -> SignaturePolicy {
        let roll = try state.value(.roll, as: WireMembersRoll.self)
        let members = try roll?.members.compactMap { Identifier($0) } ?? state.members()
        return .outOf(
            members.count / 2 + 1, members.map { .role(.administrator, at: $0) })
    }
}
