import AsyncHTTPClient
package import Identity
import LedgerCore
package import NIOCore
import NIOHTTP1
import NIOPosix

/// Talks to one node: signs each request (RFC 9421), retries what may be repeated, and says in a
/// closed list why something failed.
///
/// Whoever makes one calls ``shutdown()``, or uses ``with(server:credentials:body:)``.
package struct CairnHTTPClient: Sendable {
    package let server: ServerAddress
    let credentials: Credentials
    package var retries = RetryPlan()
    private let http: HTTPClient

    /// In whose name requests are made.
    package enum Credentials: Sendable {
        /// Nobody's: public paths alone.
        case none
        /// A person's own key signs each request (tier 2).
        case wallet(Wallet)
        /// A bearer token (tier 0).
        case token(String)
    }

    /// Connecting takes milliseconds where somebody listens.
    static let connectTimeout = TimeAmount.seconds(10)
    /// A transaction of thousands of writes is answered within seconds; a quiet minute is a
    /// failure.
    static let readTimeout = TimeAmount.seconds(90)
    /// Largest answer that is held in memory; files go through ``download(_:into:)``.
    package static let answerBytesMax = 64 * 1024 * 1024
    /// Attempts where nobody answers: a server that restarts is back in seconds.
    static let unreachableAttemptsMax = 3

    /// Connections side by side; more requests at once wait for one.
    package static let connectionsUsual = 8

    package init(
        server: ServerAddress, credentials: Credentials = .none,
        connections: Int = connectionsUsual
    ) {
        self.server = server
        self.credentials = credentials
        var configuration = HTTPClient.Configuration(
            redirectConfiguration: .disallow,
            timeout: .init(
                connect: CairnHTTPClient.connectTimeout, read: CairnHTTPClient.readTimeout))
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = connections
        // One connection serves a request at a time; signing names one authority.
        configuration.httpVersion = .http1Only
        http = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }

    package func shutdown() async {
        // Nothing is under way any more; a failure to close sockets leaves nothing to do.
        try? await http.shutdown()
    }

    /// Makes a client for the time of `body`.
    package static func with<Result: Sendable>(
        server: ServerAddress, credentials: Credentials = .none,
        connections: Int = connectionsUsual, body: (CairnHTTPClient) async throws -> Result
    ) async throws -> Result {
        let client = CairnHTTPClient(
            server: server, credentials: credentials, connections: connections)
        do {
            let result = try await body(client)
            await client.shutdown()
            return result
        } catch {
            await client.shutdown()
            throw error
        }
    }

    /// Sends a request and gives an answer below 400, its body in memory.
    ///
    /// - Throws: ``ClientError``, `CancellationError`.
    package func send(_ request: ClientRequest) async throws -> ClientResponse {
        try await retrying(request) { response in
            let body = try await response.body.collect(upTo: CairnHTTPClient.answerBytesMax)
            return ClientResponse(
                status: Int(response.status.code),
                headers: response.headers.map { ($0.name.lowercased(), $0.value) },
                body: [UInt8](buffer: body))
        }
    }

    /// Sends a request and hands the answer's body on in pieces, as they come.
    ///
    /// - Parameter sink: takes the pieces in order. What was handed on before a failure stays with
    ///   it: such a request is not sent again.
    package func download(
        _ request: ClientRequest, into sink: @Sendable (ByteBuffer) async throws -> Void
    ) async throws {
        try await retrying(request) { response in
            for try await piece in response.body { try await sink(piece) }
        }
    }

    private func retrying<Result: Sendable>(
        _ request: ClientRequest,
        _ read: @Sendable (HTTPClientResponse) async throws -> Result
    ) async throws -> Result {
        var attempt = 1
        while true {
            let outcome = await self.attempt(request)
            switch outcome {
            case .success(let response) where response.status.code < 400:
                return try await reading { try await read(response) }
            case .success(let response):
                let status = Int(response.status.code)
                let body = try await reading {
                    try await response.body.collect(upTo: CairnHTTPClient.answerBytesMax)
                }
                let canRetry = request.isRepeatable && RetryPlan.asksToRetry(status)
                guard canRetry, attempt < retries.attemptsMax else {
                    throw Self.failure(status: status, response.headers, [UInt8](buffer: body))
                }
                let asked = response.headers.first(name: "retry-after").flatMap { Int($0) }
                try await pause(after: attempt, retryAfterSeconds: asked)
            case .failure(let error):
                let most = min(retries.attemptsMax, CairnHTTPClient.unreachableAttemptsMax)
                guard request.isRepeatable, error.isUnreachable, attempt < most else { throw error }
                try await pause(after: attempt, retryAfterSeconds: nil)
            }
            attempt += 1
        }
    }

    private func pause(after attempt: Int, retryAfterSeconds: Int?) async throws {
        let pause = retries.pauseMs(
            after: attempt, retryAfterSeconds: retryAfterSeconds,
            random: Double.random(in: 0..<1))
        try await Task.sleep(for: .milliseconds(pause))
    }

    /// One attempt: signed anew, for a signature holds once.
    private func attempt(_ request: ClientRequest) async
        -> Swift.Result<
            HTTPClientResponse, ClientError
        >
    {
        do throws(ClientError) {
            let prepared = try prepared(request)
            do {
                return .success(try await http.execute(prepared, deadline: .distantFuture))
            } catch {
                throw unreachable(error)
            }
        } catch {
            return .failure(error)
        }
    }

    private func reading<Result>(_ body: () async throws -> Result) async throws -> Result {
        do {
            return try await body()
        } catch let error as HTTPClientError {
            throw unreachable(error)
        } catch is NIOTooManyBytesError {
            throw ClientError.unexpected(what: "it is larger than 64 MiB")
        } catch let error as IOError {
            throw unreachable(error)
        } catch let error as ChannelError {
            throw unreachable(error)
        }
    }

    private func unreachable(_ error: any Error) -> ClientError {
        if let error = error as? ClientError { return error }
        return .unreachable(server: server.description, cause: ConnectionFault.text(error))
    }

    private func prepared(_ request: ClientRequest) throws(ClientError) -> HTTPClientRequest {
        var prepared = HTTPClientRequest(
            url: "\(server.scheme)://\(server.authority)\(server.prefix)\(request.target)")
        prepared.method = .RAW(value: request.method.rawValue)
        prepared.headers.add(name: "host", value: server.authority)
        prepared.headers.add(name: "user-agent", value: "cairn")
        for (name, value) in request.headers { prepared.headers.add(name: name, value: value) }
        let digest: Digest?
        switch request.body {
        case .none:
            digest = nil
        case .bytes(let bytes, let known):
            digest = known ?? Digest.sha256(bytes)
            prepared.body = .bytes(ByteBuffer(bytes: bytes))
        case .file(let path, let size, let known):
            digest = known
            prepared.body = .stream(FileChunks(path: path), length: .known(Int64(size)))
        }
        for (name, value) in try authentication(request, digest: digest) {
            prepared.headers.add(name: name, value: value)
        }
        return prepared
    }

    private static func failure(
        status: Int, _ headers: HTTPHeaders, _ body: [UInt8]
    ) -> ClientError {
        let answer = ErrorBody.read(status: status, body)
        if status == 409,
            let record = headers.first(name: "cairn-record").flatMap({ Identifier(hex: $0) }),
            let version = headers.first(name: "cairn-version").flatMap({ UInt32($0) })
        {
            return .follows(record: record, version: version, answer)
        }
        switch status {
        case 404, 410: return .notFound(status: status, answer)
        case 429, 500...: return .server(status: status, answer)
        default: return .refused(status: status, answer)
        }
    }
}

extension ClientError {
    /// Whether nobody answered.
    package var isUnreachable: Bool {
        if case .unreachable = self { true } else { false }
    }
}
