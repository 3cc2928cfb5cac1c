import ArgumentParser
import CairnClient
import FHIR
import Identity
import LedgerCore

/// `cairn person`
struct PersonCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "person",
        abstract: "The people of a member: who they are, their roles and keys.",
        discussion: CommandStatus.discussion(
            examples: """
                  cairn person list
                  cairn person enrol --wallet-public ada.wallet --role practitioner
                  cairn person grant nurse 5d0c…
                  cairn person revoke-key 5d0c… 91ab…
                """),
        subcommands: [
            PersonListCommand.self, PersonShowCommand.self, PersonEnrolCommand.self,
            PersonGrantCommand.self, PersonRevokeCommand.self, PersonAddKeyCommand.self,
            PersonRevokeKeyCommand.self,
        ])
}

/// What the commands that change people share.
struct PeopleChange: ParsableArguments {
    @OptionGroup package var channel: ChannelOptions
    @OptionGroup package var server: ServerOptions
    @OptionGroup package var output: OutputOptions

    init() {}

    /// Stamps the command and hands it in.
    func submit(_ command: PeopleCommand) async throws {
        try await server.withClient { client, wallet in
            try await hand(in: command, client, wallet)
        }
    }

    func hand(in command: PeopleCommand, _ client: CairnHTTPClient, _ wallet: Wallet) async throws {
        let intent = try StampedIntent(
            contract: "people", command: command.bytes, channel: channel.channel, wallet: wallet,
            nowMs: WallClock.nowMs(), nonce: Fresh.identifier(), version: command.version)
        _ = try await client.submit([intent], channel: channel.channel)
        guard output.json else { return Output.line("done, transaction \(intent.id)") }
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("transaction", intent.id.description)
        writer.endObject()
        Output.json(writer.bytes)
    }

    static func person(_ text: String) throws -> Identifier {
        guard let person = Identifier(hex: text) else {
            throw ValidationError("a person's id has 32 hexadecimal digits, in lower case")
        }
        return person
    }
}
