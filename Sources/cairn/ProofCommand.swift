import ArgumentParser
import CairnClient
import FHIR
import LedgerCore

/// `cairn proof RECORD --out FILE`
struct ProofCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "proof",
        abstract: "Save a proof of a record that anybody can check offline.",
        discussion: CommandStatus.discussion(
            examples: """
                  cairn proof Patient/7f3a --out patient.proof
                  cairn proof Patient/7f3a --version 1 --with-content --out patient.proof
                  cairn verify --proof patient.proof --trust genesis.cairn
                """))

    @Argument(help: "Type/ID, or a record's 32 hexadecimal digits.")
    var record: String

    @Option(help: "The file to write.")
    var out: String

    @Option(help: "A version; without it the newest.")
    var version: Int?

    @Flag(help: "Put the content and its secret into the proof: whoever has it can read it.")
    var withContent = false

    @OptionGroup package var server: ServerOptions
    @OptionGroup package var output: OutputOptions

    init() {}

    func validate() throws {
        guard target != nil else {
            throw ValidationError("\(record) is neither Type/ID nor 32 hexadecimal digits")
        }
        if let version, version < 1 { throw ValidationError("versions begin at 1") }
    }

    /// The path and query that ask for it.
    var target: String? {
        if case .relative(_, _, nil) = ReferenceTarget(record) {
        } else if Identifier(hex: record) == nil {
            return nil
        }
        var parameters = [String]()
        if let version { parameters.append("version=\(version)") }
        if withContent { parameters.append("opening=true") }
        let query = parameters.isEmpty ? "" : "?" + parameters.joined(separator: "&")
        return "/api/v1/proofs/\(record)\(query)"
    }

    func run() async throws {
        guard let target else { return }
        let (out, asJSON) = (out, output.json)
        try await server.withClient { client, _ in
            let answer = try await client.send(ClientRequest(.get, target))
            guard (try? ProofFile.read(answer.body)) != nil else {
                throw ClientError.unexpected(what: "it is no proof")
            }
            try FileWriting.write(answer.body, to: out)
            guard asJSON else { return Output.line("\(out): \(answer.body.count) bytes") }
            var writer = JSONWriter()
            writer.beginObject()
            writer.member("file", out)
            writer.key("bytes")
            writer.integer(answer.body.count)
            writer.endObject()
            Output.json(writer.bytes)
        }
    }
}
