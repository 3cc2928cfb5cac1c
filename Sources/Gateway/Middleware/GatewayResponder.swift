package import Hummingbird
import HTTPTypes
import Identity
import LedgerCore
import NIOCore
import Node

/// The way of every request: who, which route, whether permitted, the answer, and a line in the
/// log.
///
/// It is Hummingbird's responder itself, in place of a router: nothing can be reached around it,
/// and a stranger gets 401 for any path, existing or not, before a route is looked for.
package struct GatewayResponder: HTTPResponder {
    package typealias Context = GatewayContext

    let authenticator: Authenticator
    let handlers: Handlers
    let budget: ByteBudget
    let observer: RequestObserver
    let clock: @Sendable () -> UInt64

    /// Answers a request; every failure becomes an answer.
    package func respond(to request: Request, context: GatewayContext) async throws -> Response {
        let started = ContinuousClock.now
        let target = RequestTarget(request.head.path ?? "/")
        let requestID = RequestName.fresh()
        var record = RequestRecord(id: requestID, method: request.method)
        var body: IncomingBody?
        var outcome: Authenticator.Outcome?
        var response: Response
        do {
            response = try await answer(
                request, target, &record, &body, &outcome, context.channel)
        } catch is BodyInterrupted {
            record.isInterrupted = true
            response = ProblemAnswer.response(
                NodeError(
                    .badRequest, "the body broke off, or its framing is wrong",
                    hint: "send it whole, with the right Content-Length or chunk sizes"),
                isFHIR: target.isFHIR)
        } catch {
            response = ProblemAnswer.response(
                error, isFHIR: target.isFHIR, requestID: requestID, observer: observer)
            if ConsoleProblem.isPage(request, target) {
                response = ConsoleProblem.page(
                    error, response, outcome,
                    network: handlers.node.identity.genesis.body.name, requestID: requestID)
            }
        }
        if request.method == .head { response = response.createHeadResponse() }
        response.headers[.requestID] = requestID
        if let body, !body.isDrained {
            response = response.closing(context.channel)
        } else if body == nil, GatewayResponder.announcesBody(request.head) {
            response = response.closing(context.channel)
        }
        record.bytesIn = body?.bytesRead ?? 0
        record.bytesOut = request.method == .head ? 0 : response.body.contentLength ?? 0
        record.status = response.status.code
        observer.observe(record, took: ContinuousClock.now - started)
        return response
    }

    private func answer(
        _ request: Request, _ target: RequestTarget, _ record: inout RequestRecord,
        _ body: inout IncomingBody?, _ outcome: inout Authenticator.Outcome?,
        _ channel: any Channel
    ) async throws -> Response {
        let match = RouteTable.match(request.method, path: target.path)
        try GatewayResponder.requireHost(request.head, match)
        if !GatewayResponder.isOpen(match), !ConsoleProblem.isStartPage(request, target) {
            outcome = try authenticator.authenticate(request.head, nowMs: clock())
            record.person = outcome?.caller.person
        }
        guard (request.head.path ?? "").utf8.count <= GatewayLimits.targetBytesMax else {
            throw NodeError(
                .badRequest, "the URL is too long", hint: "send long searches by POST to _search")
        }
        switch match {
        case .unknown: throw NodeError(.notFound, "there is nothing at this path")
        case .otherMethod(let allowed): throw MethodNotAllowed(allowed: allowed)
        case .found(let route, let arguments):
            record.pattern = route.pattern
            if let outcome { try permit(route.operation, outcome.caller, arguments) }
            try GatewayResponder.requirePlainBody(request.head)
            let incoming = IncomingBody(
                request.body, head: request.head, signature: outcome?.signature, budget: budget,
                channel: channel, clock: clock)
            body = incoming
            let call = Call(
                operation: route.operation, arguments: arguments, head: request.head,
                path: target.path, query: target.query, caller: outcome?.caller,
                session: outcome?.session, body: incoming)
            return try await handlers.answer(call)
        }
    }

    private func permit(
        _ operation: Operation, _ caller: Caller, _ arguments: [String]
    ) throws {
        let decision = try Permissions.decide(
            operation, caller, subject: arguments.first, home: handlers.node.identity.member,
            ownRecords: {
                try handlers.records.patients(ofPerson: caller.person).map(\.fhirID)
            })
        switch decision {
        case .permitted: return
        case .elsewhere:
            throw NodeError(
                .forbidden, "your roles are held at another member, and count at its nodes",
                hint: "ask a node of your own member")
        case .needsOwnKey:
            throw NodeError(
                .forbidden, "a token does not suffice for this",
                hint: "sign the request with a wallet key (RFC 9421)")
        case .needsRole(let roles):
            let names = roles.map { $0.rawValue.replacing("-", with: " ") }.sorted()
                .joined(separator: ", ")
            throw NodeError(
                .forbidden, "your roles do not allow this",
                hint: "it takes one of: \(names); an administrator can give it")
        }
    }

    /// HTTP/1.1 asks for exactly one Host (RFC 9112 section 3.2). Load balancers that look after a
    /// node's health in HTTP/1.0 send none.
    private static func requireHost(_ head: HTTPRequest, _ match: RouteTable.Match) throws {
        let authority = head.authority ?? ""
        if !authority.isEmpty {
            guard authority.utf8.allSatisfy(isHostByte), head.headerFields[.secondHost] == nil
            else {
                throw NodeError(
                    .badRequest, "the Host header is no name with a port, or there are two",
                    hint: "send one, for example `Host: localhost:8080`")
            }
            return
        }
        if case .found(let route, _) = match, Operation.health.contains(route.operation) { return }
        throw NodeError(.badRequest, "the request names no host", hint: "send a Host header")
    }

    /// The characters of a host and port (RFC 3986 section 3.2.2).
    private static func isHostByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: "-._~%!$&'()*+,;=:[]".utf8.contains(byte)
        }
    }

    private static func isOpen(_ match: RouteTable.Match) -> Bool {
        guard case .found(let route, _) = match else { return false }
        return Permissions.rule(route.operation) == .open
    }

    /// Bodies are taken as they are: stored packed, a file would come back as another one.
    private static func requirePlainBody(_ head: HTTPRequest) throws {
        let coding = head.headerFields[.contentEncoding]?.lowercased() ?? "identity"
        guard coding == "identity" || !announcesBody(head) else {
            throw NodeError(
                .unsupportedMediaType, "bodies with a Content-Encoding are not taken",
                hint: "send it unpacked, without Content-Encoding")
        }
    }

    private static func announcesBody(_ head: HTTPRequest) -> Bool {
        (head.headerFields[.contentLength].flatMap { Int($0) } ?? 0) > 0
            || head.headerFields[.transferEncoding] != nil
    }
}

/// The path exists, but not for this method.
struct MethodNotAllowed: Error {
    let allowed: [HTTPRequest.Method]
}

extension Response {
    /// The same answer; afterwards the connection closes, for the request's body was not read to
    /// its end. What still comes is thrown away for a moment, so that the client gets to read the
    /// answer.
    func closing(_ channel: any Channel) -> Response {
        var response = self
        let body = self.body
        response.headers[.connection] = "close"
        response.body = ResponseBody(contentLength: body.contentLength) { writer in
            let loop = channel.eventLoop
            loop.scheduleTask(in: GatewayLimits.lingerTimeout) { channel.close(promise: nil) }
            try await body.write(writer)
        }
        return response
    }
}
