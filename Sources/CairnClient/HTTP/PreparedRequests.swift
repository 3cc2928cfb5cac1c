import NIOCore
import NIOHTTP1
import NIOPosix

/// Requests that were made ahead, sent over connections that stay open, the next as soon as the
/// last one is answered: what a client costs when it does nothing else, for measuring what a server
/// does.
///
/// It repeats nothing, follows nothing, and knows HTTP/1.1 without TLS.
package struct PreparedRequests: Sendable {
    private let server: ServerAddress
    private let target: String
    private let headers: [(String, String)]

    /// - Parameters:
    ///   - target: path and query of each request, a POST.
    ///   - headers: of each, beside `Host` and `Content-Length`.
    package init(server: ServerAddress, target: String, headers: [(String, String)]) {
        self.server = server
        self.target = target
        self.headers = headers
    }

    /// One answer.
    package struct Answer: Sendable {
        package let status: Int
        package let body: [UInt8]
        /// From the moment at which the request was sent.
        package let took: Duration
    }

    /// Sends until every connection has nothing left.
    ///
    /// - Parameters:
    ///   - next: the next body for a connection, by its number; `nil` ends it.
    ///   - take: looks at the answer, before the connection's next request is sent.
    /// - Throws: what `take` throws; ``ClientError`` where a connection fails.
    package func send(
        connections: Int, next: @escaping @Sendable (Int) -> [UInt8]?,
        take: @escaping @Sendable (Int, Answer) throws -> Void
    ) async throws {
        guard server.scheme == "http", let (host, port) = place else {
            throw ClientError.unexpected(what: "measuring goes to http://HOST:PORT alone")
        }
        var head = HTTPRequestHead(version: .http1_1, method: .POST, uri: server.prefix + target)
        head.headers.add(name: "Host", value: server.authority)
        for (name, value) in headers { head.headers.add(name: name, value: value) }
        let shared = head
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<connections {
                group.addTask {
                    let loop = MultiThreadedEventLoopGroup.singleton.next()
                    let done = loop.makePromise(of: Void.self)
                    let connected = ClientBootstrap(group: loop).channelInitializer { channel in
                        channel.eventLoop.makeCompletedFuture {
                            try channel.pipeline.syncOperations.addHTTPClientHandlers()
                            try channel.pipeline.syncOperations.addHandler(
                                Exchange(
                                    head: shared, done: done, next: { next(number) },
                                    take: { try take(number, $0) }, broken: broken))
                        }
                    }.connect(host: host, port: port)
                    connected.whenFailure { done.fail(broken($0)) }
                    try await done.futureResult.get()
                }
            }
            try await group.waitForAll()
        }
    }

    private func broken(_ error: any Error) -> ClientError {
        .unreachable(server: server.description, cause: ConnectionFault.text(error))
    }

    /// Host and port.
    private var place: (String, Int)? {
        let parts = server.authority.split(separator: ":")
        guard parts.count == 2, let port = Int(parts[1]) else { return nil }
        return (String(parts[0]), port)
    }
}

/// One connection's requests, one after the other. It works on the connection's own thread.
private final class Exchange: ChannelInboundHandler {
    typealias InboundIn = HTTPClientResponsePart
    typealias OutboundOut = HTTPClientRequestPart

    private let head: HTTPRequestHead
    private let done: EventLoopPromise<Void>
    private let next: () -> [UInt8]?
    private let take: (PreparedRequests.Answer) throws -> Void
    private let broken: (any Error) -> ClientError
    private let clock = ContinuousClock()
    private var sent: ContinuousClock.Instant?
    private var status = 0
    private var body = [UInt8]()

    init(
        head: HTTPRequestHead, done: EventLoopPromise<Void>, next: @escaping () -> [UInt8]?,
        take: @escaping (PreparedRequests.Answer) throws -> Void,
        broken: @escaping (any Error) -> ClientError
    ) {
        self.head = head
        self.done = done
        self.next = next
        self.take = take
        self.broken = broken
    }

    func channelActive(context: ChannelHandlerContext) { send(context) }

    private func send(_ context: ChannelHandlerContext) {
        guard let bytes = next() else {
            sent = nil
            done.succeed()
            return context.close(promise: nil)
        }
        var head = head
        head.headers.add(name: "Content-Length", value: String(bytes.count))
        sent = clock.now
        status = 0
        body = []
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        context.write(
            wrapOutboundOut(.body(.byteBuffer(context.channel.allocator.buffer(bytes: bytes)))),
            promise: nil)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head): status = Int(head.status.code)
        case .body(let piece): body.append(contentsOf: piece.readableBytesView)
        case .end:
            guard let sent, body.count <= CairnHTTPClient.answerBytesMax else {
                return fail(ClientError.unexpected(what: "it was not asked for"), context)
            }
            do {
                try take(
                    PreparedRequests.Answer(status: status, body: body, took: clock.now - sent))
            } catch { return fail(error, context) }
            send(context)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        fail(broken(error), context)
    }

    func channelInactive(context: ChannelHandlerContext) {
        if sent != nil { done.fail(broken(ChannelError.eof)) }
    }

    private func fail(_ error: any Error, _ context: ChannelHandlerContext) {
        sent = nil
        done.fail(error)
        context.close(promise: nil)
    }
}
