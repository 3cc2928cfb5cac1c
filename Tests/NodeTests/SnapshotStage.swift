import CairnClient
import Foundation
import LedgerCore
import Node
import Synchronization

/// A network of two, some of whose blocks are beyond the validity window, and a snapshot of it.
final class SnapshotStage: Sendable {
    let nodes: TwoNodes
    let bytes: [UInt8]
    let genesis: [UInt8]

    /// Twelve minutes: no transaction of before can come again.
    static let beyondWindowMs: Int64 = 720_000

    private init(_ nodes: TwoNodes, _ bytes: [UInt8]) {
        self.nodes = nodes
        self.bytes = bytes
        genesis = nodes.first.node.identity.genesis.bytes
    }

    static func make() async throws -> SnapshotStage {
        let nodes = try await TwoNodes()
        try await nodes.connect()
        for number in 0..<6 {
            _ = try await nodes.first.node.records.create(
                type: "Patient", body: NodeLifeTests.patient("Old \(number)"),
                nodes.first.request())
        }
        try await nodes.agree()
        nodes.clocks.set(firstMs: beyondWindowMs, secondMs: beyondWindowMs)
        for number in 0..<3 {
            _ = try await nodes.node.records.create(
                type: "Patient", body: NodeLifeTests.patient("New \(number)"), nodes.request())
        }
        try await nodes.agree()
        return SnapshotStage(nodes, try await export(nodes.first.node))
    }

    static func export(_ node: CairnNode) async throws -> [UInt8] {
        let bytes = Mutex<[UInt8]>([])
        _ = try await node.snapshots.prepare().run { piece in bytes.withLock { $0 += piece } }
        return bytes.withLock { $0 }
    }

    func verify(
        _ bytes: [UInt8]? = nil, trust: ProofTrust? = nil, known: Checkpoint? = nil
    ) throws -> SnapshotVerifier.Report {
        try SnapshotVerifier(trust: trust ?? .genesis(genesis), known: known)
            .verify(read: SnapshotParts.reader(bytes ?? self.bytes))
    }
}

/// A snapshot taken apart, to be altered and put together again with digests that fit.
struct SnapshotParts {
    var manifest = WireSnapshotManifest()
    var blocks: [WireSnapshotBlock] = []
    var entries: [WireSnapshotEntry] = []

    static func reader(_ bytes: [UInt8]) -> (Int) throws -> [UInt8] {
        let place = Mutex(0)
        return { count in
            place.withLock { place in
                let end = min(bytes.count, place + count)
                defer { place = end }
                return Array(bytes[place..<end])
            }
        }
    }

    init(_ bytes: [UInt8]) throws {
        var chunks = try SnapshotChunks(read: SnapshotParts.reader(bytes))
        while true {
            switch try chunks.next() {
            case .manifest(let part): manifest = part
            case .blocks(let part): blocks += part.blocks
            case .entries(let part): entries += part.entries
            case .end: return
            }
        }
    }

    /// The file, with the usual end.
    var bytes: [UInt8] {
        var writer = SnapshotWriter()
        var bytes = writer.bytes(.manifest(manifest))
        var part = WireSnapshotBlocks()
        part.blocks = blocks
        bytes += writer.bytes(.blocks(part))
        var rest = WireSnapshotEntries()
        rest.entries = entries
        bytes += writer.bytes(.entries(rest))
        return bytes + writer.end(entries: UInt64(entries.count))
    }
}
