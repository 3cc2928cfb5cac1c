import ArgumentParser
import CairnClient
import FoundationEssentials
import Identity

/// Options of every command.
struct OutputOptions: ParsableArguments {
    @Flag(help: "Output and errors as JSON.")
    var json = false

    init() {}
}

/// Options of the commands that talk to a server.
struct ServerOptions: ParsableArguments {
    @Option(help: "The node's address (CAIRN_SERVER).")
    var server: String?

    @Option(help: "The wallet that signs (CAIRN_WALLET).")
    var wallet: String?

    init() {}

    static let serverDefault = "http://localhost:8080"
    /// Where `cairn serve` and `make run` leave an administrator's wallet.
    static let walletDefaults = [
        "./data/wallets/administrator.wallet", "./data/hospital/wallets/administrator.wallet",
    ]

    /// The wallet file's path: option, environment, the one of a node on this machine.
    func walletPath() throws -> String {
        if let wallet = wallet ?? Environment.value("CAIRN_WALLET") { return wallet }
        let known = ServerOptions.walletDefaults.first {
            FileManager.default.fileExists(atPath: $0)
        }
        guard let known else {
            throw CommandFailure.usage(
                "no wallet is named", hint: "use --wallet FILE, or set CAIRN_WALLET")
        }
        return known
    }

    /// Opens the wallet; asks for the passphrase where it is locked.
    func openWallet() throws -> Wallet { try WalletOpening.open(try walletPath()) }

    /// The address: option, environment, what the wallet says, this machine.
    func address(_ wallet: Wallet?) throws -> ServerAddress {
        let text =
            server ?? Environment.value("CAIRN_SERVER") ?? wallet?.server
            ?? ServerOptions.serverDefault
        guard let address = ServerAddress(text) else {
            throw CommandFailure.usage(
                "\(text) is no server address", hint: "write it as http://host:port")
        }
        return address
    }

    /// Runs `body` with a client that signs with the wallet.
    func withClient<Result: Sendable>(
        _ body: (CairnHTTPClient, Wallet) async throws -> Result
    ) async throws -> Result {
        let wallet = try openWallet()
        let address = try address(wallet)
        return try await CairnHTTPClient.with(server: address, credentials: .wallet(wallet)) {
            try await body($0, wallet)
        }
    }
}

/// Variables of the environment; an empty one counts as none.
enum Environment {
    static func value(_ name: String) -> String? {
        let value = ProcessInfo.processInfo.environment[name]
        return value?.isEmpty ?? true ? nil : value
    }
}
