import Contracts
import Crypto
import Foundation
import Identity
import LedgerCore
import Node
import Testing

@Suite("A node that orders and shows two histories", .timeLimit(.minutes(5)))
struct CheatingTests {
    private func cut(_ nodes: TwoNodes) async throws {
        nodes.link.isUp = false
        try await TwoNodes.eventually("the link is noticed") {
            nodes.node.follower?.status.isConnected == false
        }
    }

    /// The first node goes on from an older copy of its own data, with its own keys.
    private func cheat(
        _ nodes: TwoNodes, after: Int, instead: Int
    ) async throws -> (copy: TestNode, fork: UInt64) {
        try await nodes.agree()
        try await cut(nodes)
        try await nodes.first.stop()
        let copyPath = nodes.folder.path + "/copy"
        try FileManager.default.copyItem(atPath: nodes.first.directory.path, toPath: copyPath)
        let honest = try TestNode(nodes.first.directory.path)
        nodes.link.leader = honest.node
        nodes.link.isUp = true
        try await nodes.connect()
        let fork = honest.node.engine.head.tip.height
        for number in 0..<after {
            _ = try await honest.node.records.create(
                type: "Patient", body: NodeLifeTests.patient("True \(number)"), honest.request())
        }
        try await TwoNodes.eventually("the second follows") {
            nodes.node.engine.head.tip.hash == honest.node.engine.head.tip.hash
        }
        try await cut(nodes)
        try await honest.stop()
        let copy = try TestNode(copyPath)
        for number in 0..<instead {
            _ = try await copy.node.records.create(
                type: "Patient", body: NodeLifeTests.patient("False \(number)"), copy.request())
        }
        nodes.link.leader = copy.node
        nodes.link.isUp = true
        return (copy, fork)
    }

    @Test(arguments: [(3, 2), (3, 3), (2, 6)])
    func isCaughtWithEvidence(_ after: Int, _ instead: Int) async throws {
        let nodes = try await TwoNodes()
        try await nodes.connect()
        let (copy, fork) = try await cheat(nodes, after: after, instead: instead)
        try await TwoNodes.eventually("the second halts") { nodes.node.engine.halted != nil }
        let halted = try #require(nodes.node.engine.halted)
        #expect(halted.message.contains("signed two histories"), "\(halted.message)")
        let files = try FileManager.default.contentsOfDirectory(atPath: nodes.directory.evidence)
        let name = try #require(files.first)
        let bytes = [UInt8](
            try Data(contentsOf: URL(filePath: nodes.directory.evidence + "/" + name)))
        let evidence = try Evidence(file: bytes)
        #expect(evidence.first.header.height > fork)
        let identity = copy.node.identity
        let key = try SigningKey.ed25519(identity.keys.stamp).publicKey()
        let notes = [copy.node.checkpoints.logKey, copy.node.checkpoints.memberKey]
        #expect(
            try evidence.shows(stampKey: key, noteKeys: notes).contains(
                "height \(evidence.first.header.height)"))
        // Under another key, and with any byte altered, it shows nothing.
        let other = try SigningKey.ed25519(.init()).publicKey()
        #expect(throws: Evidence.Problem.unsigned) {
            try evidence.shows(stampKey: other, noteKeys: [])
        }
        for position in stride(from: 20, to: bytes.count, by: 7) {
            var altered = bytes
            altered[position] ^= 1
            let read = try? Evidence(file: altered)
            #expect(
                read.flatMap { try? $0.shows(stampKey: key, noteKeys: notes) } == nil
                    || read?.network != evidence.network, "byte \(position)")
        }
        try await nodes.stopSecond()
        try await copy.stop()
    }

    /// Its blocks are one history, and a checkpoint that it signs is another.
    @Test func aCheckpointOfAnotherLogIsCaughtWithEvidence() async throws {
        let nodes = try await TwoNodes()
        try await nodes.connect()
        try await nodes.agree()
        let cheat = nodes.first.node
        let own = try cheat.finality.newest()
        let key = SigningKey.ed25519(cheat.identity.keys.checkpoint)
        let (logKey, memberKey) = (cheat.checkpoints.logKey, cheat.checkpoints.memberKey)
        var other = Checkpoint(origin: own.origin, size: own.size, root: .sha256([1]))
        other.signatures = [
            try logKey.sign(other, timeSeconds: 1, with: key),
            try memberKey.sign(other, timeSeconds: 1, with: key),
        ]
        nodes.link.checkpoint = other.note
        try await TwoNodes.eventually("the second halts") { nodes.node.engine.halted != nil }
        let halted = try #require(nodes.node.engine.halted)
        let height = nodes.node.engine.head.tip.height
        #expect(halted.message.contains("halted at height \(height): the ordering node signed"))
        let path = nodes.directory.evidence + "/height-\(height).evidence"
        let bytes = [UInt8](try Data(contentsOf: URL(filePath: path)))
        let evidence = try Evidence(file: bytes)
        guard case .checkpoint(let kept, _) = evidence.contradiction else {
            Testing.Issue.record("\(evidence)")
            return
        }
        // One line convicts; the other would be bytes that anyone could alter.
        #expect(kept.signatures == [other.signatures[0]])
        let stampKey = try SigningKey.ed25519(cheat.identity.keys.stamp).publicKey()
        let keys = [logKey, memberKey]
        #expect(
            try evidence.shows(stampKey: stampKey, noteKeys: keys).contains("height \(height)"))
        #expect(throws: Evidence.Problem.unsigned) {
            try evidence.shows(stampKey: stampKey, noteKeys: [memberKey])
        }
        for position in 20..<bytes.count {
            var altered = bytes
            altered[position] ^= 1
            let read = try? Evidence(file: altered)
            #expect(
                read.flatMap { try? $0.shows(stampKey: stampKey, noteKeys: keys) } == nil
                    || read?.network != evidence.network
                    || read?.first.node != evidence.first.node, "byte \(position)")
        }
        try await nodes.stop()
    }

    /// A node that lost its newest blocks has not contradicted itself; it is not followed either.
    @Test func lostBlocksAreNotEvidence() async throws {
        let nodes = try await TwoNodes()
        try await nodes.connect()
        let (copy, _) = try await cheat(nodes, after: 2, instead: 0)
        try await TwoNodes.eventually("the loss is named") {
            nodes.node.follower?.status.problem?.contains("has lost blocks") == true
        }
        #expect(nodes.node.engine.halted == nil)
        #expect(!FileManager.default.fileExists(atPath: nodes.directory.evidence))
        try await nodes.stopSecond()
        try await copy.stop()
    }
}
