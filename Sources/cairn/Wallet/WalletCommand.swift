import ArgumentParser

/// `cairn wallet`
struct WalletCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "wallet",
        abstract: "Make and show wallets: a person's keys.",
        discussion: CommandStatus.discussion(
            examples: """
                  cairn wallet new --out ada.wallet --label 'Ada Byron' --passphrase
                  cairn wallet show ada.wallet
                  cairn wallet list
                """),
        subcommands: [WalletNewCommand.self, WalletShowCommand.self, WalletListCommand.self])
}
