import Contracts
import Foundation
import LedgerCore
import Node
import Synchronization
import Testing

/// A clock that is set by hand.
final class HandClock: Sendable {
    private let ahead = Mutex<Int64>(0)

    func set(_ ms: Int64) { ahead.withLock { $0 = ms } }

    func now() -> UInt64 {
        UInt64(Int64(TestNode.clock()) + ahead.withLock { $0 })
    }
}

/// Which times the ordering node vouches for itself, and which time a final checkpoint has.
@Suite("Time of checkpoints", .timeLimit(.minutes(5)))
struct DriftTests {
    private func write(_ node: TestNode, _ name: String) async throws {
        _ = try await node.node.records.create(
            type: "Patient", body: NodeLifeTests.patient(name), node.request())
    }

    /// Its clock is set back by more than the bound: blocks go on a millisecond after each other,
    /// in what is the future by then.
    @Test func theOrderingNodeDoesNotCosignItsOwnFuture() async throws {
        let folder = try TestFolder()
        let clock = HandClock()
        let node = try TestNode(folder.path + "/node", clock: { clock.now() })
        try await write(node, "First")
        let key = node.node.checkpoints.memberKey
        let log = node.node.checkpoints.logKey
        #expect(key.verify(try node.node.finality.newest()) != nil)
        // The second write's window is of the new time, and the block's time of the old one.
        clock.set(-30_000)
        try await write(node, "Within the bound")
        try await TwoNodes.eventually("it is cosigned") {
            let newest = try node.node.finality.newest()
            return newest.size == node.node.engine.head.tip.log.size && key.verify(newest) != nil
        }
        clock.set(-89_000)
        try await write(node, "Beyond it")
        let size = node.node.engine.head.tip.log.size
        try await TwoNodes.eventually("the log itself signs on") {
            let newest = try node.node.finality.newest()
            return newest.size == size && log.verify(newest) != nil
        }
        #expect(key.verify(try node.node.finality.newest()) == nil)
        #expect(try await node.node.finality.wait(covering: size - 1, atMostMs: 300) == nil)
        clock.set(0)
        #expect(try await node.node.finality.wait(covering: size - 1, atMostMs: 5_000) != nil)
        try await node.stop()
    }

    @Test func aFinalCheckpointHasTheMedianOfItsMembersTimes() async throws {
        let nodes = try await TwoNodes()
        try await nodes.connect()
        try await nodes.agree()
        // The second is half a minute ahead: within the bound.
        nodes.clocks.set(firstMs: 0, secondMs: 30_000)
        _ = try await nodes.first.node.records.create(
            type: "Patient", body: NodeLifeTests.patient("Timed"), nodes.first.request())
        let size = nodes.first.node.engine.head.tip.log.size
        #expect(
            try await nodes.first.node.finality.wait(covering: size - 1, atMostMs: 20_000) != nil)
        let (covered, seconds) = try #require(try nodes.first.node.finality.cosignedTime())
        #expect(covered >= size)
        // Of two, the time by which both had signed: the second's.
        let now = TestNode.clock() / 1_000
        #expect((now + 15...now + 45).contains(seconds))
        try await nodes.stop()
    }
}
