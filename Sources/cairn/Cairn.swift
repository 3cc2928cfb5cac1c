import ArgumentParser

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The one executable. Each command has a file of its own.
@main
struct Cairn: AsyncParsableCommand {
    /// The software's version, said here only: by `--version`, by what a server says of itself, and
    /// as the release that an activation names.
    static let release = "0.4.0"

    static let configuration = CommandConfiguration(
        commandName: "cairn",
        abstract: "One verifiable health record between members, with no one in the middle.",
        discussion: """
            --server and --wallet, or CAIRN_SERVER and CAIRN_WALLET, say where and as whom.

            \(CommandStatus.help)
            """,
        version: release,
        subcommands: commands)

    /// In the order of the help.
    static let commands: [any ParsableCommand.Type] = [
        ServeCommand.self, LoadCommand.self, GetCommand.self, SearchCommand.self, TokenCommand.self,
        LinkCommand.self, WalletCommand.self, PersonCommand.self, HeadCommand.self,
        TransactionCommand.self,
        NetworkCommand.self, ProofCommand.self, VerifyCommand.self, SampleCommand.self,
        SnapshotCommand.self, BackupCommand.self, RestoreCommand.self, AuditCommand.self,
        BenchCommand.self,
    ]

    static func main() async {
        leave(await CommandRun.run(Array(CommandLine.arguments.dropFirst())))
    }
}

// `exit` inside `Cairn` is the parser's; this reaches the C library's.
private func leave(_ status: CommandStatus) -> Never { exit(status.rawValue) }
