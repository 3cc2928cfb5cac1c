import ArgumentParser
import CairnClient
import FHIR

/// `cairn token`
struct TokenCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "token",
        abstract: "Print a bearer token for other programs, good for some minutes.",
        discussion: CommandStatus.discussion(
            examples: """
                  curl -H "Authorization: Bearer $(cairn token)" $CAIRN_SERVER/fhir/Patient
                """))

    @OptionGroup package var server: ServerOptions
    @OptionGroup package var output: OutputOptions

    init() {}

    func run() async throws {
        let asJSON = output.json
        try await server.withClient { client, _ in
            let (token, seconds) = try await client.token()
            guard asJSON else { return Output.line(token) }
            var writer = JSONWriter()
            writer.beginObject()
            writer.member("token", token)
            writer.key("expiresInSeconds")
            writer.integer(seconds)
            writer.endObject()
            Output.json(writer.bytes)
        }
    }
}
