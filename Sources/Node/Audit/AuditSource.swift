import Contracts
import LedgerCore
import Storage

/// Hands out what lies between two states of this node's log, for whoever compares them. It proves
/// nothing by itself: the receiver works out the newer root from the older one and the blocks.
package struct AuditSource: Sendable {
    let genesis: Genesis
    let channel: String
    let engine: LedgerEngine
    let reader: LedgerReader
    let finality: Finality

    /// A state of the log.
    package enum Place: Sendable {
        case height(UInt64)
        /// As many leaves: a checkpoint's size.
        case size(UInt64)
        /// The newest checkpoint that a quorum cosigned, or else this node's newest.
        case newest
    }

    /// Two states of this log, and what lies between.
    package struct Range: Sendable {
        fileprivate let source: AuditSource
        fileprivate let head: WireAuditHead
        /// Heights of the blocks between.
        package let from: UInt64
        package let to: UInt64

        /// Hands the head and then each block to `send`, behind their lengths.
        package func run(_ send: ([UInt8]) async throws -> Void) async throws {
            try await send(AuditSource.framed(Wire.encode(head)))
            var next = from + 1
            while next <= to {
                guard let block = try source.reader.block(next) else {
                    throw NodeError(.damaged, "the chain lacks block \(next)")
                }
                try await send(AuditSource.framed(block.bytes))
                next += 1
            }
        }
    }

    /// Finds both places.
    ///
    /// - Throws: `NodeError`: `notFound` where this log is too short, `conflict` where no block
    ///   ends there, and so it is another one; `gone` where blocks between
    ///   lie before the snapshot that this node began with.
    package func range(from: Place, to: Place) throws -> Range {
        let newest = try finality.final() ?? finality.newest()
        let to = try height(to, newest)
        let from = try height(from, newest)
        guard from <= to else {
            throw NodeError(
                .badRequest, "the first state is newer than the second",
                hint: "name the older one first")
        }
        if let first = reader.firstBody, from + 1 < first, from < to {
            throw NodeError(
                .gone, "this node began with a snapshot, and holds blocks from \(first) on",
                hint: "ask a node that was there, or compare from a newer checkpoint")
        }
        guard let fromHeader = try reader.headerBytes(from),
            let toHeader = try reader.header(to)
        else { throw NodeError(.damaged, "the chain lacks a header") }
        var head = WireAuditHead()
        head.genesis = genesis.bytes.field
        head.channel = channel
        head.fromHeight = from
        head.fromHeader = fromHeader.field
        head.toHeight = to
        if newest.size == toHeader.logSize + 1 { head.checkpoint = Array(newest.note.utf8).field }
        let size = try Header(bytes: fromHeader).logSize + 1
        let store = engine.state.store
        guard let log = try LogTree(size: size, tile: { try Tiles.read($0, $1, from: store) })
        else { throw NodeError(.damaged, "the log's tiles do not read back") }
        head.edge = log.edge.map { $0.bytes.field }
        let tiles = reader.tiles(size: size)
        head.membership = try reader.membership()
            .filter {
                $0.place.leaf < size
                    && $0.transaction.intent.contract == Contracts.Name.members.rawValue
            }
            .map { found in
                var wire = WireAuditMembership()
                wire.membership =
                    SnapshotBlock.Membership(
                        leaf: found.place.leaf, submission: found.submission,
                        index: found.submissionIndex
                    ).wire
                wire.path = (try tiles.inclusion(of: found.place.leaf) ?? []).map { $0.bytes.field }
                return wire
            }
        return Range(source: self, head: head, from: from, to: to)
    }

    private func height(_ place: Place, _ newest: Checkpoint) throws -> UInt64 {
        let head = engine.head.tip.height
        switch place {
        case .height(let height):
            guard height <= head else {
                throw missing("height \(height)", "its head is at height \(head)")
            }
            return height
        case .size(let size): return try height(size: size)
        case .newest: return try height(size: newest.size)
        }
    }

    private func height(size: UInt64) throws -> UInt64 {
        let leaves = engine.head.tip.log.size
        guard size <= leaves else { throw missing("\(size) leaves", "it has \(leaves)") }
        guard let height = try reader.height(sealedBySize: size),
            let header = try reader.header(height), header.logSize + 1 == size
        else {
            throw NodeError(
                .conflict,
                "no block of this node's log ends with \(size) leaves: it has another history",
                hint: "keep the checkpoint; compare with another member's node")
        }
        return height
    }

    private func missing(_ what: String, _ has: String) -> NodeError {
        NodeError(
            .notFound, "this node's log never had \(what); \(has)",
            hint: "where a checkpoint says that it had, the log was rolled back")
    }

    private static func framed(_ bytes: [UInt8]) -> [UInt8] {
        withUnsafeBytes(of: UInt32(bytes.count).bigEndian) { [UInt8]($0) } + bytes
    }
}
