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

    /// A state whose seal was begun, and whose root comes with a later block: who begins with it
    /// comes to that root, though it never saw what the seal covers.
    @Test func isMadeBetweenTheTwoStepsOfASeal() async throws {
        let folder = try TestFolder()
        let node = try TestNode(folder.path + "/busy")
        let verifier = SnapshotVerifier(trust: .genesis(node.node.identity.genesis.bytes))
        var found: (bytes: [UInt8], manifest: SnapshotManifest)?
        // A machine that stands still for a second misses the moment.
        for _ in 0..<10 where found?.manifest.rootHeight ?? 0 == found?.manifest.stateHeight ?? 0 {
            let bytes = try await betweenTwoSteps(node)
            let manifest = try verifier.verify(read: SnapshotParts.reader(bytes)).summary.manifest
            found = (bytes, manifest)
        }
        let (bytes, manifest) = try #require(found)
        try #require(manifest.rootHeight > manifest.stateHeight)
        let block = try #require(try node.node.reader.block(manifest.stateHeight))
        #expect(try Batch(bytes: block.batchBytes).seal == .begin)
        // It may carry the root of the seal before, and none of its own state.
        let header = try #require(try node.node.reader.header(manifest.stateHeight))
        #expect(header.stateRoot == nil || header.stateLag > 0)

        let newest = try #require(try node.node.reader.block(manifest.height))
        let member = StateKey.member(node.node.identity.member).bytes
        // The same node without what it knew of the ledger.
        try await node.stop()
        let copy = DataDirectory(folder.path + "/from-snapshot")
        try FileManager.default.copyItem(atPath: folder.path + "/busy", toPath: copy.path)
        for gone in [copy.chain, copy.state, copy.index] {
            try FileManager.default.removeItem(atPath: gone)
        }
        try Data(bytes).write(to: URL(filePath: copy.snapshot))
        let other = try CairnNode.open(
            NodeConfiguration(directory: copy), clock: { TestNode.clock() })
        let tip = other.engine.head.tip
        #expect(tip.height == manifest.height && tip.hash == newest.hash)
        // The state that it began with can be shown, and none before it.
        let maker = StateProofMaker(reader: other.reader)
        let made = try await maker.proof(key: member, .at(manifest.stateHeight))
        #expect(made.header.height == manifest.rootHeight && made.proof.isPresent)
        let before = manifest.stateHeight - 1
        let error = await #expect(throws: NodeError.self) {
            _ = try await maker.proof(key: member, .at(before))
        }
        #expect(error?.code == .gone)
        try other.close()
        // Of what was written after the snapshot the folder has the content alone.
        let checked = try await DataVerifier(copy).run()
        #expect(checked.beginning?.stateHeight == manifest.stateHeight)
        let ledger = ["genesis", "chain", "ledger", "snapshot", "state"]
        #expect(checked.findings.filter { ledger.contains($0.part) } == [])
    }

    /// Writes as much as begins a seal, asks for a snapshot, and writes on until it is made.
    private func betweenTwoSteps(_ node: TestNode) async throws -> [UInt8] {
        func write() async throws {
            let entry = String(decoding: NodeLifeTests.patient("Many"), as: UTF8.self)
            let entries = [String](
                repeating: #"{"resource":\#(entry),"request":{"method":"POST","url":"Patient"}}"#,
                count: 400)
            let all = entries.joined(separator: ",")
            let bundle = #"{"resourceType":"Bundle","type":"transaction","entry":[\#(all)]}"#
            _ = try await node.node.records.bundle(Array(bundle.utf8), node.request())
        }
        try await write()
        try await TwoNodes.eventually("a seal is begun") {
            let tip = node.node.engine.head.tip
            return tip.begun?.height == tip.height
        }
        let made = Writing()
        return try await withThrowingTaskGroup(of: [UInt8].self) { group in
            group.addTask {
                defer { made.end() }
                return try await SnapshotStage.export(node.node)
            }
            try await Task.sleep(for: .milliseconds(300))
            while !made.isOver {
                try await write()
                try await Task.sleep(for: .milliseconds(100))
            }
            return try await group.next() ?? []
        }
    }
}

/// Whether writers are to stop.
private final class Writing: Sendable {
    private let over = Mutex(false)

    var isOver: Bool { over.withLock { $0 } }

    func end() { over.withLock { $0 = true } }
}
