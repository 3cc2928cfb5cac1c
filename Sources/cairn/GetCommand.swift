import ArgumentParser
import CairnClient
import FHIR
import NIOCore

/// `cairn get Type/ID`
struct GetCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "get",
        abstract: "Read a resource, one of its versions, or the content of a Binary.",
        discussion: CommandStatus.discussion(
            examples: """
                  cairn get Patient/7f3a
                  cairn get Patient/7f3a/_history/2
                  cairn get Binary/91c0 > scan.dcm
                """))

    @Argument(help: "Type/ID, with /_history/VERSION for an earlier one.")
    var resource: String

    @Flag(help: "The bytes exactly as the server sends them.")
    var raw = false

    @OptionGroup package var server: ServerOptions
    @OptionGroup package var output: OutputOptions

    init() {}

    func validate() throws {
        guard case .relative = ReferenceTarget(resource) else {
            throw ValidationError("\(resource) is not of the form Type/ID")
        }
    }

    func run() async throws {
        let isBinary = resource.hasPrefix("Binary/")
        let request = ClientRequest(
            .get, RequestTarget.encoded("/fhir/\(resource)"),
            headers: [("Accept", isBinary ? "*/*" : "application/fhir+json")])
        let isRaw = raw
        try await server.withClient { client, _ in
            guard !isBinary else {
                return try await client.download(request) { Output.raw([UInt8](buffer: $0)) }
            }
            let body = try await client.send(request).body
            guard !isRaw else { return Output.raw(body) }
            Output.json(PrettyJSON.format(try JSONDocument(parsing: body).root))
        }
    }
}
