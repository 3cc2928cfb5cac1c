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


            """
                + CommandStatus.discussion(
                    examples: """
                          cairn serve --data ./data --listen localhost:8080
                          cairn serve --data /var/lib/cairn --config /etc/cairn.json
                        """))

    @Option(help: "The data directory.")
    var data = "./data"

    @Option(help: "HOST:PORT to listen on; port 0 takes any. (default: localhost:8080)")
    var listen: String?

    @Option(help: "A JSON file: listen, network, member, reserveMiB, cacheGiB, logLevel.")
    var config: String?

    @Flag(help: "At the first start, ask for a passphrase for the administrator's wallet.")
    var passphrase = false

    @OptionGroup package var output: OutputOptions

    init() {}

    func run() async throws {
        Memory.keepPages()
        OpenFiles.raiseLimit()
        let settings = try configuration()
        let address = try listenAddress(settings)
        try DataFolder.check(data)
        let node = try openNode(settings)
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
                host: address.host, port: address.port, version: Cairn.configuration.version),
            logger: logger, clock: ServeCommand.clock,
            onReady: { port in
                Output.line("ready http://\(address.urlHost):\(port)")
                if node.isNew { ServeCommand.welcome(node, address, port) }
            })
        try await serve(node, gateway, logger)
    }

    private func serve(_ node: CairnNode, _ gateway: GatewayServer, _ logger: Logger) async throws {
        var quiet = logger
        quiet.logLevel = .error
        // Stopped in reverse: the gateway first, so that the node has answered everything by then.
        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: [
                    .init(service: NodeService(node: node)),
                    .init(
                        service: gateway, successTerminationBehavior: .gracefullyShutdownGroup,
                        failureTerminationBehavior: .gracefullyShutdownGroup),
                ], gracefulShutdownSignals: [.sigint, .sigterm], logger: quiet))
        do {
            try await group.run()
        } catch let failure as ListenFailure {
            try? node.close()
            throw CommandFailure(failure)
        } catch let error as SocketAddressError.UnknownHost {
            try? node.close()
            throw CommandFailure(error)
        }
        try node.close()
        logger.notice("stopped")
    }

    private func configuration() throws -> ServeConfiguration {
        guard let config else { return ServeConfiguration() }
        return try ServeConfiguration(
            json: try FileWriting.read(config, bytesMax: ServeConfiguration.bytesMax), path: config)
    }

    private func listenAddress(_ settings: ServeConfiguration) throws -> ListenAddress {
        let text = listen ?? settings.listen ?? "localhost:8080"
        guard let address = ListenAddress(text) else {
            throw CommandFailure.usage(
                "\(text) is no HOST:PORT", hint: "write for example --listen localhost:8080")
        }
        return address
    }

    private func openNode(_ settings: ServeConfiguration) throws -> CairnNode {
        var plan = FoundingPlan()
        plan.network = settings.network ?? plan.network
        plan.member = settings.member ?? plan.member
        let directory = DataDirectory(data)
        if passphrase, !FileSystem.exists(directory.genesis) {
            plan.passphrase = try WalletOpening.newPassphrase()
        }
        var configuration = NodeConfiguration(directory: directory, founding: plan)
        if let reserve = settings.reserveMiB { configuration.reserveBytes = UInt64(reserve) << 20 }
        if let cache = settings.cacheGiB { configuration.cacheBytesMax = cache << 30 }
        do {
            return try CairnNode.open(configuration, clock: ServeCommand.clock)
        } catch let error as NodeError {
            let exit: CommandStatus = error.code == .conflict ? .usage : .checkFailed
            throw CommandFailure(exit, error.code.rawValue, error.message, hint: error.hint ?? "")
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

/// The node as a service: told to stop, it finishes what was accepted.
struct NodeService: Service {
    let node: CairnNode

    func run() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await Memory.releaseRegularly() }
            // Also when the group cancels it because the gateway failed.
            try await withTaskCancellationOrGracefulShutdownHandler {
                try await node.run()
            } onCancelOrGracefulShutdown: {
                node.stop()
            }
            group.cancelAll()
        }
    }
}
