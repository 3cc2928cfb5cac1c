import Contracts
import Crypto
import Foundation
import Identity
import LedgerCore
import Ordering
import Testing

@testable import Node

import struct LedgerCore.Digest

/// Stamps of another node's blocks are checked before the turn of their block: what is decided
/// stays what is decided at its turn.
@Suite("Stamps checked ahead", .timeLimit(.minutes(5)))
struct StampsAheadTests {
    /// Everything that can change between the check and the turn, in blocks that arrive at once.
    @Test func whatIsDecidedAtItsTurnStays() async throws {
        let nodes = try await TwoNodes()
        try await nodes.connect()
        try await nodes.agree()
        let author = try Authoring(nodes.first)
        let keys = (0..<3).map { _ in SigningKey.p256(P256.Signing.PrivateKey()) }
        // The blocks wait on the way until all are made.
        nodes.link.passes = 0
        let before = nodes.first.node.engine.head.tip.height
        for key in keys {
            // A key that the block just before brings.
            #expect(await author.submit([try author.enrolment(key)]) == [nil])
            #expect(
                await author.submit(try (0..<40).map { _ in try author.record(key) })
                    == Array(repeating: nil, count: 40))
            // And one that the block just before takes away.
            #expect(await author.submit([try author.revocation(key)]) == [nil])
            #expect(await author.submit([try author.record(key)]) == ["key-revoked"])
        }
        let tip = nodes.first.node.engine.head.tip
        #expect(tip.height >= before + 12)
        #expect(nodes.node.engine.head.tip.height <= before)
        nodes.link.passes = .max
        try await nodes.agree()
        #expect(nodes.node.engine.halted == nil)
        try await nodes.stop()
        let report = try await DataVerifier(DataDirectory(nodes.folder.path + "/second")).run()
        #expect(report.findings == [])
    }

    @Test func onlyWhatHoldsIsVerifiedAndOnlyUnknownKeysAreAskedAgain() async throws {
        let folder = try TestFolder()
        let node = try TestNode(folder.path + "/node")
        let author = try Authoring(node)
        let known = author.wallet.defaultKey.signingKey
        let stranger = SigningKey.p256(P256.Signing.PrivateKey())
        let good = try author.transaction(try author.record(known))
        let unknown = try author.transaction(try author.record(stranger))
        var item = try author.record(known)
        var stamps = item.stamps
        stamps[0].signature[5] ^= 1
        item = SubmittedItem(
            intentBytes: try item.intent.get().bytes, stamps: stamps, contents: item.contents,
            idempotencyKey: nil)
        let forged = try author.transaction(item)
        let identity = node.node.identity
        func submission(_ transactions: [UnverifiedTransaction]) throws -> [UInt8] {
            try Submission(
                network: identity.genesis.digest, node: identity.node, transactions: transactions,
                signingWith: .ed25519(identity.keys.stamp)
            ).bytes
        }
        let own = try submission([good])
        let batch = OrderedBatch(
            height: 9, timeMs: 1, seal: .none,
            entries: [own, [1, 2, 3], try submission([forged, unknown, good])])
        let prepared = await StampsAhead.prepare(
            batch, state: node.node.engine.state, isOwn: { $0 == Digest.sha256(own) })
        #expect(prepared.ordered == batch)
        #expect(prepared.entries.count == 3)
        guard case .own = prepared.entries[0], case .malformed = prepared.entries[1],
            case .decoded(let found, let verified, let others) = prepared.entries[2]
        else {
            Issue.record("the entries are not what came")
            return
        }
        #expect(found.transactions.map(\.id) == [forged, unknown, good].map(\.id))
        #expect(verified.map(\.transaction.id) == [good.id])
        #expect(others.map(\.id) == [unknown.id])
        try await node.stop()
    }

    @Test func batchesComeOutInOrderEachOnceAndFewAhead() async throws {
        let folder = try TestFolder()
        let node = try TestNode(folder.path + "/node")
        let state = node.node.engine.state
        let ordering = FollowedOrdering(
            startHeight: 1, keepMs: 1_000, clock: { 1 }, forward: { _ in .unreachable })
        let ahead = StampsAhead()
        async let preparing: Void = ahead.run(ordering, state: state, isOwn: { _ in false })
        let count: UInt64 = 40
        async let delivered: Bool = {
            for height in 1...count {
                let batch = OrderedBatch(
                    height: height, timeMs: height, seal: .none, entries: [[1]])
                guard await ordering.deliver(batch) else { return false }
            }
            return true
        }()
        // One ready, one in the making, and what the service itself keeps.
        try await Task.sleep(for: .milliseconds(100))
        #expect(ordering.status.nextHeight <= 1 + 2 + UInt64(FollowedOrdering.batchesMax))
        for height in 1...count {
            #expect(await ahead.next()?.ordered.height == height)
        }
        #expect(await delivered)
        ordering.close()
        #expect(await ahead.next() == nil)
        await preparing
        try await node.stop()
    }
}
