import HTTPTypes
import NIOCore
import NIOHTTPTypes
import Node

/// Follows one connection: tells ``OpenConnections`` what it does, and answers what is no HTTP that
/// a request could be made of (an unknown method, a head beyond the limits) in words.
final class ConnectionKeeper: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    private let connections: OpenConnections
    /// Requests whose answers have not ended.
    private var underWay = 0
    private var isReading = false
    private var isEnding = false

    init(_ connections: OpenConnections) { self.connections = connections }

    func handlerAdded(context: ChannelHandlerContext) {
        if context.channel.isActive { connections.opened(context.channel) }
    }

    func channelActive(context: ChannelHandlerContext) {
        connections.opened(context.channel)
        context.fireChannelActive()
    }

    func channelInactive(context: ChannelHandlerContext) {
        connections.closed(context.channel)
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if isEnding { return }
        switch unwrapInboundIn(data) {
        case .head:
            isReading = true
            if underWay == 0 { connections.mark(context.channel, isIdle: false) }
            underWay += 1
        case .end: isReading = false
        case .body: break
        }
        context.fireChannelRead(data)
    }

    func write(
        context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?
    ) {
        if case .end = unwrapOutboundIn(data) {
            underWay -= 1
            if underWay == 0 { connections.mark(context.channel, isIdle: true) }
        }
        context.write(data, promise: promise)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard underWay == 0, !isReading, !isEnding, context.channel.isActive else {
            context.fireErrorCaught(error)
            return
        }
        isEnding = true
        let problem = NodeError(
            .badRequest, "this is no HTTP request that the node understands",
            hint: "check the method, and that the head is within 48 KiB and 100 fields")
        let answer = ProblemAnswer.bytes(problem, isFHIR: true)
        var head = HTTPResponse(status: .badRequest)
        head.headerFields[.contentType] = Answer.fhirJSON
        head.headerFields[.contentLength] = String(answer.count)
        head.headerFields[.connection] = "close"
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        context.write(wrapOutboundOut(.body(ByteBuffer(bytes: answer))), promise: nil)
        let channel = context.channel
        context.writeAndFlush(wrapOutboundOut(.end(nil))).whenComplete { _ in
            channel.close(promise: nil)
        }
    }
}
