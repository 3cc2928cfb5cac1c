import ArgumentParser
import CairnClient
import FHIR
import Identity
import LedgerCore

/// `cairn network contracts`
struct NetworkContractsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "contracts",
        abstract: "List which versions of the contracts the ledger runs, and what is paused.",
        discussion: CommandStatus.discussion(examples: "  cairn network contracts"))

    @OptionGroup package var channel: ChannelOptions
    @OptionGroup package var server: ServerOptions
    @OptionGroup package var output: OutputOptions

    init() {}

    func run() async throws {
        let (channel, output) = (channel, output)
        try await server.withClient { client, _ in
            let status = try await client.contracts(channel: channel.channel)
            guard !output.json else { return Output.json(Self.json(status)) }
            for row in status.contracts {
                let versions =
                    row.oldest == row.newest ? "\(row.newest)" : "\(row.oldest) to \(row.newest)"
                let more = (status.program[row.name] ?? 0) > row.newest
                Output.line(
                    TerminalText.escaped(row.name) + " \(versions)"
                        + (row.isPaused ? ", paused" : "")
                        + (more ? ", the node has \(status.program[row.name] ?? 0)" : ""))
            }
            let known = Set(status.contracts.map(\.name))
            for (name, version) in status.program.sorted(by: { $0.key < $1.key })
            where !known.contains(name) {
                Output.line("\(TerminalText.escaped(name)) not begun, the node has \(version)")
            }
            if let pending = status.pending {
                let versions = pending.versions.map { "\($0.name) \($0.version)" }
                Output.line(
                    TerminalText.escaped(
                        "at height \(pending.height): \(versions.joined(separator: ", "))"
                            + " (Cairn \(pending.release)); the head is \(status.height)"))
                let lacked = pending.versions.first { $0.version > status.program[$0.name] ?? 0 }
                if let lacked {
                    Output.line(
                        TerminalText.escaped(
                            "the node lacks \(lacked.name) \(lacked.version) and will halt there: "
                                + "install Cairn \(pending.release) before"))
                }
            }
        }
    }

    private static func json(_ status: ContractsStatus) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("height")
        writer.integer(Int(clamping: status.height))
        writer.key("contracts")
        writer.beginArray()
        for row in status.contracts {
            writer.beginObject()
            writer.member("name", row.name)
            writer.key("oldest")
            writer.integer(Int(row.oldest))
            writer.key("newest")
            writer.integer(Int(row.newest))
            writer.key("paused")
            writer.boolean(row.isPaused)
            writer.endObject()
        }
        writer.endArray()
        if let pending = status.pending {
            writer.key("pendingHeight")
            writer.integer(Int(clamping: pending.height))
        }
        writer.endObject()
        return writer.bytes
    }
}

/// `cairn network activate`
struct NetworkActivateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "activate",
        abstract: "Begin versions of contracts: all that the node has, or those named.",
        discussion: CommandStatus.discussion(
            examples: """
                  cairn network activate
                  cairn network activate people=2 --after 100
                  cairn network activate --out act.file
                """))

    @Argument(help: "CONTRACT=VERSION; all that the node has and the ledger does not, if none.")
    var versions: [String] = []

    @Option(help: "How many blocks from now.")
    var after: UInt64 = 10

    @Option(help: "The release of Cairn that has them; this one, if not given.")
    var release: String?

    @Flag(help: "Also versions that the node's program lacks: every such node halts at the height.")
    var unknown = false

    @OptionGroup package var acting: Acting

    init() {}

    func validate() throws {
        guard after > 0, after < 1 << 32 else { throw ValidationError("--after is at least 1") }
        for version in versions where Self.parsed(version) == nil {
            throw ValidationError("\(version) is not CONTRACT=VERSION")
        }
    }

    private static func parsed(_ text: String) -> (name: String, version: UInt32)? {
        let parts = text.split(separator: "=", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 2, Name.isValid(parts[0]), let version = UInt32(parts[1]), version > 0
        else { return nil }
        return (parts[0], version)
    }

    func run() async throws {
        let (acting, after, unknown) = (acting, after, unknown)
        let named = versions.compactMap(Self.parsed)
        let release = release ?? Cairn.release
        try await acting.server.withClient { client, wallet in
            let status = try await client.contracts(channel: acting.channel.channel)
            let running = Dictionary(
                status.contracts.map { ($0.name, $0.newest) }, uniquingKeysWith: { a, _ in a })
            let more = status.program.filter { $0.value > running[$0.key] ?? 0 }
                .map { (name: $0.key, version: $0.value) }
            let chosen = named.isEmpty ? more : named
            guard !chosen.isEmpty else {
                throw CommandFailure(
                    .refused, "nothing-to-activate",
                    "the ledger runs all versions that the node has",
                    hint: "cairn network contracts shows them")
            }
            let lacked = chosen.first { $0.version > status.program[$0.name] ?? 0 }
            if let lacked, !unknown {
                throw CommandFailure(
                    .refused, "version-lacked",
                    "the node has no version \(lacked.version) of \(lacked.name), and would halt",
                    hint: "update the nodes of all members first")
            }
            try await acting.act(
                Act.activate(chosen, height: status.height + after, release: release), status,
                client, wallet)
        }
    }
}

/// `cairn network cancel`
struct NetworkCancelCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cancel", abstract: "Take back the activation that waits for its height.",
        discussion: CommandStatus.discussion(examples: "  cairn network cancel"))

    @OptionGroup package var acting: Acting

    init() {}

    func run() async throws {
        let acting = acting
        try await acting.server.withClient { client, wallet in
            let status = try await client.contracts(channel: acting.channel.channel)
            guard let pending = status.pending else {
                throw CommandFailure(
                    .refused, "nothing-waits", "no activation waits",
                    hint: "cairn network contracts shows what the ledger runs")
            }
            try await acting.act(Act.cancel(height: pending.height), status, client, wallet)
        }
    }
}

/// `cairn network pause`
struct NetworkPauseCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pause", abstract: "Pause one contract; reads and all others go on.",
        discussion: CommandStatus.discussion(examples: "  cairn network pause records"))

    @Argument(help: "The contract.")
    var contract: String

    @OptionGroup package var acting: Acting

    init() {}

    func run() async throws {
        let (acting, contract) = (acting, contract)
        try await acting.server.withClient { client, wallet in
            let status = try await client.contracts(channel: acting.channel.channel)
            try await acting.act(Act.pause(contract), status, client, wallet)
        }
    }
}

/// `cairn network resume`
struct NetworkResumeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "resume", abstract: "Let a paused contract go on.",
        discussion: CommandStatus.discussion(examples: "  cairn network resume records"))

    @Argument(help: "The contract.")
    var contract: String

    @OptionGroup package var acting: Acting

    init() {}

    func run() async throws {
        let (acting, contract) = (acting, contract)
        try await acting.server.withClient { client, wallet in
            let status = try await client.contracts(channel: acting.channel.channel)
            try await acting.act(Act.resume(contract), status, client, wallet)
        }
    }
}
