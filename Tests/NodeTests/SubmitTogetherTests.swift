import Contracts
import Crypto
import Foundation
import Identity
import LedgerCore
import Testing

@testable import Node

import struct LedgerCore.Digest

/// Items that come in one request share a pack and a submission; each stands alone all the same.
@Suite("Items of one request", .timeLimit(.minutes(5)))
struct SubmitTogetherTests {
    @Test func eachIsAnsweredAtItsPlaceAndNoneKeepsAnotherBack() async throws {
        let folder = try TestFolder()
        let node = try TestNode(folder.path + "/node")
        let author = try Authoring(node)
        let key = SigningKey.p256(P256.Signing.PrivateKey())
        #expect(await author.submit([try author.enrolment(key)]) == [nil])
        let good = try author.record(key)
        let other = try author.record(key)
        let altered = SubmittedItem(
            intentBytes: try other.intent.get().bytes, stamps: other.stamps,
            contents: [
                SubmittedContent(
                    content: [9], secret: other.contents[0].secret, isSealed: true, mediaType: "")
            ], idempotencyKey: nil)
        var forged = other.stamps
        forged[0].signature[9] ^= 1
        let unstamped = SubmittedItem(
            intentBytes: try other.intent.get().bytes, stamps: forged, contents: other.contents,
            idempotencyKey: nil)
        let unreadable = SubmittedItem(
            intentBytes: [1, 2, 3], stamps: [], contents: [], idempotencyKey: nil)
        let command = try author.people {
            $0.grantAttribute.person = author.wallet.person.bytes.field
            $0.grantAttribute.name = "ward"
            $0.grantAttribute.value = "3"
        }
        let last = try author.record(key, content: [])
        let answers = await author.submit([
            altered, good, unreadable, command, unstamped, good, last,
        ])
        #expect(answers[0]?.contains("not what its commitment names") == true)
        #expect(answers[2] == "bad-request: malformed intent: notProtobuf")
        #expect(answers[3] == nil)
        #expect(answers[4]?.hasPrefix("forbidden: a stamp does not hold") == true)
        #expect(answers[6] == nil)
        // The same intent twice: one of them is accepted, once.
        #expect([answers[1], answers[5]].count { $0 == nil } == 1)
        #expect([answers[1], answers[5]].contains("duplicate"))
        // And again in a later request: the record is there.
        #expect(await author.submit([good])[0]?.hasPrefix("conflict: ") == true)
        try await node.stop()
    }

    /// More than one group, in one request: all are durable, readable and in the index, in order.
    @Test func manyAreAllKept() async throws {
        let folder = try TestFolder()
        let node = try TestNode(folder.path + "/node")
        let author = try Authoring(node)
        let key = SigningKey.p256(P256.Signing.PrivateKey())
        #expect(await author.submit([try author.enrolment(key)]) == [nil])
        let items = try (0..<300).map { number in
            try author.record(key, content: Array("content \(number)".utf8))
        }
        let results = await node.node.submit(items, caller: node.caller)
        for (item, result) in zip(items, results) {
            let receipt = try result.get().receipt
            let intent = try item.intent.get()
            #expect(receipt.refused == nil && receipt.transaction == intent.id)
            let record = try RecordsCommand.writes(intent.intent.command)[0].record
            let state = try #require(try node.node.engine.state.record(record))
            #expect(state.version == 1)
            let stamp = try SigningKey.ed25519(node.node.identity.keys.stamp).publicKey()
            #expect(receipt.holds(key: stamp))
        }
        // They shared blocks.
        #expect(node.node.engine.head.tip.height < 20)
        try await node.stop()
        let report = try await DataVerifier(DataDirectory(folder.path + "/node")).run()
        #expect(report.findings == [])
        #expect(report.versions == 300)
    }

    @Test func theEngineAnswersEachOfSeveralTransactions() async throws {
        let folder = try TestFolder()
        let node = try TestNode(folder.path + "/node")
        let author = try Authoring(node)
        let stranger = SigningKey.p256(P256.Signing.PrivateKey())
        let own = author.wallet.defaultKey.signingKey
        let engine = node.node.engine
        #expect(await engine.submit([UnverifiedTransaction]()).isEmpty)
        let command = try author.people {
            $0.revokeRole.person = author.wallet.person.bytes.field
            $0.revokeRole.role = "auditor"
        }
        let transactions = [
            try author.transaction(try author.record(stranger)),
            try author.transaction(command),
            try author.transaction(try author.record(own)),
        ]
        // The record of the last one has no content here: only the ledger is asked.
        let results = await engine.submit(Array(transactions[..<2]))
        #expect(throws: NodeError.self) { try results[0].get() }
        let refused = try results[1].get()
        #expect(refused.refusal == .unknownSubject)
        #expect(refused.receipt.transaction == transactions[1].id)
        node.node.stop()
        for result in await engine.submit(transactions) {
            #expect(throws: NodeError.self) { try result.get() }
        }
        try await node.stop()
    }

    @Test func groupsHoldEachItemOnceAndKeepTheirBounds() throws {
        let secret = Digest.sha256([1])
        let someone = try #require(Identifier([UInt8](repeating: 1, count: Identifier.size)))
        func item(_ contract: String, _ bytes: Int) -> SubmittedItem {
            let intent = Intent(
                network: .zero, channel: "main", author: someone,
                notBeforeMs: 1, notAfterMs: 2, nonce: someone,
                contract: contract, contractVersion: 1, command: [])
            return SubmittedItem(
                intentBytes: intent.bytes, stamps: [],
                contents: [
                    SubmittedContent(
                        content: Array(repeating: 0, count: bytes), secret: secret, isSealed: true,
                        mediaType: "")
                ], idempotencyKey: nil)
        }
        #expect(SubmittedGroup.cut([]) == [])
        let small = (0..<300).map { _ in item("records", 1) }
        #expect(SubmittedGroup.cut(small) == [0..<128, 128..<256, 256..<300])
        let large = [1, 3 << 20, 1, 1 << 20, 1 << 20, 1].map { item("records", $0) }
        #expect(SubmittedGroup.cut(large) == [0..<1, 1..<2, 2..<4, 4..<6])
        let mixed = ["records", "people", "people", "records"].map { item($0, 1) }
        #expect(SubmittedGroup.cut(mixed) == [0..<1, 1..<3, 3..<4])
    }
}
