import ArgumentParser
import CairnClient
import FHIR
import Identity
import LedgerCore

/// `cairn network`
struct NetworkCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "network",
        abstract: "The members of the network, and what they decide together.",
        discussion: CommandStatus.discussion(
            examples: """
                  cairn network invite --wait
                  cairn network requests
                  cairn network admit 5d0c…
                  cairn network contracts
                  cairn network activate
                  cairn network approve 9ac1…
                """),
        subcommands: [
            NetworkInviteCommand.self, NetworkRequestsCommand.self, NetworkAdmitCommand.self,
            NetworkContractsCommand.self, NetworkActivateCommand.self, NetworkCancelCommand.self,
            NetworkPauseCommand.self, NetworkResumeCommand.self, NetworkProposalsCommand.self,
            NetworkApproveCommand.self, NetworkRefuseCommand.self, NetworkStampCommand.self,
            NetworkSubmitCommand.self,
        ])
}

/// `cairn network invite`
struct NetworkInviteCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "invite",
        abstract: "Print URL#INVITATION, with which one member can join within a day.",
        discussion: CommandStatus.discussion(
            examples: """
                  cairn network invite
                  cairn network invite --wait
                """))

    @Flag(help: "Wait until a member knocks with it, then ask whether to admit it.")
    var wait = false

    @Flag(help: "With --wait: admit without asking.")
    var yes = false

    @OptionGroup package var admission: Admission

    init() {}

    func validate() throws {
        guard wait || !yes else { throw ValidationError("--yes goes with --wait") }
    }

    func run() async throws {
        let (wait, yes, admission) = (wait, yes, admission)
        try await admission.server.withClient { client, wallet in
            let (url, invitation, expiresMs) = try await client.invite()
            if admission.output.json {
                var writer = JSONWriter()
                writer.beginObject()
                writer.member("link", "\(url)#\(invitation.text)")
                writer.key("expiresMs")
                writer.integer(expiresMs)
                writer.endObject()
                Output.json(writer.bytes)
            } else {
                Output.line("\(url)#\(invitation.text)")
            }
            guard wait else { return }
            let sought = "\(invitation.secretDigest)"
            while true {
                let request = try await client.joinRequests().first { $0.invitation == sought }
                if let request {
                    return try await admission.admit(request, client, wallet, asks: !yes)
                }
                try await Task.sleep(for: .milliseconds(500))
            }
        }
    }
}

/// `cairn network requests`
struct NetworkRequestsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "requests", abstract: "List the members that wait to be admitted.",
        discussion: CommandStatus.discussion(examples: "  cairn network requests"))

    @OptionGroup package var server: ServerOptions
    @OptionGroup package var output: OutputOptions

    init() {}

    func run() async throws {
        let output = output
        try await server.withClient { client, _ in
            let requests = try await client.joinRequests()
            guard output.json else {
                for request in requests { Output.line(Admission.words(request)) }
                return
            }
            var writer = JSONWriter()
            writer.beginArray()
            for request in requests {
                writer.beginObject()
                writer.member("member", "\(request.member)")
                writer.member("name", request.name)
                writer.member("authorityFingerprint", request.authorityFingerprint)
                writer.endObject()
            }
            writer.endArray()
            Output.json(writer.bytes)
        }
    }
}

/// `cairn network admit`
struct NetworkAdmitCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "admit",
        abstract: "Admit a member that waits; the wallet stamps the transaction.",
        discussion: CommandStatus.discussion(examples: "  cairn network admit 5d0c…"))

    @Argument(help: "The member's id, as `cairn network requests` shows it.")
    var member: String

    @Flag(help: "Admit without asking.")
    var yes = false

    @OptionGroup package var admission: Admission

    init() {}

    func validate() throws {
        guard Identifier(hex: member) != nil else {
            throw ValidationError("a member's id has 32 hexadecimal digits, in lower case")
        }
    }

    func run() async throws {
        let (member, yes, admission) = (member, yes, admission)
        try await admission.server.withClient { client, wallet in
            let requests = try await client.joinRequests()
            guard let request = requests.first(where: { "\($0.member)" == member }) else {
                throw CommandFailure(
                    .refused, "not-found", "no member with this id waits",
                    hint: "cairn network requests lists those that do")
            }
            try await admission.admit(request, client, wallet, asks: !yes)
        }
    }
}

/// What the commands that admit share.
struct Admission: ParsableArguments {
    @OptionGroup package var channel: ChannelOptions
    @OptionGroup package var server: ServerOptions
    @OptionGroup package var output: OutputOptions

    init() {}

    static func words(_ request: JoinRequest) -> String {
        "\(request.member)  \(request.name)  authority \(request.authorityFingerprint)"
    }

    /// Shows who it is, asks, stamps the command and hands it in.
    func admit(
        _ request: JoinRequest, _ client: CairnHTTPClient, _ wallet: Wallet, asks: Bool
    ) async throws {
        if asks {
            Output.error(
                TerminalText.escaped(
                    "\(request.name) wants to join as member \(request.member).") + "\n"
                    + "Compare its authority's fingerprint with what its own screen shows:\n"
                    + "  \(request.authorityFingerprint)\nAdmit it? [y/N] ")
            guard ["y", "yes"].contains(readLine()?.lowercased() ?? "") else {
                throw CommandFailure(
                    .refused, "not-admitted", "the member was not admitted",
                    hint: "it waits; cairn network admit \(request.member) admits it later")
            }
        }
        let intent = try StampedIntent(
            contract: "members", command: request.command, channel: channel.channel,
            wallet: wallet, nowMs: WallClock.nowMs(), nonce: Fresh.identifier())
        _ = try await client.submit([intent], channel: channel.channel)
        guard output.json else {
            return Output.line("admitted \(request.member), transaction \(intent.id)")
        }
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("member", "\(request.member)")
        writer.member("transaction", "\(intent.id)")
        writer.endObject()
        Output.json(writer.bytes)
    }
}
