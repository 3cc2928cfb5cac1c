import Contracts
import Foundation
import LedgerCore
import Node
import Testing

/// A node that follows and is behind: for a day, because its machine stood still, or because the
/// clocks differ.
@Suite("Lag of a node that follows", .timeLimit(.minutes(5)))
struct LagTests {
    private static let day: Int64 = 86_400_000
    /// Beyond the genesis' bound of a minute.
    private static let beyond: Int64 = 90_000

    private func write(_ nodes: TwoNodes, _ count: Int) async throws {
        for number in 0..<count {
            _ = try await nodes.first.node.records.create(
                type: "Patient", body: NodeLifeTests.patient("First \(number)"),
                nodes.first.request())
        }
    }

    /// Waits until the first node's head is cosigned by both.
    private func final(_ nodes: TwoNodes, atMostMs ms: Int = 20_000) async throws -> Bool {
        let size = nodes.first.node.engine.head.tip.log.size
        return try await nodes.first.node.finality.wait(covering: size - 1, atMostMs: ms) != nil
    }

    /// The second sees the jump of its clock as a silence and connects again; then the stream is
    /// live.
    private func afterJump(_ nodes: TwoNodes) async throws {
        try await TwoNodes.eventually("the silence is noticed") {
            nodes.node.follower?.status.problem?.contains("nothing was heard") == true
        }
        try await nodes.connect()
    }

    @Test func aDayBehindItCatchesUpAgreesAndCosigns() async throws {
        let nodes = try await TwoNodes()
        try await nodes.connect()
        try await nodes.agree()
        try await nodes.stopSecond()
        let before = nodes.first.node.engine.head.tip.height
        try await write(nodes, 150)
        #expect(nodes.first.node.engine.head.tip.height >= before + 150)
        nodes.clocks.set(firstMs: LagTests.day, secondMs: LagTests.day)
        try nodes.startSecond()
        try await nodes.agree()
        #expect(try await final(nodes))
        try await nodes.connect()
        #expect(nodes.node.follower?.status.blocksBehind == 0)
        // And goes on, a day later.
        _ = try await nodes.node.records.create(
            type: "Patient", body: NodeLifeTests.patient("Later"), nodes.request())
        #expect(try await final(nodes))
        try await nodes.stop()
    }

    /// A block that comes at once and is dated long ago, and one that comes from the future.
    @Test(arguments: [(Int64(0), beyond), (beyond, Int64(0))])
    func aTimeOutsideTheBoundIsAppliedAndNotCosigned(
        _ firstMs: Int64, _ secondMs: Int64
    ) async throws {
        let nodes = try await TwoNodes()
        try await nodes.connect()
        try await nodes.agree()
        #expect(try await final(nodes))
        nodes.clocks.set(firstMs: firstMs, secondMs: secondMs)
        if secondMs > 0 { try await afterJump(nodes) }
        nodes.clocks.freeze()
        try await write(nodes, 1)
        try await nodes.agree()
        // Enough for the first node's next checkpoint, which the second is shown.
        nodes.clocks.set(firstMs: firstMs + 500, secondMs: secondMs + 500)
        let head = nodes.first.node.engine.head.tip.log.size
        #expect(try nodes.first.node.finality.newest().size == head)
        #expect(try await !final(nodes, atMostMs: 2_000))
        #expect(nodes.node.engine.halted == nil)
        // With clocks that agree again the next block is cosigned, and covers that one.
        nodes.clocks.thaw()
        let ahead = max(firstMs, secondMs) + 500
        nodes.clocks.set(firstMs: ahead, secondMs: ahead)
        if secondMs == 0 { try await afterJump(nodes) }
        try await write(nodes, 1)
        #expect(try await final(nodes))
        try await nodes.stop()
    }

    /// What waits on the way while a machine stands still is no block from the past.
    @Test func whatWaitedOnTheWayIsCosigned() async throws {
        let nodes = try await TwoNodes()
        try await nodes.connect()
        try await nodes.agree()
        nodes.link.passes = 0
        try await write(nodes, 1)
        nodes.clocks.set(firstMs: LagTests.beyond, secondMs: LagTests.beyond)
        nodes.link.passes = .max
        try await nodes.agree()
        #expect(try await final(nodes))
        try await nodes.stop()
    }

    /// Nor is what comes faster than this node applies it.
    @Test func whatASlowNodeCatchesUpWithIsCosigned() async throws {
        let nodes = try await TwoNodes()
        try await nodes.connect()
        try await nodes.agree()
        nodes.link.passes = 0
        nodes.clocks.freeze()
        try await write(nodes, 60)
        for step in 1...14 {
            let ms = Int64(step) * 6_000
            nodes.clocks.set(firstMs: ms, secondMs: ms)
            let now = nodes.clocks.second()
            nodes.link.passes = 1
            try await TwoNodes.eventually("a message is taken") {
                nodes.node.follower?.status.heardMs ?? 0 >= now
            }
        }
        #expect(nodes.node.follower?.status.isConnected == true)
        nodes.link.passes = .max
        try await nodes.agree()
        nodes.clocks.thaw()
        #expect(try await final(nodes))
        try await nodes.stop()
    }

    @Test func bothSidesSayHowFarItIsBehind() async throws {
        let nodes = try await TwoNodes()
        try await nodes.connect()
        try await nodes.agree()
        #expect(try await final(nodes))
        let second = nodes.node.identity.member
        let first = nodes.first.node.identity.member
        #expect(try nodes.first.node.finality.blocksBehind() == [first: 0, second: 0])
        nodes.link.isUp = false
        try await TwoNodes.eventually("the link is noticed") {
            nodes.node.follower?.status.isConnected == false
        }
        nodes.clocks.set(firstMs: 30_000, secondMs: 30_000)
        try await write(nodes, 20)
        // Its checkpoint is at most a tenth of a second old, and then of this block.
        try await TwoNodes.eventually("the first node cosigned its head") {
            try nodes.first.node.finality.blocksBehind() == [first: 0, second: 20]
        }
        nodes.clocks.freeze()
        // Of the stream the first message comes, which says where the other stands.
        nodes.link.passes = 1
        nodes.link.isUp = true
        try await TwoNodes.eventually("the second hears how far it is behind") {
            nodes.node.follower?.status.blocksBehind == 20
        }
        let status = try #require(nodes.node.follower?.status)
        #expect(!status.isConnected)
        #expect(status.msBehind ?? 0 >= 29_000, "\(status)")
        nodes.clocks.thaw()
        nodes.link.passes = .max
        try await nodes.agree()
        try await nodes.connect()
        #expect(nodes.node.follower?.status.blocksBehind == 0)
        #expect(nodes.node.follower?.status.msBehind == 0)
        #expect(try await final(nodes))
        #expect(try nodes.first.node.finality.blocksBehind() == [first: 0, second: 0])
        try await nodes.stop()
    }
}
