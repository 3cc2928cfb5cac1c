import ArgumentParser
import CairnClient
import Contracts
import FHIR
import LedgerCore
import Node

/// `cairn proof RECORD --out FILE` and `cairn proof --state KIND ID --out FILE`
struct ProofCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "proof",
        abstract:
            "Save a proof of a record, or of what the ledger's state holds, for offline checks.",
        discussion: """
            With --state, the proof shows what an entry of the state was, or that none existed: \
            \(StateEntryText.Kind.allCases.map(\.rawValue).joined(separator: ", ")), by its id in \
            hexadecimal digits (of the parameters: network).


            """
                + CommandStatus.discussion(
                    examples: """
                          cairn proof Patient/7f3a --out patient.proof
                          cairn proof Patient/7f3a --version 1 --with-content --out patient.proof
                          cairn proof Patient/7f3a --with-state --out newest.proof
                          cairn proof --state key 9c1e… --out key.proof
                          cairn proof --state key 9c1e… --height 1200 --out then.proof
                          cairn verify --proof patient.proof --trust genesis.cairn
                        """))

    @Argument(help: "Type/ID, or a record's 32 hexadecimal digits.")
    var record: String?

    @Option(
        parsing: .upToNextOption, help: "An entry of the state instead of a record: KIND and ID.")
    var state: [String] = []

    @Option(help: "With --state: after which block; without it the newest.")
    var height: UInt64?

    @Option(help: "The file to write.")
    var out: String

    @Option(help: "A version; without it the newest.")
    var version: Int?

    @Flag(help: "Put the content and its secret into the proof: whoever has it can read it.")
    var withContent = false

    @Flag(help: "Put what the state holds of the record into the proof: whether it is the newest.")
    var withState = false

    @OptionGroup package var server: ServerOptions
    @OptionGroup package var output: OutputOptions

    init() {}

    func validate() throws {
        guard (record == nil) != state.isEmpty else {
            throw ValidationError("name a record, or --state KIND ID")
        }
        guard record != nil || version == nil && !withContent && !withState else {
            throw ValidationError("--version, --with-content and --with-state are about a record")
        }
        guard height == nil || !state.isEmpty else {
            throw ValidationError("--height is about --state")
        }
        guard target != nil else {
            throw ValidationError(
                record.map { "\($0) is neither Type/ID nor 32 hexadecimal digits" }
                    ?? "\(state.joined(separator: " ")) is no kind of entry with an id of that kind"
            )
        }
        if let version, version < 1 { throw ValidationError("versions begin at 1") }
    }

    /// The path and query that ask for it.
    var target: String? {
        guard let record else { return stateTarget }
        if case .relative(_, _, nil) = ReferenceTarget(record) {
        } else if Identifier(hex: record) == nil {
            return nil
        }
        var parameters = [String]()
        if let version { parameters.append("version=\(version)") }
        if withContent { parameters.append("opening=true") }
        if withState { parameters.append("state=true") }
        let query = parameters.isEmpty ? "" : "?" + parameters.joined(separator: "&")
        return "/api/v1/proofs/\(record)\(query)"
    }

    /// The path of a state proof.
    private var stateTarget: String? {
        guard state.count == 2, let kind = StateEntryText.Kind(rawValue: state[0]) else {
            return nil
        }
        let isNetwork = kind == .parameters && state[1] == "network"
        guard isNetwork || !state[1].isEmpty, let id = Hex.decode(isNetwork ? "" : state[1]),
            kind.key(id) != nil
        else { return nil }
        let query = height.map { "?height=\($0)" } ?? ""
        return "/api/v1/ledger/\(CairnNode.channel)/state-proof/\(state[0])/\(state[1])\(query)"
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
