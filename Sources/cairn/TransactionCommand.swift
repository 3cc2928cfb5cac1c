import ArgumentParser
import CairnClient
import LedgerCore

/// `cairn transaction ID`
struct TransactionCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "transaction",
        abstract: "Show a transaction of the ledger, or save its exact bytes.",
        discussion: CommandStatus.discussion(
            examples: """
                  cairn transaction 4be1…
                  cairn transaction 4be1… --out transaction.bin
                """))

    @Argument(help: "The transaction's id, 64 hexadecimal digits.")
    var id: String

    @Option(help: "Write the exact bytes (Protobuf) to this file.")
    var out: String?

    @OptionGroup package var channel: ChannelOptions
    @OptionGroup package var server: ServerOptions
    @OptionGroup package var output: OutputOptions

    init() {}

    func validate() throws {
        guard Digest(hex: id) != nil else {
            throw ValidationError("an id has 64 hexadecimal digits, in lower case")
        }
    }

    func run() async throws {
        let (asJSON, out) = (output.json, out)
        let target = channel.target("transactions/\(id)")
        try await server.withClient { client, _ in
            guard let out else {
                let answer = try await client.send(
                    ClientRequest(.get, target, headers: [("Accept", "application/json")]))
                return try AnswerPrinting.print(answer, asJSON: asJSON)
            }
            let answer = try await client.send(
                ClientRequest(.get, target, headers: [("Accept", "application/x-protobuf")]))
            try FileWriting.write(answer.body, to: out)
        }
    }
}
