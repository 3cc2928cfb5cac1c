import Foundation
import Identity
import LedgerCore
import Node
import Synchronization
import Testing

/// What a running node does with what it sealed and the ledger did not accept.
@Suite("Orphans", .timeLimit(.minutes(5)))
struct OrphanTests {
    private static let content = Array(#"{"resourceType":"Patient"}"#.utf8)

    /// An intent of one write, with a window in milliseconds from now.
    private func item(
        _ node: TestNode, from: Int64, to: Int64, now: UInt64 = TestNode.clock()
    ) throws -> SubmittedItem {
        var random = SystemRandomNumberGenerator()
        let secret = try required(
            Digest((0..<32).map { _ in UInt8.random(in: 0...255, using: &random) }))
        let now = Int64(now)
        let intent = Intent(
            network: node.node.identity.genesis.digest, channel: "main",
            author: node.caller.person, notBeforeMs: UInt64(now + from),
            notAfterMs: UInt64(now + to), nonce: Identifier(using: &random), contract: "records",
            contractVersion: 1,
            command: RecordsCommand.bytes([
                .init(
                    record: Identifier(using: &random), previous: 0,
                    commitment: Commitment(content: Self.content, secret: secret))
            ]))
        return SubmittedItem(
            intentBytes: intent.bytes, stamps: [],
            contents: [
                SubmittedContent(
                    content: Self.content, secret: secret, isSealed: false,
                    mediaType: "application/fhir+json")
            ], idempotencyKey: nil)
    }

    private func refusal(_ item: SubmittedItem, _ node: TestNode) async -> String? {
        switch await node.node.submit([item], caller: node.caller)[0] {
        case .success(let outcome): outcome.receipt.refused
        case .failure(let error): error.message
        }
    }

    private func fragments(_ node: TestNode) throws -> Int {
        try FileManager.default.subpathsOfDirectory(atPath: node.directory.path + "/providers")
            .count { $0.split(separator: "/").count == 3 && !$0.contains("tmp") }
    }

    private func write(_ node: TestNode) async throws {
        _ = try await node.node.records.create(
            type: "Patient", body: Self.content, node.request())
    }

    @Test func whatWasRefusedGoesOnceABlockIsBeyondItsWindow() async throws {
        let folder = try TestFolder()
        let clock = Mutex(TestNode.clock())
        let node = try TestNode(folder.path + "/data", clock: { clock.withLock { $0 } })
        let start = clock.withLock { $0 }
        try await write(node)
        // Not yet valid: refused, and it might be handed in again until its window ends.
        let early = try item(node, from: 30_000, to: 40_000, now: start)
        #expect(await refusal(early, node) == "outside-window")
        #expect(try fragments(node) == 12)
        try await write(node)
        #expect(node.node.orphans.tally.versions == 0)
        #expect(try fragments(node) == 18)
        clock.withLock { $0 = start + 40_001 }
        try await write(node)
        try await TwoNodes.eventually("it is collected", seconds: 120) {
            node.node.orphans.tally.packs == 1
        }
        #expect(node.node.orphans.tally.versions == 1)
        #expect(try fragments(node) == 18)
        #expect(node.node.orphans.problem == nil)
        try await node.stop()
        let report = try await DataVerifier(node.directory).run()
        #expect(report.findings == [] && report.orphans == 0 && report.versions == 3)
    }

    /// A window that ends late would keep its orphan for as long: nothing is sealed for it.
    @Test func aWindowThatEndsTooLateIsRefusedBeforeAnythingIsSealed() async throws {
        let folder = try TestFolder()
        let node = try TestNode(folder.path + "/data")
        let day: Int64 = 86_400_000
        let long = await refusal(try item(node, from: -1_000, to: day), node)
        #expect(long?.contains("window-too-long") == true)
        let far = await refusal(try item(node, from: day, to: day + 1_000), node)
        #expect(far?.contains("window does not cover this moment") == true)
        #expect(try fragments(node) == 0)
        #expect(await refusal(try item(node, from: -1_000, to: 500_000), node) == nil)
        try await node.stop()
    }
}
