import ArgumentParser
import CairnClient
import LedgerCore

/// `cairn person grant ROLE PERSON`
struct PersonGrantCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "grant", abstract: "Give a person a role.",
        discussion: CommandStatus.discussion(examples: "  cairn person grant nurse 5d0c…"))

    @OptionGroup package var target: PersonRole
    @OptionGroup package var change: PeopleChange

    init() {}

    func run() async throws {
        try await change.submit(
            .grantRole(person: try PeopleChange.person(target.person), role: target.role))
    }
}

/// `cairn person revoke ROLE PERSON`
struct PersonRevokeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "revoke", abstract: "Take a role from a person.",
        discussion: CommandStatus.discussion(examples: "  cairn person revoke nurse 5d0c…"))

    @OptionGroup package var target: PersonRole
    @OptionGroup package var change: PeopleChange

    init() {}

    func run() async throws {
        try await change.submit(
            .revokeRole(person: try PeopleChange.person(target.person), role: target.role))
    }
}

/// A role and a person on the command line.
struct PersonRole: ParsableArguments {
    @Argument(help: "The role, for example practitioner.")
    var role: String

    @Argument(help: "The person's id.")
    var person: String

    init() {}

    func validate() throws {
        _ = try PeopleChange.person(person)
        guard Name.isValid(role) else {
            throw ValidationError("a role has lower-case letters, digits and hyphens")
        }
    }
}
