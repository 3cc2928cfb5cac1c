import Contracts
import LedgerCore

/// Transactions about contract versions.
extension Stage {
    /// A command of version 2 of members, stamped by all of `people`; the first is its author.
    func versions(
        _ command: WireMembersCommand, by people: [Person]
    ) throws -> UnverifiedTransaction {
        let stamps = people.enumerated().map { index, person in
            (index == 0 ? StampPurpose.author : .approve, person.key)
        }
        return try transaction(
            intent(people[0].id, "members", Wire.encode(command), version: 2), stamps: stamps)
    }

    func versions(_ command: WireMembersCommand) throws -> UnverifiedTransaction {
        try versions(command, by: [home.administrator])
    }

    /// The next block's height.
    var next: UInt64 { ledger.tip.height + 1 }

    /// Applies blocks with nothing in them until the next one is of this height.
    func wait(for height: UInt64) throws {
        while next < height { try ledger.apply([]) }
    }

    /// What the ledger runs, as `name oldest-newest`.
    func running() throws -> [String] {
        try table()?.contracts.map { "\($0.name) \($0.oldest)-\($0.newest)" } ?? []
    }

    func table() throws -> WireContractsState? {
        try ledger.state(.contracts, as: WireContractsState.self)
    }

    func roll() throws -> [Identifier]? {
        try ledger.state(.roll, as: WireMembersRoll.self)?.members.compactMap { Identifier($0) }
    }

    /// An attribute that version 2 of people grants.
    func attribute(_ value: String) throws -> UnverifiedTransaction {
        let command = PeopleCommands.grantAttribute("unit", value, to: home.nurse.id)
        return try transaction(
            intent(home.administrator.id, "people", Wire.encode(command), version: 2),
            stamps: [(.author, home.administrator.key)])
    }
}

/// Commands of version 2 of the members contract.
enum VersionCommands {
    static func version(
        _ contract: String, _ version: UInt32, oldest: UInt32 = 0
    ) -> WireContractVersion {
        var wire = WireContractVersion()
        wire.contract = contract
        wire.version = version
        wire.oldest = oldest
        return wire
    }

    static func activate(
        _ versions: [WireContractVersion], at height: UInt64, release: String = "0.4.0"
    ) -> WireMembersCommand {
        var command = WireMembersCommand()
        command.activate.versions = versions
        command.activate.height = height
        command.activate.release = release
        return command
    }

    /// All that this program has.
    static func all(at height: UInt64) -> WireMembersCommand {
        activate(
            ContractVersions.present.map { version($0.contract, $0.version) }, at: height)
    }

    static func cancel(_ height: UInt64) -> WireMembersCommand {
        var command = WireMembersCommand()
        command.cancelActivation.height = height
        return command
    }

    static func pause(_ contract: String) -> WireMembersCommand {
        var command = WireMembersCommand()
        command.pause.contract = contract
        return command
    }

    static func resume(_ contract: String) -> WireMembersCommand {
        var command = WireMembersCommand()
        command.resume.contract = contract
        return command
    }
}
