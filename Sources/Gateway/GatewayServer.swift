import Crypto
import Hummingbird
import HummingbirdCore
import Identity
import LedgerCore
package import Logging
import NIOCore
package import Node
import ServiceLifecycle

/// The node's HTTP server: FHIR, ledger API and administration on one port, HTTP/1.1.
///
/// A graceful shutdown stops accepting, finishes the requests under way, and returns. Whoever runs
/// it stops the node afterwards, so that every answer given is durable.
package struct GatewayServer: Service {
    private let configuration: GatewayConfiguration
    private let logger: Logger
    private let onReady: @Sendable (Int) async -> Void
    private let responder: GatewayResponder
    private let lifecycle: GatewayLifecycle
    private let clock: @Sendable () -> UInt64
    private let replays: ReplayGuard
    private let connections: OpenConnections
    /// Everything that is counted; the command may make it swift-metrics' backend too.
    package let metrics: PrometheusRegistry

    /// - Parameters:
    ///   - clock: milliseconds since 1970.
    ///   - onReady: called with the port once requests are taken.
    package init(
        node: CairnNode, configuration: GatewayConfiguration, logger: Logger,
        metrics: PrometheusRegistry = PrometheusRegistry(),
        clock: @escaping @Sendable () -> UInt64,
        onReady: @escaping @Sendable (Int) async -> Void = { _ in }
    ) {
        self.configuration = configuration
        self.logger = logger
        self.onReady = onReady
        self.metrics = metrics
        self.clock = clock
        replays = node.replays
        connections = OpenConnections(comfortable: GatewayLimits.connectionsComfortable)
        lifecycle = GatewayLifecycle()
        let identity = node.identity
        let audience = "cairn/node/\(identity.node)"
        let budget = ByteBudget(capacity: GatewayLimits.bodyBudgetBytes)
        let sessions = Sessions()
        let cookie = SessionCookie(node: identity.node)
        let authenticator = Authenticator(
            people: node.people,
            tokens: TokenVerifier(
                network: identity.genesis.digest, keys: [identity.keys.token.publicKey]),
            replays: node.replays, sessions: sessions, cookie: cookie,
            audience: audience)
        NodeGauges.install(
            in: metrics, node: node, budget: budget, authenticator: authenticator,
            connections: connections, clock: clock)
        responder = GatewayResponder(
            authenticator: authenticator,
            handlers: Handlers(
                node: node, configuration: configuration,
                tokens: TokenIssuer(
                    privateKey: identity.keys.token, network: identity.genesis.digest,
                    node: identity.node),
                audience: audience, clock: clock, metrics: metrics, lifecycle: lifecycle,
                sessions: sessions, cookie: cookie, authenticator: authenticator,
                live: LiveStreams(), startedMs: clock()),
            budget: budget, observer: RequestObserver(logger: logger, metrics: metrics),
            clock: clock)
    }

    /// Serves until a graceful shutdown or cancellation.
    ///
    /// - Throws: `ListenFailure` where the address cannot be taken.
    package func run() async throws {
        try await Task.sleep(for: .milliseconds(untilStartMs))
        let application = Application(
            responder: responder,
            server: .http1(configuration: channelConfiguration),
            configuration: ApplicationConfiguration(
                address: .hostname(configuration.host, port: configuration.port),
                serverName: nil, backlog: GatewayLimits.backlog,
                availableConnectionsDelegate: MaximumAvailableConnections(
                    GatewayLimits.connectionsMax, logger: quiet)),
            onServerRunning: { channel in
                let port = channel.localAddress?.port ?? configuration.port
                lifecycle.move(to: .ready)
                logger.info("serving", metadata: ["port": "\(port)"])
                await onReady(port)
            },
            logger: quiet)
        do {
            try await withGracefulShutdownHandler {
                try await application.run()
            } onGracefulShutdown: {
                lifecycle.move(to: .stopping)
                logger.info("stopping: finishing the requests under way")
            }
        } catch let error as IOError where lifecycle.phase == .starting {
            throw ListenFailure(
                host: configuration.host, port: configuration.port, errnoCode: error.errnoCode)
        }
        lifecycle.move(to: .stopping)
        logger.info("stopped serving")
    }

    /// What is left of the second in which an earlier process may have taken requests: signatures
    /// of that second are not admitted again. At most a second, should the clock be set back.
    private var untilStartMs: UInt64 {
        let startMs = UInt64(clamping: replays.startSeconds) * 1_000
        let now = clock()
        return startMs > now ? min(startMs - now, 1_000) : 0
    }

    /// Hummingbird's own lines are of no use to an operator; its errors are.
    private var quiet: Logger {
        var quiet = logger
        quiet.logLevel = .error
        return quiet
    }

    private var channelConfiguration: HTTP1Channel.Configuration {
        HTTP1Channel.Configuration(
            additionalChannelHandlers: [ConnectionKeeper(connections)],
            idleTimeout: GatewayLimits.idleTimeout,
            httpDecoderConfiguration: .init(
                maxHeaderFieldSize: GatewayLimits.headerBytesMax,
                maxHeaderListSize: GatewayLimits.headerBytesMax,
                maxHeaderFieldCount: GatewayLimits.headerFieldsMax))
    }
}
