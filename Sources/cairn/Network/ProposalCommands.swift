import ArgumentParser
import CairnClient
import FHIR
import Identity
import LedgerCore

/// `cairn network proposals`
struct NetworkProposalsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "proposals", abstract: "List what waits on the ledger for stamps.",
        discussion: CommandStatus.discussion(examples: "  cairn network proposals"))

    @OptionGroup package var channel: ChannelOptions
    @OptionGroup package var server: ServerOptions
    @OptionGroup package var output: OutputOptions

    init() {}

    func run() async throws {
        let (channel, output) = (channel, output)
        try await server.withClient { client, _ in
            let proposals = try await client.proposals(channel: channel.channel)
            guard output.json else {
                for proposal in proposals { Output.line(Self.words(proposal)) }
                return
            }
            var writer = JSONWriter()
            writer.beginArray()
            for proposal in proposals {
                writer.beginObject()
                writer.member("id", "\(proposal.id)")
                writer.member("standing", proposal.standing)
                if let intent = proposal.intent { writer.member("does", ActWords.text(intent)) }
                writer.endObject()
            }
            writer.endArray()
            Output.json(writer.bytes)
        }
    }

    static func words(_ proposal: Proposal) -> String {
        var parts = ["\(proposal.id)", proposal.standing]
        if let intent = proposal.intent { parts.append(ActWords.text(intent)) }
        let approved = proposal.stamps.count { $0.refusal == nil }
        parts.append("\(approved) for, \(proposal.stamps.count - approved) against")
        if let policy = proposal.policy { parts.append("needs \(policy) besides") }
        if let reason = proposal.reason { parts.append("because \(reason)") }
        return TerminalText.escaped(parts.joined(separator: "  "))
    }
}

/// `cairn network approve`
struct NetworkApproveCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "approve", abstract: "Stamp a proposal; the last stamp carries it out.",
        discussion: CommandStatus.discussion(examples: "  cairn network approve 9ac1…"))

    @OptionGroup package var which: ProposalChoice
    @OptionGroup package var acting: Acting

    init() {}

    func run() async throws {
        let (id, acting) = (try which.digest(), acting)
        try await acting.server.withClient { client, wallet in
            let proposal = try await client.proposal(id, channel: acting.channel.channel)
            if let intent = proposal.intent {
                Output.error(TerminalText.escaped("approving: \(ActWords.text(intent))\n"))
            }
            try await acting.say(Act.approve(id), about: id, client, wallet)
        }
    }
}

/// `cairn network refuse`
struct NetworkRefuseCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "refuse", abstract: "Refuse a proposal, or take one's own back.",
        discussion: CommandStatus.discussion(
            examples: "  cairn network refuse 9ac1… --reason not-tested"))

    @Option(help: "A code that stands on the ledger: lower-case letters, digits, hyphens.")
    var reason: String

    @OptionGroup package var which: ProposalChoice
    @OptionGroup package var acting: Acting

    init() {}

    func validate() throws {
        guard Name.isValid(reason) else {
            throw ValidationError("a reason has lower-case letters, digits and hyphens")
        }
    }

    func run() async throws {
        let (id, acting, reason) = (try which.digest(), acting, reason)
        try await acting.server.withClient { client, wallet in
            try await acting.say(Act.refuse(id, reason: reason), about: id, client, wallet)
        }
    }
}

/// `cairn network stamp`
struct NetworkStampCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stamp", abstract: "Add the wallet's stamp to an act in a file.",
        discussion: CommandStatus.discussion(examples: "  cairn network stamp act.file"))

    @Argument(help: "The file, as --out wrote it.")
    var file: String

    @OptionGroup package var server: ServerOptions
    @OptionGroup package var output: OutputOptions

    init() {}

    func run() async throws {
        var act = try ActFile.read(file)
        let wallet = try server.openWallet()
        guard wallet.network == act.intent.network else {
            throw CommandFailure(
                .refused, "another-network", "the act is of another network than the wallet",
                hint: "use a wallet of that network")
        }
        Output.error(TerminalText.escaped("stamping: \(ActWords.text(act.intent))\n"))
        try act.stamp(with: wallet)
        try FileWriting.write(act.bytes, to: file)
        guard output.json else { return Output.line("\(act.stamps.count) stamps, id \(act.id)") }
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("id", "\(act.id)")
        writer.key("stamps")
        writer.integer(act.stamps.count)
        writer.endObject()
        Output.json(writer.bytes)
    }
}

/// `cairn network submit`
struct NetworkSubmitCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "submit",
        abstract: "Hand in an act with its stamps, at the node of its author's member.",
        discussion: CommandStatus.discussion(examples: "  cairn network submit act.file"))

    @Argument(help: "The file, as --out wrote it and others stamped it.")
    var file: String

    @OptionGroup package var server: ServerOptions
    @OptionGroup package var output: OutputOptions

    init() {}

    func run() async throws {
        let act = try ActFile.read(file)
        let output = output
        try await server.withClient { client, _ in
            _ = try await client.submit([StampedIntent(act)], channel: act.intent.channel)
            guard output.json else { return Output.line("done, transaction \(act.id)") }
            var writer = JSONWriter()
            writer.beginObject()
            writer.member("transaction", "\(act.id)")
            writer.endObject()
            Output.json(writer.bytes)
        }
    }
}

enum ActFile {
    static func read(_ path: String) throws -> CollectedAct {
        let bytes = try FileWriting.read(path, bytesMax: CollectedAct.bytesMax)
        do {
            return try CollectedAct(file: bytes)
        } catch {
            throw CommandFailure.usage(
                "\(path) holds no act", hint: "make it with --out, for example of activate")
        }
    }
}

/// A proposal on the command line.
struct ProposalChoice: ParsableArguments {
    @Argument(help: "The proposal's id, as `cairn network proposals` shows it.")
    var id: String

    init() {}

    func validate() throws { _ = try digest() }

    func digest() throws -> Digest {
        guard let digest = Digest(hex: id) else {
            throw ValidationError("a proposal's id has 64 hexadecimal digits, in lower case")
        }
        return digest
    }
}
