import Crypto
import Foundation
import LedgerCore
import Node
import Testing

import struct LedgerCore.Digest

/// A log of somebody else, with its key and all its tiles.
struct ForeignLog {
    static let origin = "log.example/one"
    let signer: SigningKey
    let key: NoteKey
    private var log = LogTree()
    private var tiles: [String: [Digest]] = [:]

    init(_ seed: UInt8 = 1) throws {
        signer = .ed25519(try .init(rawRepresentation: [UInt8](repeating: seed, count: 32)))
        key = NoteKey(
            name: ForeignLog.origin, algorithm: .ed25519, publicKey: try signer.publicKey().bytes)
    }

    var size: UInt64 { log.size }

    mutating func grow(_ texts: [String]) {
        for tile in log.append(texts.map { Digest.sha256(Array($0.utf8)) }) {
            tiles["\(tile.level)/\(tile.index)"] = tile.hashes
        }
    }

    func checkpoint() throws -> Checkpoint {
        var checkpoint = Checkpoint(
            origin: ForeignLog.origin, size: log.size, root: log.root)
        checkpoint.signatures = [try key.sign(checkpoint, timeSeconds: 0, with: signer)]
        return checkpoint
    }

    func request(from oldSize: UInt64) throws -> WitnessRequest {
        let tiles = tiles
        let reader = TileReader(size: log.size) { tiles["\($0)/\($1)"] }
        return WitnessRequest(
            oldSize: oldSize, path: try required(reader.consistency(from: oldSize)),
            checkpoint: try checkpoint())
    }
}

/// A node as a witness of another log, and what it never cosigns.
@Suite("Witnessing", .timeLimit(.minutes(5)))
struct WitnessTests {
    private func open(_ folder: TestFolder, _ log: ForeignLog) throws -> TestNode {
        try TestNode(folder.path + "/node", configure: { $0.witnessedLogs = [log.key] })
    }

    private func refusal(_ node: TestNode, _ request: WitnessRequest) -> Witness.Refusal? {
        do {
            _ = try node.node.witness.add(request)
            return nil
        } catch {
            return error as? Witness.Refusal
        }
    }

    @Test func itCosignsALogThatGoesOn() async throws {
        let folder = try TestFolder()
        var log = try ForeignLog()
        log.grow((0..<300).map { "a\($0)" })
        let node = try open(folder, log)
        let key = node.node.checkpoints.memberKey
        for _ in 0..<3 {
            let before = node.node.witness.sizes[0].size
            let request = try log.request(from: before)
            let line = try node.node.witness.add(request)
            let seconds = try #require(key.verify(request.checkpoint.with(line)))
            #expect(seconds + 60 > TestNode.clock() / 1_000)
            // The same once more is cosigned once more.
            _ = try node.node.witness.add(try log.request(from: log.size))
            log.grow((0..<7).map { "b\(log.size)\($0)" })
        }
        try await node.stop()
    }

    @Test func itNamesWhyItDoesNot() async throws {
        let folder = try TestFolder()
        var log = try ForeignLog()
        log.grow(["a", "b", "c"])
        let node = try open(folder, log)
        let first = try log.request(from: 0)
        var unsigned = first.checkpoint
        unsigned.signatures = []
        var forged = try ForeignLog(2)
        forged.grow(["a", "b", "c"])
        let other = Checkpoint(origin: "log.example/two", size: 3, root: first.checkpoint.root)
        for (request, expected) in [
            (WitnessRequest(oldSize: 0, path: [], checkpoint: other), Witness.Refusal.unknownLog),
            (WitnessRequest(oldSize: 0, path: [], checkpoint: unsigned), .notSigned),
            (try forged.request(from: 0), .notSigned),
            (WitnessRequest(oldSize: 4, path: [], checkpoint: first.checkpoint), .oldSizeAbove),
            (try log.request(from: 2), .otherSize(0)),
            (
                WitnessRequest(oldSize: 0, path: [.zero], checkpoint: first.checkpoint),
                .inconsistent
            ),
        ] {
            #expect(refusal(node, request) == expected)
        }
        #expect(refusal(node, first) == nil)
        try await node.stop()
    }

    /// Nor after a restart: what was cosigned is on disk before the cosignature is out.
    @Test func itNeverCosignsARollbackOrAFork() async throws {
        let folder = try TestFolder()
        var log = try ForeignLog()
        var fork = try ForeignLog()
        log.grow(["a", "b", "c", "d"])
        fork.grow(["a", "b", "X", "d"])
        let early = try log.request(from: 0)
        var node = try open(folder, log)
        _ = try node.node.witness.add(early)
        log.grow(["e", "f", "g"])
        _ = try node.node.witness.add(try log.request(from: 4))
        for round in 0..<2 {
            #expect(refusal(node, early) == .otherSize(7), "round \(round)")
            let back = WitnessRequest(oldSize: 4, path: [], checkpoint: early.checkpoint)
            #expect(refusal(node, back) == .otherSize(7))
            var same = fork
            same.grow(["e", "f", "g"])
            #expect(refusal(node, try same.request(from: 7)) == .otherRoot(7))
            var longer = same
            longer.grow(["h"])
            #expect(refusal(node, try longer.request(from: 7)) == .inconsistent)
            try await node.stop()
            node = try open(folder, log)
        }
        try await node.stop()
    }

    @Test func twoAtOnceNeverRollEachOtherBack() async throws {
        let folder = try TestFolder()
        var log = try ForeignLog()
        log.grow(["a"])
        let node = try open(folder, log)
        _ = try node.node.witness.add(try log.request(from: 0))
        var requests = [WitnessRequest]()
        for number in 0..<24 {
            log.grow(["n\(number)"])
            requests.append(try log.request(from: 1))
        }
        let offered = requests
        let witness = node.node.witness
        let signed = await withTaskGroup(of: Bool.self) { group in
            for request in offered {
                group.addTask { (try? witness.add(request)) != nil }
            }
            return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        // They all go on from the first leaf: one of them did.
        #expect(signed == 1)
        let size = node.node.witness.sizes[0].size
        #expect(refusal(node, offered[0]) == .otherSize(size))
        try await node.stop()
    }

    @Test func aStateThatDoesNotReadBackStopsTheStart() async throws {
        let folder = try TestFolder()
        var log = try ForeignLog()
        log.grow(["a"])
        let node = try open(folder, log)
        _ = try node.node.witness.add(try log.request(from: 0))
        try await node.stop()
        let name = try #require(
            try FileManager.default.contentsOfDirectory(atPath: node.directory.witness).first)
        try Data("log.example/one\n".utf8).write(
            to: URL(filePath: node.directory.witness + "/" + name))
        #expect(throws: NodeError.self) { try open(folder, log) }
    }

    @Test func itIsNoOutsideWitnessOfItsOwnLog() async throws {
        let folder = try TestFolder()
        let node = try TestNode(folder.path + "/node")
        let own = node.node.checkpoints.logKey
        try await node.stop()
        #expect(throws: NodeError.self) {
            try TestNode(folder.path + "/node", configure: { $0.witnessedLogs = [own] })
        }
    }
}
