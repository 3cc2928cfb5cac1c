import Crypto
import HTTPTypes
import Hummingbird
import Identity
import LedgerCore
import NIOCore
import NIOHTTPTypes
import Node
import Synchronization

/// A request's body: read once, either whole and bounded, or piece by piece; compared either way
/// with what the request's signature covers.
final class IncomingBody: Sendable {
    private let stream: RequestBody
    private let signature: ParsedRequestSignature?
    private let budget: ByteBudget
    private let clock: @Sendable () -> UInt64
    private let channel: any Channel
    /// Whether the client waits for a word before it sends the body (RFC 9110 section 10.1.1).
    private let isAwaitingContinue: Bool
    /// What `Content-Length` announces.
    let announcedBytes: Int?
    /// Whether the head announces a body.
    let isAnnounced: Bool
    private let progress = Mutex(Progress())

    private struct Progress {
        var bytes = 0
        var isComplete = false
    }

    init(
        _ stream: RequestBody, head: HTTPRequest, signature: ParsedRequestSignature?,
        budget: ByteBudget, channel: any Channel, clock: @escaping @Sendable () -> UInt64
    ) {
        self.stream = stream
        self.signature = signature
        self.budget = budget
        self.channel = channel
        self.clock = clock
        isAwaitingContinue = head.headerFields[.expect]?.lowercased() == "100-continue"
        announcedBytes = head.headerFields[.contentLength].flatMap { Int($0) }
        isAnnounced = (announcedBytes ?? 0) > 0 || head.headerFields[.transferEncoding] != nil
    }

    /// Bytes read so far.
    var bytesRead: Int { progress.withLock { $0.bytes } }

    /// Whether nothing of the body is left on the connection.
    var isDrained: Bool { !isAnnounced || progress.withLock { $0.isComplete } }

    /// Refuses a body where the operation takes none.
    func requireNone() throws {
        guard !isAnnounced else {
            throw NodeError(.badRequest, "this request takes no body", hint: "send it without one")
        }
    }

    /// Reads the whole body, at most `limitBytes`, and hands it to `use` while its room is held.
    func collect<Result: Sendable>(
        limitBytes: Int, _ use: ([UInt8]) async throws -> Result
    ) async throws -> Result {
        if let announcedBytes, announcedBytes > limitBytes { throw tooLarge(limitBytes) }
        let room = announcedBytes ?? (isAnnounced ? limitBytes : 0)
        return try await budget.holding(room) {
            try await use(try await read(limitBytes: limitBytes))
        }
    }

    /// Lets a client go on that asked first.
    private func invite() async throws {
        guard isAwaitingContinue, isAnnounced, bytesRead == 0 else { return }
        try await channel.writeAndFlush(
            HTTPResponsePart.head(HTTPResponse(status: .continue))
        ).get()
    }

    private func read(limitBytes: Int) async throws -> [UInt8] {
        try await invite()
        var bytes = [UInt8]()
        bytes.reserveCapacity(announcedBytes ?? 0)
        let endMs = clock() + GatewayLimits.bodySecondsMax * 1_000
        var pieces = stream.makeAsyncIterator()
        while let piece = try await next(&pieces) {
            guard bytes.count + piece.readableBytes <= limitBytes else {
                throw tooLarge(limitBytes)
            }
            bytes.append(contentsOf: piece.readableBytesView)
            progress.withLock { $0.bytes += piece.readableBytes }
            guard clock() < endMs else {
                throw NodeError(.badRequest, "the body arrived too slowly", hint: "try again")
            }
        }
        try complete()
        try check(bytes.isEmpty || signature == nil ? nil : Digest.sha256(bytes))
        return bytes
    }

    /// Hands the body on piece by piece. Returns when it was complete and, for a signed request,
    /// had the signed digest: only then may the caller commit what it did with it.
    func forEach(_ take: ([UInt8]) async throws -> Void) async throws {
        var hasher = ContentDigest.Hasher()
        var isEmpty = true
        try await invite()
        var pieces = stream.makeAsyncIterator()
        while let piece = try await next(&pieces) {
            let bytes = [UInt8](buffer: piece)
            if signature != nil { hasher.update(bytes) }
            isEmpty = isEmpty && bytes.isEmpty
            progress.withLock { $0.bytes += bytes.count }
            try await take(bytes)
        }
        try complete()
        let digest = hasher.finish()
        try check(isEmpty || signature == nil ? nil : digest)
    }

    /// What fails on the way in is the client's: it hung up, or framed the body wrongly.
    private func next(_ pieces: inout RequestBody.AsyncIterator) async throws -> ByteBuffer? {
        do {
            return try await pieces.next()
        } catch let error where !(error is CancellationError) {
            throw BodyInterrupted()
        }
    }

    /// A stream that merely ended is no complete body: the client may be gone.
    private func complete() throws {
        let count = bytesRead
        if let announcedBytes, count != announcedBytes { throw BodyInterrupted() }
        progress.withLock { $0.isComplete = true }
    }

    private func check(_ digest: LedgerCore.Digest?) throws {
        guard let signature else { return }
        do {
            try signature.requireContent(digest)
        } catch {
            throw NodeError(
                .unauthorized, error.description,
                hint: "sign the digest of exactly the bytes that are sent")
        }
    }

    private func tooLarge(_ limitBytes: Int) -> NodeError {
        let limit =
            limitBytes >= 1 << 20 ? "\(limitBytes >> 20) MiB" : "\(limitBytes >> 10) KiB"
        return NodeError(
            .tooLarge, "the body is larger than \(limit)",
            hint: "split it, or send files as they are to /fhir/Binary")
    }
}

/// The connection ended before the body did, or the body's framing is wrong.
struct BodyInterrupted: Error {}
