import ArgumentParser
import CairnClient
import Contracts
import Gateway
import Glibc
import Identity
import LedgerCore
import Logging
import NIOCore
import Node
import ServiceLifecycle
import UnixSignals

/// `cairn serve`
struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Run a node.",
        discussion: """
            The first start founds a network of one member in DIR: genesis, the member's \
            certificate authority, the node's keys, and DIR/wallets/administrator.wallet. Later \
            starts go on with what is there. When requests are taken, the line \
            `ready http://HOST:PORT` goes to stdout; logs go to stderr and to DIR/log. SIGINT and \
            SIGTERM finish what was accepted, then stop.

            With --join, the first start makes a member of another's network instead: it knocks \
            with the invitation, waits until that network's administrator has admitted it, and \
            follows from then on.


            """
                + CommandStatus.discussion(
                    examples: """
                          cairn serve --data ./data --listen localhost:8080
                          cairn serve --data /var/lib/cairn --config /etc/cairn.json
                          cairn serve --data ./clinic --member Clinic --join URL#INVITATION
                        """))

    @Option(help: "The data directory.")
    var data = "./data"

    @Option(help: "HOST:PORT to listen on; port 0 takes any. (default: localhost:8080)")
    var listen: String?

    @Option(help: "At the first start: the member's name.")
    var member: String?

    @Option(help: "At the first start: URL#INVITATION of the network to join.")
    var join: String?

    @Option(
        help: """
            With --join: a snapshot of that network's ledger to begin with, instead of all its \
            blocks.
            """)
    var snapshot: String?

    @Flag(
        help: """
            At the first start: found a sample network. All people in it are invented, and its \
            administrators make log-in links for them.
            """)
    var sample = false

    @Option(help: "The https address of the node that this one follows, where it has moved.")
    var leader: String?

    @Option(help: "HOST:PORT at which other members' nodes reach this one, by mutual TLS.")
    var peerListen: String?

    @Option(help: "The https address of --peer-listen as others see it, where it differs.")
    var peerURL: String?

    @Option(
        help: """
            A JSON file: listen, network, member, peerListen, peerURL, reserveMiB, cacheGiB, \
            stateHistoryBlocks, \
            logLevel, witnesses, witnessLogs, timestampAuthority, timestampCertificates, \
            timestampRequired, timestampIntervalSeconds, timestampWindowSeconds.
            """)
    var config: String?

    @Flag(help: "At the first start, ask for a passphrase for the administrator's wallet.")
    var passphrase = false

    @OptionGroup package var outside: OutsideOptions
    @OptionGroup package var output: OutputOptions

    init() {}

    func validate() throws {
        guard !sample || join == nil else {
            throw ValidationError("--sample goes with a new network, not with --join")
        }
        guard snapshot == nil || join != nil else {
            throw ValidationError("--snapshot goes with --join")
        }
    }

    func run() async throws {
        OpenFiles.raiseLimit()
        let settings = try configuration()
        let address = try listenAddress(settings)
        let peers = try PeerListening(
            listen: peerListen ?? settings.peerListen, url: peerURL ?? settings.peerURL)
        let link = try joinLink()
        let leader = try leaderAddress()
        let base = try nodeConfiguration(settings)
        if link != nil, member == nil, settings.member == nil,
            !FileSystem.exists(DataDirectory(data).membership)
        {
            throw CommandFailure.usage(
                "the member that joins has no name", hint: "add --member NAME, as others know it")
        }
        try DataFolder.check(data)
        // Before anything is founded: a start that fails leaves nothing behind.
        try await ServeCommand.requireFree(address, option: "--listen")
        if let address = peers.listen {
            try await ServeCommand.requireFree(address, option: "--peer-listen")
        }
        do {
            let joining = joinRun(settings, peers)
            if let leader { try joining.move(to: leader) }
            try await joining.run(link)
        } catch let error as NodeError {
            throw ServeCommand.failure(error)
        }
        let node = try openNode(settings, base)
        var logger = JSONLogHandler.logger(
            "cairn", sink: LogSink(path: node.configuration.directory.log + "/cairn.log"),
            clock: ServeCommand.clock)
        if let level = settings.logLevel {
            guard let level = Logger.Level(rawValue: level) else {
                throw CommandFailure.usage(
                    "logLevel \(level) is not known",
                    hint: "use trace, debug, info, notice, warning, error or critical")
            }
            logger.logLevel = level
        }
        logger.notice(
            node.isNew ? "founded a network" : "opened the network",
            metadata: [
                "network": "\(node.identity.genesis.digest)", "node": "\(node.identity.node)",
                "height": "\(node.engine.head.tip.height)",
                "recoveredBlocks": "\(node.recoveredBlocks)",
            ])
        if !address.isLoopback {
            logger.warning(
                "this is plain HTTP that other machines reach: it belongs behind a proxy with TLS",
                metadata: ["listen": "\(address.urlHost):\(address.port)"])
        }
        let gateway = GatewayServer(
            node: node,
            configuration: GatewayConfiguration(
                host: address.host, port: address.port, version: Cairn.release,
                peerURL: { await peers.address() }),
            logger: logger, clock: ServeCommand.clock,
            onReady: { port in
                Output.line("ready http://\(address.urlHost):\(port)")
                if node.isNew { ServeCommand.welcome(node, address, port) }
            })
        let listener = try peers.server(node, logger)
        try await serve(
            node, gateway, listener, try PeerWiring.client(node, hosts: peers.hosts), logger)
    }

    private func serve(
        _ node: CairnNode, _ gateway: GatewayServer, _ listener: PeerServer?, _ client: PeerClient?,
        _ logger: Logger
    ) async throws {
        var quiet = logger
        quiet.logLevel = .error
        // Stopped in reverse: the gateway first, so that the node has answered everything by then.
        let services: [any Service] =
            [NodeService(node: node, client: client, outside: OutsideClient(), logger: logger)]
            + (listener.map { [$0] } ?? []) + [gateway]
        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: services.map {
                    $0 is NodeService
                        ? .init(service: $0)
                        : .init(
                            service: $0, successTerminationBehavior: .gracefullyShutdownGroup,
                            failureTerminationBehavior: .gracefullyShutdownGroup)
                }, gracefulShutdownSignals: [.sigint, .sigterm], logger: quiet))
        do {
            try await group.run()
        } catch let failure as ListenFailure {
            try? node.close()
            throw CommandFailure(failure, option: "--listen")
        } catch let error as SocketAddressError.UnknownHost {
            try? node.close()
            throw CommandFailure(error, option: "--listen")
        }
        try node.close()
        logger.notice("stopped")
    }

    private static func requireFree(_ address: ListenAddress, option: String) async throws {
        do {
            try await ListenFailure.requireFree(host: address.host, port: address.port)
        } catch let failure as ListenFailure {
            throw CommandFailure(failure, option: option)
        } catch let error as SocketAddressError.UnknownHost {
            throw CommandFailure(error, option: option)
        }
    }

    private func configuration() throws -> ServeConfiguration {
        guard let config else { return ServeConfiguration() }
        return try ServeConfiguration(
            json: try FileWriting.read(config, bytesMax: ServeConfiguration.bytesMax), path: config)
    }

    private func joinLink() throws -> JoinLink? {
        guard let join else { return nil }
        guard let link = JoinLink(join) else {
            throw CommandFailure(
                .usage, "invitation-malformed", "--join is no URL#INVITATION",
                hint: "copy the whole line that cairn network invite printed, in quotes")
        }
        return link
    }

    private func leaderAddress() throws -> ServerAddress? {
        try leader.map {
            guard join == nil, let address = ServerAddress($0), address.scheme == "https" else {
                throw CommandFailure.usage(
                    "--leader is an https address, and does not go with --join",
                    hint: "write it as https://host:port, as the other node's --peer-listen has it")
            }
            return address
        }
    }

    private func joinRun(_ settings: ServeConfiguration, _ peers: PeerListening) -> JoinRun {
        let asks = passphrase
        return JoinRun(
            directory: DataDirectory(data), member: member ?? settings.member ?? "Member",
            hosts: peers.hosts, snapshot: snapshot,
            passphrase: { asks ? try WalletOpening.newPassphrase() : nil })
    }

    private func listenAddress(_ settings: ServeConfiguration) throws -> ListenAddress {
        let text = listen ?? settings.listen ?? "localhost:8080"
        guard let address = ListenAddress(text) else {
            throw CommandFailure.usage(
                "\(text) is no HOST:PORT", hint: "write for example --listen localhost:8080")
        }
        return address
    }

    private func nodeConfiguration(
        _ settings: ServeConfiguration
    ) throws -> NodeConfiguration {
        var configuration = NodeConfiguration(directory: DataDirectory(data))
        try outside.apply(settings, to: &configuration)
        return configuration
    }

    private func openNode(
        _ settings: ServeConfiguration, _ base: NodeConfiguration
    ) throws -> CairnNode {
        var plan = FoundingPlan()
        plan.network = settings.network ?? plan.network
        plan.member = member ?? settings.member ?? plan.member
        plan.sample = sample
        let directory = DataDirectory(data)
        if passphrase, !FileSystem.exists(directory.genesis) {
            plan.passphrase = try WalletOpening.newPassphrase()
        }
        var configuration = base
        configuration.founding = plan
        if let reserve = settings.reserveMiB { configuration.reserveBytes = UInt64(reserve) << 20 }
        if let cache = settings.cacheGiB { configuration.cacheBytesMax = cache << 30 }
        if let blocks = settings.stateHistoryBlocks {
            configuration.stateHistoryBlocks = UInt64(blocks)
        }
        do {
            return try CairnNode.open(configuration, clock: ServeCommand.clock)
        } catch let error as NodeError {
            throw ServeCommand.failure(error)
        } catch let error as KeyFileError where error.path == directory.nodeKeys {
            throw CommandFailure(keys: error)
        } catch let error as KeyFileError {
            throw error
        } catch {
            throw CommandFailure(
                .checkFailed, "cannot-open", "the data in \(data) cannot be opened: \(error)",
                hint: "run cairn verify --data \(data); it names what is damaged")
        }
    }

    private static func failure(_ error: NodeError) -> CommandFailure {
        let exit: CommandStatus = error.code == .conflict ? .usage : .checkFailed
        return CommandFailure(exit, error.code.rawValue, error.message, hint: error.hint ?? "")
    }

    private static func welcome(_ node: CairnNode, _ address: ListenAddress, _ port: Int) {
        let directory = node.configuration.directory
        let server = "http://\(address.localHost):\(port)"
        Output.error(
            """

            A new network of one member is running, its data in \(directory.path).
            In another terminal, try:

              export CAIRN_SERVER=\(server) CAIRN_WALLET=\(directory.administratorWallet)
              .build/release/cairn load docs/example
              .build/release/cairn search 'Patient?name=okafor'
              .build/release/cairn link        # open what it prints in a browser
              curl -H "Authorization: Bearer $(.build/release/cairn token)" \(server)/fhir/Patient

            Ctrl-C stops it; the next start goes on with the same data.


            """)
    }

    /// Milliseconds since 1970.
    static let clock: @Sendable () -> UInt64 = {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        return UInt64(now.tv_sec) * 1_000 + UInt64(now.tv_nsec) / 1_000_000
    }
}
