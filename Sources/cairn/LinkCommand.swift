import ArgumentParser
import CairnClient
import FHIR
import LedgerCore

/// `cairn link`
struct LinkCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "link",
        abstract: "Print a link that logs a browser in, once, within ten minutes.",
        discussion: CommandStatus.discussion(
            examples: """
                  cairn link
                  cairn link --wallet ada.wallet
                  cairn link --person 5d0c…
                """))

    @Option(help: "Somebody else's id; administrators of sample networks only.")
    var person: String?

    @OptionGroup package var server: ServerOptions
    @OptionGroup package var output: OutputOptions

    init() {}

    func validate() throws {
        if let person { _ = try PeopleChange.person(person) }
    }

    func run() async throws {
        let (asJSON, person) = (output.json, person)
        let options = server
        try await options.withClient { client, wallet in
            let address = try options.address(wallet)
            var body = JSONWriter()
            body.beginObject()
            if let person { body.member("person", person) }
            body.endObject()
            let answer = try await client.send(
                ClientRequest(
                    .post, "/console/links", headers: [("content-type", "application/json")],
                    body: .bytes(body.bytes, digest: nil)))
            let root = try JSONDocument(parsing: answer.body).root
            guard let path = root["path"]?.string, let whom = root["person"]?.string,
                let seconds = root["expiresInSeconds"]?.numberText.flatMap({ Int($0) })
            else { throw ClientError.unexpected(what: "it names no link") }
            let link = "\(address)\(path)"
            guard asJSON else { return Output.line(link) }
            var writer = JSONWriter()
            writer.beginObject()
            writer.member("link", link)
            writer.member("person", whom)
            writer.key("expiresInSeconds")
            writer.integer(seconds)
            writer.endObject()
            Output.json(writer.bytes)
        }
    }
}
