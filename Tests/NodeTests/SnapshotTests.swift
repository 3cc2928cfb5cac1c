import CairnClient
import Contracts
import Foundation
import LedgerCore
import Node
import Storage
import Synchronization
import Testing

@Suite("Beginning with a snapshot", .timeLimit(.minutes(5)))
struct SnapshotTests {
    /// A third member's folder, admitted and waiting to begin.
    private func third(_ nodes: TwoNodes) async throws -> Joining {
        let invitation = try required(nodes.first.node.invitations).make()
        let joining = try Joining.begin(
            DataDirectory(nodes.folder.path + "/third"), url: "https://localhost:1",
            invitation: invitation, member: "Laboratory", passphrase: nil,
            nowMs: nodes.clocks.first())
        _ = try TwoNodes.knock(nodes.first.node, try joining.knock(), joining.keys)
        try await TwoNodes.admit(joining, at: nodes.first, nowMs: nodes.clocks.first())
        return joining
    }

    @Test func aNewNodeGoesOnFromItAndProves() async throws {
        let stage = try await SnapshotStage.make()
        let nodes = stage.nodes
        let manifest = try stage.verify().summary.manifest
        #expect(manifest.firstBody > 0 && manifest.firstBody <= manifest.stateHeight)
        let joining = try await third(nodes)
        let directory = joining.directory
        try Data(stage.bytes).write(to: URL(filePath: directory.snapshot))
        try joining.finish(genesis: stage.genesis)

        let running = try TwoNodes.open(directory, nodes.link, nodes.clocks)
        #expect(running.node.engine.head.tip.height >= manifest.stateHeight)
        #expect(try running.node.reader.block(manifest.firstBody - 1) == nil)
        try await TwoNodes.eventually("the third has the tail") {
            running.node.engine.head.tip.hash == nodes.first.node.engine.head.tip.hash
        }
        // The same state, entry for entry, and the same tree and log.
        let (here, there) = (running.node.engine.state.store, nodes.first.node.engine.state.store)
        for kind in [LedgerKind.state, .tile, .transaction, .membership] {
            #expect(try here.contentDigest(kind) == there.contentDigest(kind), "\(kind)")
        }
        try await proves(running, stage)
        try await refusesWhatItLacks(running, nodes, manifest)

        // What it exports is as good, though it has no old block.
        try await nodes.agree()
        let again = try await SnapshotStage.export(running.node)
        let report = try stage.verify(again)
        #expect(report.summary.manifest.height >= manifest.height)
        #expect(report.membership == (try stage.verify().membership) + 1)

        running.node.stop()
        try await running.work.value
        try running.node.close()
        let checked = try await DataVerifier(directory).run()
        #expect(checked.findings == [])
        #expect(checked.beginning?.firstBody == manifest.firstBody)
        // Without its state it is built again from the snapshot and the chain.
        try FileManager.default.removeItem(atPath: directory.state)
        let rebuilt = try CairnNode.open(
            NodeConfiguration(directory: directory), clock: { nodes.clocks.second() })
        #expect(rebuilt.engine.head.tip.hash == running.node.engine.head.tip.hash)
        try rebuilt.close()
        #expect(try await DataVerifier(directory).run().findings == [])
        try await nodes.stop()
    }

    /// Its own record has a proof, with every admission since the genesis.
    private func proves(_ running: TwoNodes.Running, _ stage: SnapshotStage) async throws {
        try await TwoNodes.eventually("the third is connected") {
            running.node.follower?.status.isConnected == true
        }
        let written = try await running.node.records.create(
            type: "Patient", body: NodeLifeTests.patient("Third"),
            WriteRequest(caller: running.caller))
        let row = try #require(written.row)
        let proof = try await running.node.proofs.proof(of: row.record, version: nil, opening: true)
        let report = try ProofVerifier(trust: .genesis(stage.genesis)).verify(proof)
        #expect(report.record == "\(row.record)")
        #expect(report.steps.contains { $0.value.hasSuffix("of 3 members") }, "\(report.steps)")
    }

    /// A transaction of before is known, and its bytes are with others: that is said.
    private func refusesWhatItLacks(
        _ running: TwoNodes.Running, _ nodes: TwoNodes, _ manifest: SnapshotManifest
    ) async throws {
        let old = try required(
            try nodes.first.node.reader.block(manifest.firstBody - 1).flatMap { block in
                try Submission(
                    bytes: try required(try Batch(bytes: block.batchBytes).submissions.first)
                )
                .transactions.first
            })
        #expect(old.intent.contract == "records")
        let error = #expect(throws: NodeError.self) {
            try running.node.reader.transaction(old.id)
        }
        #expect(error?.code == .gone, "\(String(describing: error))")
        // It cannot come again.
        #expect(try running.node.engine.state.store.transaction(old.id) != nil)
    }

    /// A file that was put there unchecked is checked again, and what is wrong with it is told.
    @Test func aBadSnapshotInPlaceStopsTheStart() async throws {
        let stage = try await SnapshotStage.make()
        let joining = try await third(stage.nodes)
        var parts = try SnapshotParts(stage.bytes)
        parts.entries[2].value[0] ^= 1
        try Data(parts.bytes).write(to: URL(filePath: joining.directory.snapshot))
        try joining.finish(genesis: stage.genesis)
        let error = #expect(throws: NodeError.self) {
            _ = try CairnNode.open(
                NodeConfiguration(directory: joining.directory), clock: { TestNode.clock() })
        }
        #expect(error?.message.contains("state-mismatch") == true, "\(String(describing: error))")
        try await stage.nodes.stop()
    }

    /// A node that begins with a snapshot made among writes comes to the same blocks.
    @Test func isMadeWhileWritesGoOn() async throws {
        let folder = try TestFolder()
        let node = try TestNode(folder.path + "/busy")
        let genesis = node.node.identity.genesis.bytes
        let writing = Writing()
        var begun: (bytes: [UInt8], manifest: SnapshotManifest)?
        try await withThrowingTaskGroup(of: Void.self) { group in
            for writer in 0..<8 {
                group.addTask {
                    var number = 0
                    while !writing.isOver {
                        number += 1
                        _ = try await node.node.records.create(
                            type: "Patient",
                            body: NodeLifeTests.patient("Busy \(writer) \(number)"),
                            node.request())
                    }
                }
            }
            for _ in 0..<3 {
                let bytes = try await SnapshotStage.export(node.node)
                let manifest = try SnapshotVerifier(trust: .genesis(genesis))
                    .verify(read: SnapshotParts.reader(bytes)).summary.manifest
                begun = (bytes, manifest)
            }
            writing.end()
            try await group.waitForAll()
        }
        let (bytes, manifest) = try #require(begun)
        let copy = DataDirectory(folder.path + "/from-snapshot")
        try copy.create()
        for (from, to) in [
            (node.directory.nodeKeys, copy.nodeKeys), (node.directory.genesis, copy.genesis),
        ] { try FileManager.default.copyItem(atPath: from, toPath: to) }
        try Data(bytes).write(to: URL(filePath: copy.snapshot))
        let other = try CairnNode.open(
            NodeConfiguration(directory: copy), clock: { TestNode.clock() })
        #expect(other.recoveredBlocks == Int(manifest.height - manifest.stateHeight))
        let tip = other.engine.head.tip
        #expect(tip.height == manifest.height)
        #expect(try node.node.reader.block(manifest.height)?.hash == tip.hash)
        try other.close()
        try await node.stop()
    }
}

/// Whether writers are to stop.
private final class Writing: Sendable {
    private let over = Mutex(false)

    var isOver: Bool { over.withLock { $0 } }

    func end() { over.withLock { $0 = true } }
}
