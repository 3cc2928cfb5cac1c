import FoundationEssentials
import HTTPTypes
import Hummingbird
import Identity
import LedgerCore
import Logging
import NIOCore
import NIOSSL
import Node

/// The way of every request of another node: whose certificate, which route, the answer.
///
/// A stranger gets no further than the genesis and the door: knocking takes an invitation.
struct PeerResponder: HTTPResponder {
    typealias Context = GatewayContext

    let node: CairnNode
    let closing: PeerClosing
    let logger: Logger
    let clock: @Sendable () -> UInt64

    /// What is asked for. Anything else is not there.
    private enum Route {
        case genesis, knock, joining(Identifier)
        case blocks(UInt64), submission, checkpoint, cosignature

        init?(_ method: HTTPRequest.Method, _ target: RequestTarget) {
            let parts = target.path.split(separator: "/").map(String.init)
            guard parts.count >= 3, parts[0] == "peer", parts[1] == "v1" else { return nil }
            switch (method, parts[2], parts.count) {
            case (.get, "genesis", 3): self = .genesis
            case (.post, "joining", 3): self = .knock
            case (.get, "joining", 4):
                guard let member = Identifier(hex: parts[3]) else { return nil }
                self = .joining(member)
            case (.get, "blocks", 3):
                guard let query = target.query, query.hasPrefix("from="),
                    let height = UInt64(query.dropFirst(5)), height < UInt64(Int64.max)
                else { return nil }
                self = .blocks(height)
            case (.post, "submissions", 3): self = .submission
            case (.get, "checkpoint", 3): self = .checkpoint
            case (.post, "cosignatures", 3): self = .cosignature
            default: return nil
            }
        }

        /// What a guest needs that is not yet a member.
        var isForGuests: Bool {
            switch self {
            case .genesis, .knock, .joining: true
            default: false
            }
        }
    }

    func respond(to request: Request, context: GatewayContext) async throws -> Response {
        var response: Response
        do {
            response = try await answer(request, context)
        } catch {
            response = PeerProblem.response(error)
            logger.notice(
                "refused a peer",
                metadata: ["why": "\(PeerProblem.words(error))", "method": "\(request.method)"])
            // The body may not have been read.
            response.headers[.connection] = "close"
        }
        return response
    }

    private func answer(_ request: Request, _ context: GatewayContext) async throws -> Response {
        guard let shown = try await context.channel.nioSSL_peerCertificate().get() else {
            throw PeerRefusal(.malformed, "the peer shows no certificate")
        }
        let der = try shown.toDERBytes()
        guard let route = Route(request.method, RequestTarget(request.head.path ?? "/")) else {
            throw NodeError(.notFound, "there is nothing for peers at this path")
        }
        if route.isForGuests { return try await guest(route, der, request) }
        let peer = try await node.peers.peer(
            certificate: der, at: Date(timeIntervalSince1970: Double(clock()) / 1_000))
        switch route {
        case .blocks(let height): return blocks(from: height, to: peer)
        case .submission:
            let bytes = try await body(request, limitBytes: WireLimit.submissionBytes)
            try await node.take(submission: bytes, from: peer)
            return Answer.empty(.accepted)
        case .checkpoint: return try checkpoint()
        case .cosignature:
            let bytes = try await body(request, limitBytes: Checkpoint.noteBytesMax)
            guard let note = String(validating: bytes, as: UTF8.self) else {
                throw MalformedBytes("checkpoint", .badField)
            }
            try node.take(note: note)
            return Answer.empty(.noContent)
        case .genesis, .knock, .joining:
            throw NodeError(.notFound, "there is nothing for peers at this path")
        }
    }

    private func body(_ request: Request, limitBytes: Int) async throws -> [UInt8] {
        [UInt8](buffer: try await request.body.collect(upTo: limitBytes))
    }

    // MARK: Guests

    private func guest(_ route: Route, _ der: [UInt8], _ request: Request) async throws -> Response
    {
        switch route {
        case .genesis:
            return Answer.bytes(node.identity.genesis.bytes, mediaType: Answer.octets)
        case .joining(let member):
            return knockAnswer(member, isAdmitted: try node.engine.state.member(member) != nil)
        default:
            guard let invitations = node.invitations else {
                throw PeerRefusal(.notOrdering, "this node follows another and invites nobody")
            }
            let knock = try Knock(bytes: try await body(request, limitBytes: Knock.bytesMax))
            guard let certificate = try? MemberCertificate(der: der),
                let key = PeerDirectory.key(of: certificate),
                let authority = try? MemberCertificate(der: [UInt8](knock.admit.member.authority))
            else { throw PeerRefusal(.malformed, "the guest's certificate cannot be read") }
            try await PeerDirectory.check(
                certificate, by: authority,
                at: Date(timeIntervalSince1970: Double(clock()) / 1_000))
            let (member, isAdmitted) = try invitations.knock(knock, transportKey: key)
            logger.notice("a member knocks", metadata: ["member": "\(member)"])
            return knockAnswer(member, isAdmitted: isAdmitted)
        }
    }

    private func knockAnswer(_ member: Identifier, isAdmitted: Bool) -> Response {
        var answer = WireKnockAnswer()
        answer.member = member.bytes.field
        answer.state = isAdmitted ? .admitted : .pending
        return Answer.bytes(Wire.encode(answer), mediaType: Answer.protobuf)
    }

    // MARK: Members

    private func blocks(from height: UInt64, to peer: PeerDirectory.Node) -> Response {
        node.noteFollower(peer, from: height)
        logger.info("a node follows", metadata: ["node": "\(peer.id)", "from": "\(height)"])
        let isOver: @Sendable () -> Bool = { [node, closing] in
            let state = try? node.engine.state.node(peer.id)
            return closing.isClosing || state?.retired != false
        }
        return Response(
            status: .ok, headers: [.contentType: Answer.octets, .cacheControl: "no-store"],
            body: ResponseBody { [node] writer in
                try await node.feed.run(from: height, isOver: isOver) { bytes in
                    try await writer.write(ByteBuffer(bytes: bytes))
                }
                try await writer.finish(nil)
            })
    }

    private func checkpoint() throws -> Response {
        var answer = WireCheckpointAnswer()
        answer.newest = Array(try node.finality.newest().note.utf8).field
        if let final = try node.finality.final() { answer.final = Array(final.note.utf8).field }
        return Answer.bytes(Wire.encode(answer), mediaType: Answer.protobuf)
    }
}

/// How a refusal looks to another node.
enum PeerProblem {
    static func response(_ error: any Error) -> Response {
        switch error {
        case let error as PeerRefusal:
            return response(.forbidden, error.code.rawValue, error.message, error.hint)
        case let error as NodeError: return ProblemAnswer.response(error, isFHIR: false)
        case let error as MalformedBytes:
            return ProblemAnswer.response(
                NodeError(.badRequest, error.description), isFHIR: false)
        default:
            return ProblemAnswer.response(
                NodeError(.damaged, "the node could not do this"), isFHIR: false)
        }
    }

    static func words(_ error: any Error) -> String {
        switch error {
        case let error as PeerRefusal: "\(error.code.rawValue): \(error.message)"
        case let error as NodeError: "\(error.code.rawValue): \(error.message)"
        case let error as MalformedBytes: error.description
        default: "\(type(of: error))"
        }
    }

    private static func response(
        _ status: HTTPResponse.Status, _ code: String, _ message: String, _ hint: String
    ) -> Response {
        Answer.json(
            ProblemAnswer.json(code, message, hint: hint), status: status, isFHIR: false)
    }
}
