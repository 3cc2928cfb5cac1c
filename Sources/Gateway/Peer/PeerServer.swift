import HTTPTypes
import Hummingbird
import HummingbirdCore
import HummingbirdTLS
import Identity
package import Logging
import NIOCore
import NIOSSL
package import Node
import ServiceLifecycle
import Synchronization

/// The listener for other members' nodes: HTTP/1.1 over mutual TLS 1.3.
///
/// TLS asks for a certificate and proves that the peer holds its key. Whose key it is, is looked up
/// on the ledger for each request (``PeerResponder``), so that a refusal can say why, and a node
/// that was retired is out at once.
package struct PeerServer: Service {
    private let node: CairnNode
    private let host: String
    private let port: Int
    private let certificates: NodeCertificates
    private let logger: Logger
    private let clock: @Sendable () -> UInt64
    private let onReady: @Sendable (Int) async -> Void

    /// - Parameters:
    ///   - clock: milliseconds since 1970.
    ///   - onReady: called with the port once peers are let in.
    package init(
        node: CairnNode, host: String, port: Int, certificates: NodeCertificates, logger: Logger,
        clock: @escaping @Sendable () -> UInt64,
        onReady: @escaping @Sendable (Int) async -> Void = { _ in }
    ) {
        self.node = node
        self.host = host
        self.port = port
        self.certificates = certificates
        self.logger = logger
        self.clock = clock
        self.onReady = onReady
    }

    /// Serves until a graceful shutdown or cancellation.
    ///
    /// - Throws: `ListenFailure` where the address cannot be taken.
    package func run() async throws {
        let closing = PeerClosing()
        var quiet = logger
        quiet.logLevel = .error
        let application = Application(
            responder: PeerResponder(node: node, closing: closing, logger: logger, clock: clock),
            server: try .tls(
                .http1(
                    configuration: HTTP1Channel.Configuration(
                        idleTimeout: GatewayLimits.idleTimeout,
                        httpDecoderConfiguration: .init(
                            maxHeaderFieldSize: GatewayLimits.headerBytesMax,
                            maxHeaderListSize: GatewayLimits.headerBytesMax,
                            maxHeaderFieldCount: GatewayLimits.headerFieldsMax))),
                configuration: TLSChannelConfiguration(
                    tlsConfiguration: try tlsConfiguration(),
                    customVerificationCallback: { _, promise in
                        promise.succeed(.certificateVerified)
                    })),
            configuration: ApplicationConfiguration(
                address: .hostname(host, port: port), serverName: nil,
                backlog: GatewayLimits.peerConnectionsMax,
                availableConnectionsDelegate: MaximumAvailableConnections(
                    GatewayLimits.peerConnectionsMax, logger: quiet)),
            onServerRunning: { channel in
                let port = channel.localAddress?.port ?? port
                logger.info("peers are let in", metadata: ["port": "\(port)"])
                await onReady(port)
            },
            logger: quiet)
        do {
            try await withGracefulShutdownHandler {
                try await application.run()
            } onGracefulShutdown: {
                closing.close()
                node.engine.heads.close()
            }
        } catch let error as IOError {
            throw ListenFailure(host: host, port: port, errnoCode: error.errnoCode)
        }
    }

    private func tlsConfiguration() throws -> TLSConfiguration {
        let shown = try Shown(certificates.current)
        var tls = TLSConfiguration.makeServerConfiguration(
            certificateChain: shown.chain, privateKey: shown.key)
        tls.minimumTLSVersion = .tlsv13
        // Asked at each handshake: certificates are renewed while this listens.
        tls.sslContextCallback = { [certificates] _, promise in
            promise.completeWith(
                Result {
                    let shown = try Shown(certificates.current)
                    var changes = NIOSSLContextConfigurationOverride()
                    changes.certificateChain = shown.chain
                    changes.privateKey = shown.key
                    return changes
                })
        }
        // A certificate is required; the callback above lets any pass, the responder does not.
        tls.certificateVerification = .noHostnameVerification
        tls.trustRoots = .certificates([])
        return tls
    }
}

/// A certificate and its key as TLS takes them.
private struct Shown {
    let chain: [NIOSSLCertificateSource]
    let key: NIOSSLPrivateKeySource

    init(_ certificate: NodeCertificate) throws {
        chain = [
            .certificate(try NIOSSLCertificate(bytes: certificate.certificate, format: .der))
        ]
        key = .privateKey(try NIOSSLPrivateKey(bytes: certificate.privateKey, format: .der))
    }
}

/// Whether streams are to end.
final class PeerClosing: Sendable {
    private let closed = Atomic(false)

    var isClosing: Bool { closed.load(ordering: .relaxed) }

    func close() { closed.store(true, ordering: .relaxed) }
}
