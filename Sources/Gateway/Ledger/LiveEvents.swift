import FHIR
import HTTPTypes
import Hummingbird
import Identity
import LedgerCore
import NIOCore
import Node
import Synchronization

/// GET /api/v1/ledger/{channel}/events: the chain's head as it moves, as server-sent events.
///
/// `block` events have the height as their id; who comes back with `Last-Event-ID` gets what it
/// missed, up to a bound, and otherwise the newest. `checkpoint` events say which members signed.
extension Handlers {
    func events(_ call: Call) throws -> Response {
        try requireChannel(call)
        let parameters = FHIRParameters(try call.parameters())
        try parameters.requireOnly(["blocks"])
        let blocks = try parameters.value("blocks").map { text in
            guard let count = Int(text), count > 0 else {
                throw NodeError(.badRequest, "blocks is a number from 1 on")
            }
            return count
        }
        let newest = try node.head().header.height
        var next = newest
        if let last = call.header(.lastEventID) {
            guard let height = UInt64(last) else {
                throw NodeError(.badRequest, "Last-Event-ID is the height of a block")
            }
            next = min(height, newest) + 1
            next = max(next, newest - min(newest, LiveStreams.missedMax))
        }
        guard let place = live.enter() else {
            throw NodeError(.busy, "too many live streams are open", hint: "try again later")
        }
        let follower = LiveFollower(
            node: node, lifecycle: lifecycle, place: place, next: next, blocksLeft: blocks,
            session: call.session, sessions: sessions, clock: clock)
        return Response(
            status: .ok,
            headers: [
                .contentType: "text/event-stream", .cacheControl: "no-store",
                .xContentTypeOptions: "nosniff",
            ],
            body: ResponseBody { writer in try await follower.run(&writer) })
    }
}

extension HTTPField.Name {
    static let lastEventID = own("Last-Event-ID")
}

/// How many streams are open.
final class LiveStreams: Sendable {
    /// Each costs a connection and a look at the head five times a second.
    static let streamsMax = 256
    /// Blocks that are told to who comes back; who missed more gets these.
    static let missedMax: UInt64 = 100

    private let count = Mutex(0)

    /// A place that is given back when nobody holds it any more.
    func enter() -> Place? {
        let isRoom = count.withLock { count in
            guard count < LiveStreams.streamsMax else { return false }
            count += 1
            return true
        }
        return isRoom ? Place(self) : nil
    }

    final class Place: Sendable {
        private let streams: LiveStreams

        fileprivate init(_ streams: LiveStreams) { self.streams = streams }

        deinit { streams.count.withLock { $0 -= 1 } }
    }
}

/// One stream.
struct LiveFollower: Sendable {
    let node: CairnNode
    let lifecycle: GatewayLifecycle
    let place: LiveStreams.Place
    let next: UInt64
    let blocksLeft: Int?
    let session: Session?
    let sessions: Sessions
    let clock: @Sendable () -> UInt64

    /// Between two looks at the head.
    private static let pauseMs = 200
    /// Looks between two signs of life, so that proxies keep the stream open.
    private static let quietLooksMax = 75
    /// After this long a stream ends and the client comes back: roles are looked at anew.
    private static let lifetimeMs: UInt64 = 900_000

    /// Tells until the client is gone, the session ends or the node stops.
    func run(_ writer: inout any ResponseBodyWriter) async throws {
        var next = next
        var left = blocksLeft ?? .max
        var note = ""
        var quiet = 0
        let endMs = min(clock() + LiveFollower.lifetimeMs, session?.endsMs ?? .max)
        try await write("retry: 1000\n\n", to: &writer)
        while left > 0, lifecycle.phase != .stopping, clock() < endMs {
            let head = try node.head()
            let newest = head.header.height
            while next <= newest, left > 0 {
                if let block = try node.reader.block(next) {
                    try await write(try LiveFollower.event(block), to: &writer)
                }
                next += 1
                left -= 1
                quiet = 0
            }
            if head.checkpoint.note != note {
                note = head.checkpoint.note
                try await write(try checkpoint(head), to: &writer)
                quiet = 0
            }
            guard left > 0 else { break }
            quiet += 1
            if quiet >= LiveFollower.quietLooksMax {
                try await write(":\n\n", to: &writer)
                quiet = 0
            }
            try await Task.sleep(for: .milliseconds(LiveFollower.pauseMs))
        }
        try await writer.finish(nil)
    }

    private func write(_ text: String, to writer: inout any ResponseBodyWriter) async throws {
        try await writer.write(ByteBuffer(string: text))
    }

    private static func event(_ block: Block) throws -> String {
        let header = try Header(bytes: block.headerBytes)
        let data = String(decoding: json(header, hash: block.hash), as: UTF8.self)
        return "event: block\nid: \(header.height)\ndata: \(data)\n\n"
    }

    /// What an event says of a block.
    static func json(_ header: Header, hash: Digest) -> [UInt8] {
        var writer = JSONWriter(capacityBytes: 512)
        writer.beginObject()
        writer.key("height")
        writer.integer(Int(clamping: header.height))
        writer.member("hash", "\(hash)")
        writer.member("previous", "\(header.previous)")
        for (name, value) in [
            ("timeMs", Int(clamping: header.timeMs)), ("accepted", header.acceptedCount),
            ("refused", header.refusedCount), ("logSize", Int(clamping: header.logSize) + 1),
        ] {
            writer.key(name)
            writer.integer(value)
        }
        writer.endObject()
        return writer.bytes
    }

    private func checkpoint(_ head: ChannelHead) throws -> String {
        let checkpoint = head.checkpoint
        let cosigners = checkpoint.cosigners(try node.reader.directory.members())
        let behind = try node.finality.blocksBehind()
        var writer = JSONWriter(capacityBytes: 1_024)
        writer.beginObject()
        writer.key("height")
        writer.integer(Int(clamping: head.header.height))
        writer.key("size")
        writer.integer(Int(clamping: checkpoint.size))
        writer.member("root", "\(checkpoint.root)")
        writer.key("members")
        writer.beginArray()
        for cosigner in cosigners {
            writer.beginObject()
            writer.member("id", "\(cosigner.member.id)")
            writer.member("name", cosigner.member.name)
            writer.member("lag", FollowWords.cosignature(behind[cosigner.member.id]))
            if let seconds = cosigner.atSeconds {
                writer.key("atMs")
                writer.integer(Int(clamping: seconds) * 1_000)
            }
            writer.endObject()
        }
        writer.endArray()
        writer.endObject()
        return "event: checkpoint\ndata: \(String(decoding: writer.bytes, as: UTF8.self))\n\n"
    }
}
