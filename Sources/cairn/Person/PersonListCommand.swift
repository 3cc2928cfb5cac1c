import ArgumentParser
import CairnClient
import FHIR
import LedgerCore

/// `cairn person list`
struct PersonListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List people with their roles.",
        discussion: CommandStatus.discussion(examples: "  cairn person list --json"))

    @OptionGroup package var server: ServerOptions
    @OptionGroup package var output: OutputOptions

    init() {}

    func run() async throws {
        let asJSON = output.json
        try await server.withClient { client, _ in
            let answer = try await client.send(ClientRequest(.get, "/api/v1/people"))
            let root = try JSONDocument(parsing: answer.body).root
            guard !asJSON else { return Output.json(answer.body) }
            for person in root["people"]?.elements.map({ $0 }) ?? [] {
                let roles = person["roles"]?.elements.compactMap(\.string) ?? []
                let keys = person["keys"].map { Array($0.elements) } ?? []
                let valid = keys.count { !($0["revoked"]?.bool ?? false) }
                Output.line(
                    "\(person["id"]?.string ?? "?")  \(roles.joined(separator: ", "))  "
                        + Counted.text(valid, "key"))
            }
        }
    }
}

/// `cairn person show PERSON`
struct PersonShowCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Show a person's member, roles and keys.",
        discussion: CommandStatus.discussion(
            examples: """
                  cairn person show me
                  cairn person show 5d0c…
                """))

    @Argument(help: "The person's id, or `me`.")
    var person = "me"

    @OptionGroup package var server: ServerOptions
    @OptionGroup package var output: OutputOptions

    init() {}

    func validate() throws {
        if person != "me" { _ = try PeopleChange.person(person) }
    }

    func run() async throws {
        let (asJSON, target) = (output.json, "/api/v1/people/\(person)")
        try await server.withClient { client, _ in
            try AnswerPrinting.print(
                try await client.send(ClientRequest(.get, target)), asJSON: asJSON)
        }
    }
}
