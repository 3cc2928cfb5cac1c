import Contracts
import FHIR
import HTTPTypes
import Hummingbird
import LedgerCore
import Node

/// The channel's log as C2SP tlog-tiles has it, with proofs made here for those who do not walk the
/// tiles. What is open to strangers holds hashes and signatures over hashes alone; the digests of
/// transactions are for people on the ledger.
extension Handlers {
    /// The newest published checkpoint, with the cosignatures of members and outside witnesses.
    func logCheckpoint(_ call: Call) throws -> Response {
        try requireChannel(call)
        try requireNoQuery(call)
        return Answer.bytes(
            Array(try node.publication.newest().note.utf8), mediaType: Answer.text)
    }

    /// Hashes of the tree: of leaves at level 0, of whole tiles of the level below above it.
    func logTile(_ call: Call) throws -> Response {
        try requireChannel(call)
        try requireNoQuery(call)
        guard let level = UInt8(call.argument(1)), String(level) == call.argument(1), level < 64,
            let path = TilePath(segments: LogPath.segments(call.argument(2)))
        else { throw LogPath.malformed }
        let hashes = try node.reader.tile(
            level: level, index: path.index, width: path.width, size: node.engine.head.tip.log.size)
        guard let hashes else { throw LogPath.absent }
        return LogPath.immutable(hashes.flatMap(\.bytes), shared: true)
    }

    /// What the leaves are: digests of transactions and hashes of blocks.
    func logEntries(_ call: Call) throws -> Response {
        try requireChannel(call)
        try requireNoQuery(call)
        guard let path = TilePath(segments: LogPath.segments(call.argument(1))) else {
            throw LogPath.malformed
        }
        let width = UInt64(LogTree.tileWidth)
        let size = node.engine.head.tip.log.size
        guard path.index <= size / width, size - path.index * width >= UInt64(path.width) else {
            throw LogPath.absent
        }
        let entries = try node.reader.leaves(from: path.index * width, atMost: path.width)
        guard entries.count == path.width else {
            throw NodeError(.damaged, "the log's entries do not read back")
        }
        return LogPath.immutable(TilePath.bundle(entries), shared: false)
    }

    /// That the log of `to` leaves begins with that of `from` leaves (RFC 6962 section 2.1.2).
    func logConsistency(_ call: Call) throws -> Response {
        try requireChannel(call)
        let query = try LedgerQuery(call, ["from", "to"])
        let from = try query.required("from")
        let to = try query.number("to") ?? node.publication.newest().size
        guard from <= to else {
            throw NodeError(.badRequest, "from is above to", hint: "name the smaller size first")
        }
        let root = try root(to)
        guard let path = try node.reader.tiles(size: to).consistency(from: from) else {
            throw NodeError(.damaged, "a tile of the log is missing")
        }
        var writer = JSONWriter(capacityBytes: 4_096)
        writer.beginObject()
        writer.key("from")
        writer.integer(Int(clamping: from))
        writer.key("to")
        writer.integer(Int(clamping: to))
        writer.member("fromRoot", Base64.encode(try self.root(from).bytes))
        writer.member("toRoot", Base64.encode(root.bytes))
        LogPath.write(path, to: &writer)
        writer.endObject()
        return Answer.json(writer.bytes, isFHIR: false)
    }

    /// Where a leaf lies in the log of `size` leaves (RFC 6962 section 2.1.1).
    func logInclusion(_ call: Call) throws -> Response {
        try requireChannel(call)
        let query = try LedgerQuery(call, ["leaf", "size"])
        let leaf = try query.required("leaf")
        let size = try query.number("size") ?? node.publication.newest().size
        let root = try root(size)
        guard leaf < size else {
            throw NodeError(.notFound, "a log of \(size) leaves has no leaf \(leaf)")
        }
        let tiles = node.reader.tiles(size: size)
        let width = UInt64(LogTree.tileWidth)
        guard let path = try tiles.inclusion(of: leaf),
            let hash = try node.reader.tile(
                level: 0, index: leaf / width, width: Int(leaf % width) + 1, size: size)?.last
        else { throw NodeError(.damaged, "a tile of the log is missing") }
        var writer = JSONWriter(capacityBytes: 4_096)
        writer.beginObject()
        writer.key("leaf")
        writer.integer(Int(clamping: leaf))
        writer.key("size")
        writer.integer(Int(clamping: size))
        writer.member("leafHash", Base64.encode(hash.bytes))
        writer.member("root", Base64.encode(root.bytes))
        LogPath.write(path, to: &writer)
        writer.endObject()
        return Answer.json(writer.bytes, isFHIR: false)
    }

    /// An accepted transaction's place in the log of a checkpoint that a quorum cosigned.
    func transactionProof(_ call: Call) async throws -> Response {
        try requireChannel(call)
        try requireNoQuery(call)
        guard let id = Digest(hex: call.argument(1)) else {
            throw NodeError(
                .badRequest, "this is no transaction id", hint: "it has 64 lowercase hex digits")
        }
        guard let found = try node.reader.transaction(id) else {
            throw NodeError(.notFound, "the channel holds no accepted transaction with this id")
        }
        let leaf = found.leaf
        var checkpoint = try node.publication.newest()
        if checkpoint.size <= leaf {
            let final = try await node.finality.wait(covering: leaf, atMostMs: ProofMaker.waitMs)
            guard let final else {
                throw NodeError(
                    .unavailable, "no checkpoint that a quorum cosigned covers it yet",
                    hint: "try again once the other members' nodes are reachable")
            }
            checkpoint = final
        }
        guard let path = try node.reader.tiles(size: checkpoint.size).inclusion(of: leaf) else {
            throw NodeError(.damaged, "a tile of the log is missing")
        }
        var writer = JSONWriter(capacityBytes: 4_096)
        writer.beginObject()
        writer.member("id", "\(id)")
        writer.member("digest", "\(found.transaction.digest)")
        writer.key("leaf")
        writer.integer(Int(clamping: leaf))
        LogPath.write(path, to: &writer)
        writer.member("checkpoint", checkpoint.note)
        writer.endObject()
        return Answer.json(writer.bytes, isFHIR: false)
    }

    private func root(_ size: UInt64) throws -> Digest {
        if size == 0 { return TreeHash.empty }
        guard let root = try node.finality.root(size: size) else {
            throw NodeError(.notFound, "the log has not so many leaves")
        }
        return root
    }
}

/// What the log's routes have in common.
enum LogPath {
    static let malformed = NodeError(
        .badRequest, "this is no path of a tile",
        hint:
            "write LEVEL/INDEX, the index in groups of three digits as x001/x234/067, and .p/WIDTH "
            + "for a part")
    static let absent = NodeError(.notFound, "the log does not fill this tile that far yet")

    static func segments(_ rest: String) -> [String] {
        rest.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    }

    /// What never changes may be kept; what takes a role to see, by its reader alone.
    static func immutable(_ bytes: [UInt8], shared: Bool) -> Response {
        var response = Answer.bytes(bytes, mediaType: Answer.octets)
        response.headers[.cacheControl] =
            (shared ? "public" : "private") + ", max-age=31536000, immutable"
        return response
    }

    static func write(_ path: [Digest], to writer: inout JSONWriter) {
        writer.key("path")
        writer.beginArray()
        for hash in path { writer.string(Base64.encode(hash.bytes)) }
        writer.endArray()
    }
}
