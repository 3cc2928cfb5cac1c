import ArgumentParser
import CairnClient
import LedgerCore

/// `cairn head`
struct HeadCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "head",
        abstract: "Where a ledger stands: height, log, newest checkpoint.",
        discussion: CommandStatus.discussion(
            examples: """
                  cairn head
                  cairn head --channel main --json
                """))

    @OptionGroup package var channel: ChannelOptions
    @OptionGroup package var server: ServerOptions
    @OptionGroup package var output: OutputOptions

    init() {}

    func run() async throws {
        let asJSON = output.json
        let target = channel.target("head")
        try await server.withClient { client, _ in
            try AnswerPrinting.print(
                try await client.send(ClientRequest(.get, target)), asJSON: asJSON)
        }
    }
}

/// Which ledger a command speaks of.
struct ChannelOptions: ParsableArguments {
    @Option(help: "The channel.")
    var channel = "main"

    init() {}

    func validate() throws {
        guard Name.isValid(channel) else {
            throw ValidationError("a channel's name has lower-case letters, digits and hyphens")
        }
    }

    func target(_ rest: String) -> String { "/api/v1/ledger/\(channel)/\(rest)" }
}
