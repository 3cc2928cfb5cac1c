import ArgumentParser
import CairnClient
import Identity
import LedgerCore

/// `cairn wallet new`
struct WalletNewCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "new",
        abstract: "Draw keys for a new person.",
        discussion: """
            An administrator then enrols the person with `cairn person enrol`.


            """
                + CommandStatus.discussion(
                    examples: """
                          cairn wallet new --out ada.wallet --label 'Ada Byron'
                          cairn wallet new --out ada.wallet --genesis genesis.cairn --passphrase
                        """))

    @Option(help: "The file to write.")
    var out = "./cairn.wallet"

    @Option(help: "ed25519 or p256.")
    var scheme = "ed25519"

    @Option(help: "What to call it.")
    var label = "wallet"

    @Option(help: "The person's id, where it is known already; drawn otherwise.")
    var person: String?

    @Option(help: "The network's genesis file; without it the server is asked.")
    var genesis: String?

    @Option(help: "The node's address (CAIRN_SERVER).")
    var server: String?

    @Flag(help: "Lock the keys with a passphrase.")
    var passphrase = false

    @OptionGroup package var output: OutputOptions

    init() {}

    func validate() throws {
        guard KeyScheme(name: scheme) != nil else {
            throw ValidationError("--scheme is ed25519 or p256")
        }
        if let person { _ = try PeopleChange.person(person) }
    }

    func run() async throws {
        let network = try await network()
        let secret = passphrase ? try WalletOpening.newPassphrase() : nil
        let person = try person.map(PeopleChange.person) ?? Fresh.identifier()
        let wallet = try Wallet(
            network: network, person: person, member: nil, label: label, server: server,
            keys: [WalletKey.generate(KeyScheme(name: scheme) ?? .ed25519)])
        try wallet.write(to: out, passphrase: secret)
        WalletPrinting.show(try WalletFile.read(out), path: out, asJSON: output.json)
    }

    private func network() async throws -> Digest {
        if let genesis {
            let bytes = try FileWriting.read(genesis, bytesMax: WireLimit.genesisBytes)
            guard let founded = try? Genesis(bytes: bytes) else {
                throw CommandFailure.usage("\(genesis) is no genesis file", hint: "check the name")
            }
            return founded.digest
        }
        var options = ServerOptions()
        options.server = server
        return try await CairnHTTPClient.with(server: try options.address(nil)) {
            try await $0.discover().network
        }
    }
}
