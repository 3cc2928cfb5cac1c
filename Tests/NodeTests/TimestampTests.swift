import Contracts
import Foundation
import Identity
import LedgerCore
import Node
import Synchronization
import TestSupport
import Testing

/// When a node asks for timestamps, what it keeps, and what happens while none come. The authority
/// is `openssl ts`; between it and the node stands, in place of a network, a line that can be cut.
@Suite(
    "Timestamps", .timeLimit(.minutes(5)), .serialized,
    .enabled(if: StampingAuthority.isThere, Comment(rawValue: StampingAuthority.absence)))
struct TimestampTests {
    /// The way to the authority.
    final class Line: Sendable {
        let authority: StampingAuthority
        private let mode = Mutex("good")

        init() throws { authority = try StampingAuthority() }

        func set(_ mode: String) { self.mode.withLock { $0 = mode } }

        var transport: OutsideTransport {
            OutsideTransport { [self] url, mediaType, body, _ in
                #expect(url == "http://tsa.example" && mediaType == "application/timestamp-query")
                let mode = mode.withLock { $0 }
                if mode == "silent" { throw CocoaError(.fileReadUnknown) }
                if mode == "error" { return OutsideAnswer(status: 500, body: []) }
                return OutsideAnswer(status: 200, body: try authority.reply(mode, to: body))
            }
        }

        func plan(required: Bool) throws -> TimestampPlan {
            TimestampPlan(
                url: "http://tsa.example",
                authority: try TimestampAuthority(pem: try authority.root()), intervalMs: 100,
                windowMs: 20_000, isRequired: required)
        }
    }

    private func open(
        _ folder: TestFolder, _ line: Line, _ clock: HandClock, required: Bool
    ) throws -> TestNode {
        let plan = try line.plan(required: required)
        return try TestNode(
            folder.path + "/node", clock: { clock.now() }, outside: line.transport,
            configure: { $0.timestamps = plan })
    }

    private func write(_ node: TestNode, _ name: String) async throws {
        _ = try await node.node.records.create(
            type: "Patient", body: NodeLifeTests.patient(name), node.request())
    }

    private func stamped(_ node: TestNode) async throws {
        try await TwoNodes.eventually("all is stamped", seconds: 60) {
            let size = node.node.timestamps.sizes(below: .max, atMost: 1).first ?? 0
            return size >= node.node.engine.head.tip.log.size
        }
    }

    @Test func whatIsWrittenIsStampedAndKept() async throws {
        let folder = try TestFolder()
        let line = try Line()
        var node = try open(folder, line, HandClock(), required: true)
        try await write(node, "First")
        try await stamped(node)
        let sizes = node.node.timestamps.sizes(below: .max, atMost: 10)
        let size = try #require(sizes.first)
        #expect(size >= node.node.engine.head.tip.log.size)
        func check(_ node: TestNode) async throws {
            let kept = try #require(try node.node.timestamps.kept(size))
            let text = try #require(String(validating: kept.note, as: UTF8.self))
            let checkpoint = try Checkpoint(note: text)
            #expect(checkpoint.size == size)
            #expect(node.node.checkpoints.memberKey.verify(checkpoint) != nil)
            let authority = try TimestampAuthority(pem: try line.authority.root())
            let timestamp = try await authority.check(
                kept.response, of: Digest.sha256(kept.note))
            #expect(timestamp.timeMs + 60_000 > TestNode.clock())
            #expect(try node.node.timestamps.kept(size + 1) == nil)
        }
        try await check(node)
        try await node.stop()
        // And is there after a restart, without the authority.
        line.set("silent")
        node = try open(folder, line, HandClock(), required: true)
        #expect(node.node.timestamps.sizes(below: .max, atMost: 10) == sizes)
        try await check(node)
        try await node.stop()
    }

    @Test func withoutOneInTheWindowWritesEndWhereItIsRequired() async throws {
        let folder = try TestFolder()
        let line = try Line()
        let clock = HandClock()
        let node = try open(folder, line, clock, required: true)
        try await write(node, "Stamped")
        try await stamped(node)
        line.set("silent")
        // While all is covered, any time may pass.
        clock.set(25_000)
        try await write(node, "Not stamped")
        clock.set(40_000)
        try await write(node, "Within the window")
        clock.set(50_000)
        let status = try #require(try node.node.timestamps.status())
        #expect(status.isLate && status.isClosed && status.pendingMs > 20_000)
        await #expect {
            try await write(node, "Too late")
        } throws: { error in
            (error as? NodeError)?.code == .unavailable
                && (error as? NodeError)?.message.contains("timestamp") == true
        }
        #expect(throws: Never.self) { try node.node.head() }
        line.set("good")
        // The authority's clock is this machine's: the node's must be near it.
        clock.set(0)
        try await stamped(node)
        try await write(node, "Goes on")
        try await node.stop()
    }

    @Test func otherwiseTheyGoOnWithAWarning() async throws {
        let folder = try TestFolder()
        let line = try Line()
        let clock = HandClock()
        line.set("error")
        let node = try open(folder, line, clock, required: false)
        try await write(node, "First")
        clock.set(30_000)
        try await write(node, "Second")
        try await TwoNodes.eventually("it was asked") {
            try node.node.timestamps.status()?.problem?.contains("500") == true
        }
        let status = try #require(try node.node.timestamps.status())
        #expect(status.isLate && !status.isClosed && status.failures > 0)
        #expect(node.node.timestamps.sizes(below: .max, atMost: 10).isEmpty)
        try await node.stop()
    }

    @Test(arguments: [
        ("nonce", "wrong-nonce"), ("imprint", "wrong-imprint"), ("expired", "untrusted"),
        ("foreign", "untrusted"), ("refused", "refused"), ("garbage", "malformed"),
    ])
    func aFalseOneIsNotKept(mode: String, reason: String) async throws {
        let folder = try TestFolder()
        let line = try Line()
        line.set(mode)
        let node = try open(folder, line, HandClock(), required: false)
        try await TwoNodes.eventually("it is refused", seconds: 60) {
            try node.node.timestamps.status()?.problem?.hasPrefix(reason) == true
        }
        #expect(node.node.timestamps.sizes(below: .max, atMost: 10).isEmpty)
        try await node.stop()
    }

    @Test func aTimeFarFromTheNodesIsNone() async throws {
        let folder = try TestFolder()
        let line = try Line()
        let clock = HandClock()
        clock.set(-90_000)
        let node = try open(folder, line, clock, required: false)
        try await TwoNodes.eventually("it is refused", seconds: 60) {
            try node.node.timestamps.status()?.problem?.hasPrefix("wrong-time") == true
        }
        clock.set(0)
        try await stamped(node)
        try await node.stop()
    }
}
