import AsyncHTTPClient
package import Identity
import LedgerCore
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import Synchronization

/// Talks to another member's node over mutual TLS 1.3. Before anything is sent on a connection, the
/// certificate at its other end is handed to a check.
///
/// Whoever makes one calls ``shutdown()``.
package struct PeerClient: Sendable {
    package let server: ServerAddress
    private let http: HTTPClient
    private let tls: PeerTLS

    /// Connecting takes milliseconds where somebody listens.
    private static let connectTimeout = TimeAmount.seconds(5)
    /// The other side says something every two seconds, or has gone.
    private static let readTimeout = TimeAmount.seconds(10)
    /// A genesis is the largest answer that is no stream.
    private static let answerBytesMax = WireLimit.genesisBytes

    /// - Parameters:
    ///   - certificate: what this node shows; asked before each request.
    ///   - check: refuses a certificate (DER) that is not the sought node's.
    package init(
        server: ServerAddress, certificate: @escaping @Sendable () -> NodeCertificate,
        check: @escaping @Sendable (_ certificate: [UInt8]) async throws -> Void
    ) throws {
        self.server = server
        tls = try PeerTLS(certificate)
        var configuration = HTTPClient.Configuration(
            tlsConfiguration: try tls.current(), redirectConfiguration: .disallow,
            timeout: .init(connect: PeerClient.connectTimeout, read: PeerClient.readTimeout))
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.httpVersion = .http1Only
        configuration.http1_1ConnectionDebugInitializer = { channel in
            let checked = channel.eventLoop.makePromise(of: Void.self)
            checked.completeWithTask { try await PeerClient.check(channel, check) }
            return checked.futureResult
        }
        http = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }

    private static func check(
        _ channel: any Channel, _ check: @Sendable ([UInt8]) async throws -> Void
    ) async throws {
        do {
            guard let shown = try await channel.nioSSL_peerCertificate().get() else {
                throw PeerError.stranger(PeerError.noCertificate)
            }
            do {
                try await check(try shown.toDERBytes())
            } catch {
                throw PeerError.stranger(error)
            }
        } catch {
            channel.close(promise: nil)
            throw error
        }
    }

    /// Closes all connections. A stream's other side is not listening while it writes, and answers
    /// the farewell of TLS late or never: nobody waits for that.
    package func shutdown() async {
        let (done, finish) = AsyncStream.makeStream(of: Never.self)
        http.shutdown { _ in finish.finish() }
        await withTaskGroup { group in
            group.addTask { for await _ in done {} }
            group.addTask { try? await Task.sleep(for: .milliseconds(PeerClient.farewellMs)) }
            await group.next()
            group.cancelAll()
        }
    }

    private static let farewellMs = 250

    /// Gets a small answer.
    package func get(_ target: String) async throws(PeerError) -> [UInt8] {
        try await send(.GET, target, nil)
    }

    /// Posts bytes and gives the small answer.
    package func post(_ target: String, _ body: [UInt8]) async throws(PeerError) -> [UInt8] {
        try await send(.POST, target, body)
    }

    private func send(
        _ method: HTTPMethod, _ target: String, _ body: [UInt8]?
    ) async throws(PeerError) -> [UInt8] {
        let response = try await execute(method, target, body)
        do {
            return [UInt8](
                buffer: try await response.body.collect(upTo: PeerClient.answerBytesMax))
        } catch {
            throw .broken(server: server.description, cause: ConnectionFault.text(error))
        }
    }

    /// Streams framed messages until `take` or the connection fails, or the other side ends.
    package func stream(
        _ target: String, messageBytesMax: Int,
        _ take: @Sendable ([UInt8]) async throws -> Void
    ) async throws {
        let response = try await execute(.GET, target, nil)
        var frames = FrameReader(bytesMax: messageBytesMax)
        var pieces = response.body.makeAsyncIterator()
        while true {
            let piece: ByteBuffer?
            do {
                piece = try await pieces.next()
            } catch {
                throw PeerError.broken(
                    server: server.description, cause: ConnectionFault.text(error))
            }
            guard let piece else { return }
            for message in try frames.add(piece.readableBytesView) { try await take(message) }
        }
    }

    private func execute(
        _ method: HTTPMethod, _ target: String, _ body: [UInt8]?
    ) async throws(PeerError) -> HTTPClientResponse {
        var request = HTTPClientRequest(
            url: "\(server.scheme)://\(server.authority)\(server.prefix)\(target)")
        request.method = method
        // A renewed certificate makes new connections.
        do {
            request.tlsConfiguration = try tls.current()
        } catch {
            throw PeerError(error, server: server.description)
        }
        request.headers.add(name: "user-agent", value: "cairn")
        if let body { request.body = .bytes(ByteBuffer(bytes: body)) }
        let response: HTTPClientResponse
        do {
            response = try await http.execute(request, deadline: .distantFuture)
        } catch {
            throw PeerError(error, server: server.description)
        }
        let status = Int(response.status.code)
        guard status >= 400 else { return response }
        let answer: [UInt8]
        do {
            answer = [UInt8](
                buffer: try await response.body.collect(upTo: PeerClient.answerBytesMax))
        } catch {
            throw .broken(server: server.description, cause: ConnectionFault.text(error))
        }
        throw .refused(status: status, ErrorBody.read(status: status, answer))
    }
}

/// TLS with the certificate of the moment.
private final class PeerTLS: Sendable {
    private let certificate: @Sendable () -> NodeCertificate
    private let newest: Mutex<(certificate: [UInt8], configuration: TLSConfiguration)>

    init(_ certificate: @escaping @Sendable () -> NodeCertificate) throws {
        self.certificate = certificate
        let certificate = certificate()
        newest = Mutex((certificate.certificate, try PeerTLS.configuration(certificate)))
    }

    func current() throws -> TLSConfiguration {
        let certificate = certificate()
        return try newest.withLock { newest in
            if newest.certificate != certificate.certificate {
                newest = (certificate.certificate, try PeerTLS.configuration(certificate))
            }
            return newest.configuration
        }
    }

    private static func configuration(_ certificate: NodeCertificate) throws -> TLSConfiguration {
        var tls = TLSConfiguration.makeClientConfiguration()
        tls.minimumTLSVersion = .tlsv13
        tls.certificateChain = [
            .certificate(try NIOSSLCertificate(bytes: certificate.certificate, format: .der))
        ]
        tls.privateKey = .privateKey(
            try NIOSSLPrivateKey(bytes: certificate.privateKey, format: .der))
        // No list of authorities decides here, but the ledger: TLS proves that the other side holds
        // the key of its certificate, and the client's check says whether it is the right one.
        tls.certificateVerification = .none
        return tls
    }
}

/// Why another node gave no answer.
package enum PeerError: Error, Sendable {
    /// No connection: what was to be sent has not left.
    case unreachable(server: String, cause: String)
    /// The certificate at the other end is not the sought node's: nothing was sent.
    case stranger(any Error)
    /// The connection broke: what was sent may have arrived.
    case broken(server: String, cause: String)
    /// The other node will not or cannot, and says why.
    case refused(status: Int, ClientError.Answer)

    struct NoCertificate: Error {}
    static let noCertificate = NoCertificate()

    init(_ error: any Error, server: String) {
        let cause = ConnectionFault.text(error)
        switch error {
        case let error as PeerError: self = error
        case is NIOConnectionError, is NIOSSLError:
            self = .unreachable(server: server, cause: cause)
        case let error as HTTPClientError
        where error == .connectTimeout || error == .getConnectionFromPoolTimeout
            || error == .tlsHandshakeTimeout:
            self = .unreachable(server: server, cause: cause)
        case let error as IOError where error.errnoCode == ECONNREFUSED:
            self = .unreachable(server: server, cause: cause)
        default: self = .broken(server: server, cause: cause)
        }
    }

    /// One line for a person.
    package var message: String {
        switch self {
        case .unreachable(let server, let cause): "\(server) does not answer: \(cause)"
        case .stranger: "the node that answers is not the one that is sought"
        case .broken(let server, let cause): "the connection to \(server) broke: \(cause)"
        case .refused(_, let answer): answer.message
        }
    }
}
