import Contracts
import Foundation
import KeyValue
import LedgerCore
import Node
import Storage
import Testing

@Suite("Following the node that orders", .timeLimit(.minutes(5)))
struct FollowingTests {
    private static let patient = NodeLifeTests.patient

    @Test func bothWriteBothAgreeAndEachKeepsItsOwn() async throws {
        let nodes = try await TwoNodes()
        try await nodes.connect()
        let here = try await nodes.first.node.records.create(
            type: "Patient", body: Self.patient("Hospital"), nodes.first.request())
        let there = try await nodes.node.records.create(
            type: "Patient", body: Self.patient("Clinic"), nodes.request())
        try await nodes.agree()
        let (a, b) = (try #require(here.row), try #require(there.row))
        #expect(
            try nodes.node.records.read(type: "Patient", id: b.fhirID).content
                == Self.patient("Clinic"))
        // What one wrote the other has on its ledger, and nowhere else.
        for (node, id) in [(nodes.first.node, b), (nodes.node, a)] {
            #expect(throws: NodeError.self) {
                try node.records.read(type: "Patient", id: id.fhirID)
            }
            #expect(try node.engine.state.record(id.record) != nil)
        }
        try await nodes.stop()
        for path in ["/first", "/second"] {
            let report = try await DataVerifier(DataDirectory(nodes.folder.path + path)).run()
            #expect(report.findings == [])
            #expect(report.versions == 1)
        }
    }

    @Test func withoutTheOtherNodeWritesAreRefusedReadsGoOnAndItCatchesUp() async throws {
        let nodes = try await TwoNodes()
        try await nodes.connect()
        let kept = try #require(
            try await nodes.node.records.create(
                type: "Patient", body: Self.patient("Before"), nodes.request()
            ).row)
        nodes.link.isUp = false
        try await TwoNodes.eventually("the link is noticed") {
            nodes.node.follower?.status.isConnected == false
        }
        let error = await #expect(throws: NodeError.self) {
            _ = try await nodes.node.records.create(
                type: "Patient", body: Self.patient("Refused"), nodes.request())
        }
        #expect(error?.code == .unavailable)
        #expect(error?.message.contains("nothing was stored") == true)
        #expect(
            try nodes.node.records.read(type: "Patient", id: kept.fhirID).content
                == Self.patient("Before"))
        for number in 0..<30 {
            _ = try await nodes.first.node.records.create(
                type: "Patient", body: Self.patient("Meanwhile \(number)"), nodes.first.request())
        }
        #expect(nodes.node.engine.head.tip.height < nodes.first.node.engine.head.tip.height)
        nodes.link.isUp = true
        try await nodes.agree()
        try await nodes.connect()
        _ = try await nodes.node.records.create(
            type: "Patient", body: Self.patient("After"), nodes.request())
        try await nodes.stop()
    }

    @Test func whatGotLostOnTheWayIsHandedInAgainAndStoredOnce() async throws {
        let nodes = try await TwoNodes()
        try await nodes.connect()
        nodes.link.drops = 1
        async let written = nodes.node.records.create(
            type: "Patient", body: Self.patient("Lost once"), nodes.request(key: "lost"))
        try await TwoNodes.eventually("it was dropped") { nodes.link.drops == 0 }
        // The connection breaks and comes back: what was not seen in a block goes out again.
        nodes.link.isUp = false
        try await TwoNodes.eventually("the link is noticed") {
            nodes.node.follower?.status.isConnected == false
        }
        nodes.link.isUp = true
        let row = try #require(try await written.row)
        let again = try await nodes.node.records.create(
            type: "Patient", body: Self.patient("Lost once"), nodes.request(key: "lost"))
        #expect(again.row?.fhirID == row.fhirID)
        try await nodes.stop()
    }

    /// A request can get lost while the stream of blocks goes on: nobody connects anew then.
    @Test func whatGotLostOnTheWayNeedsNoNewConnection() async throws {
        let nodes = try await TwoNodes()
        try await nodes.connect()
        nodes.link.drops = 1
        let written = try await nodes.node.records.create(
            type: "Patient", body: Self.patient("Lost once"), nodes.request(key: "lost"))
        #expect(nodes.link.drops == 0)
        #expect(written.row != nil)
        try await nodes.stop()
    }

    @Test func aCheckpointIsFinalOnceBothHaveCosignedIt() async throws {
        let nodes = try await TwoNodes()
        try await nodes.connect()
        let before = nodes.first.node.engine.head.tip.log.size
        nodes.link.isUp = false
        _ = try await nodes.first.node.records.create(
            type: "Patient", body: Self.patient("Alone"), nodes.first.request())
        #expect(try await nodes.first.node.finality.wait(covering: before, atMostMs: 500) == nil)
        nodes.link.isUp = true
        for node in [nodes.first.node, nodes.node] {
            let final = try #require(
                try await node.finality.wait(covering: before, atMostMs: 20_000))
            let signed = try node.finality.keys().filter {
                $0.algorithm == .cosignature && $0.verify(final) != nil
            }
            #expect(signed.count == 2)
        }
        try await nodes.stop()
    }

    @Test func alteredStateHaltsTheFollowerAtTheHeight() async throws {
        let nodes = try await TwoNodes()
        try await nodes.connect()
        let row = try #require(
            try await nodes.node.records.create(
                type: "Patient", body: Self.patient("One"), nodes.request()
            ).row)
        try await nodes.agree()
        try await nodes.stopSecond()
        try Self.alter(record: row.record, in: nodes.directory)
        try nodes.startSecond()
        try await nodes.connect()
        let height = nodes.first.node.engine.head.tip.height + 1
        let error = await #expect(throws: NodeError.self) {
            _ = try await nodes.node.records.delete(
                type: "Patient", id: row.fhirID, ifMatch: nil, nodes.request())
        }
        #expect(
            error?.message.contains("halted at height \(height)") == true,
            "\(String(describing: error))")
        let halted = try #require(nodes.node.engine.halted)
        #expect(halted.message.contains("different: "))
        // Reads go on, writes do not.
        #expect(
            try nodes.node.records.read(type: "Patient", id: row.fhirID).content
                == Self.patient("One"))
        await #expect(throws: NodeError.self) {
            _ = try await nodes.node.records.create(
                type: "Patient", body: Self.patient("Two"), nodes.request())
        }
        try await nodes.stop()
    }

    /// Writes another version number into a record's entry, past the ledger.
    static func alter(record: Identifier, in directory: DataDirectory) throws {
        let store = try KeyValueStore.open(
            path: directory.state, options: RocksLedgerStore.options())
        let key = [LedgerKind.state.rawValue] + Array("r".utf8) + record.bytes
        var entry = try Wire.decode(
            WireRecordState.self, from: try required(store.get(key)), what: "entry",
            limitBytes: 4_096)
        entry.version += 1
        try store.write(durable: false) { $0.put(key, Wire.encode(entry)) }
        try store.flush()
        store.close()
    }
}
