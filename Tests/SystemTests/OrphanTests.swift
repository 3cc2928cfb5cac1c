import Foundation
import TestSupport
import Testing

/// What a node has sealed and the ledger never accepted goes, and nothing else does.
@Suite("Orphans of one node", .serialized)
struct OrphanTests {
    private static let patient = Data(#"{"resourceType":"Patient"}"#.utf8)

    private func write(_ client: HTTPClient) async throws {
        let answer = try await client.send("POST", "/fhir/Patient", Self.patient)
        #expect(answer.status == 201, "\(answer)")
    }

    private func verify(_ data: String) async throws -> (exit: Int32, report: [String: Any]) {
        let result = try await CairnBinary.run(["verify", "--data", data, "--json"])
        let report = try JSONSerialization.jsonObject(with: Data(result.stdout.utf8))
        return (result.exit, try #require(report as? [String: Any], "\(result)"))
    }

    /// Waits until an intent's window has ended.
    private func end(of intent: OwnIntent) async throws {
        while !intent.hasEnded { try await Task.sleep(for: .milliseconds(20)) }
    }

    /// Killed between the vault and the ledger.
    @Test func whatACrashCutOffIsCollectedAfterItsWindowAndNotBefore() async throws {
        let folder = try TempFolder("orphan")
        let data = folder.path + "/data"
        let first = try await RunningServer.start(data)
        try await write(try await first.client())
        #expect(try await first.stop().exit == 0)
        let kept = try SealedFiles(data).names

        let crashing = try await RunningServer.start(data, crashAt: "after-vault")
        let client = try await crashing.client()
        let intent = try OwnIntent(crashing, window: -1_000...8_000, patients: 3)
        await #expect(throws: (any Error).self) { try await intent.send(client) }
        #expect(try await crashing.ended(timeoutSeconds: 10).exit == 128 + SIGKILL)
        let sealed = try SealedFiles(data).names
        #expect(sealed.count == kept.count + 7, "six fragments and a local copy")
        let waiting = try await verify(data)
        #expect(waiting.exit == 0 && waiting.report["orphans"] as? Int == 3, "\(waiting)")

        let server = try await RunningServer.start(data)
        let next = try await server.client()
        try await write(next)
        let during = try SealedFiles(data).names
        // A checkpoint's block may follow within a second.
        let isEarly = OwnIntent.nowMs + 2_500 < Int64(intent.endMs)
        try await end(of: intent)
        // No block was applied since: whether it was ordered elsewhere nobody here can know.
        if isEarly {
            #expect(during.isSuperset(of: sealed))
            #expect(try SealedFiles(data).names == during)
        }
        try await write(next)
        let end = Deadline(seconds: 30)
        while try !SealedFiles(data).names.isDisjoint(with: sealed.subtracting(kept)), !end.isOver {
            try await Task.sleep(for: .milliseconds(20))
        }
        let now = try SealedFiles(data).names
        #expect(now.isDisjoint(with: sealed.subtracting(kept)))
        #expect(now.isSuperset(of: kept) && now.count == 3 * 7)
        #expect(try await intent.statuses(next) == [404])
        let figures = try await next.get("/metrics").text
        #expect(figures.contains("cairn_orphan_versions_collected 3"), "\(figures)")
        #expect(try await server.stop().exit == 0)
        let log = try String(contentsOfFile: data + "/log/cairn.log", encoding: .utf8)
        #expect(log.contains("collected orphans"))
        let after = try await verify(data)
        #expect(after.exit == 0 && after.report["orphans"] as? Int == 0, "\(after)")
        #expect((after.report["findings"] as? [Any])?.isEmpty == true, "\(after)")
        #expect(after.report["versions"] as? Int == 3, "\(after)")
    }

    /// Killed at each place of a collection in turn; the next start goes on.
    @Test func aCollectionThatIsCutOffIsGoneOnWith() async throws {
        let folder = try TempFolder("orphans")
        let data = folder.path + "/data"
        var server = try await RunningServer.start(data)
        var client = try await server.client()
        try await write(client)
        let kept = try SealedFiles(data).names
        #expect(try await server.stop().exit == 0)
        server = try await RunningServer.start(data, crashAt: CrashPointTests.collecting[0])
        client = try await server.client()
        var last: OwnIntent?
        for _ in 0..<3 {
            // Not yet valid: refused, and kept until its window has ended.
            let intent = try OwnIntent(server, window: 8_000...9_000)
            #expect(try await intent.send(client) == "outside-window")
            last = intent
        }
        #expect(try SealedFiles(data).names.count == kept.count + 3 * 7)
        try await end(of: try #require(last))
        // The block that lets the collection begin; its answer may not come.
        _ = try? await client.send("PUT", "/fhir/Patient/x", patient(id: "x"))
        #expect(try await server.ended(timeoutSeconds: 20).exit == 128 + SIGKILL)
        for place in CrashPointTests.collecting.dropFirst() {
            // It goes on at once, perhaps before it is ready.
            let child = try RunningServer.spawn(data, crashAt: place)
            #expect(try await child.result(timeoutSeconds: 20).exit == 128 + SIGKILL, "\(place)")
            let result = try await CairnBinary.run(["verify", "--data", data])
            #expect(result.exit == 0, "\(place): \(result)")
        }
        server = try await RunningServer.start(data)
        client = try await server.client()
        let put = try await client.send("PUT", "/fhir/Patient/x", patient(id: "x"))
        #expect([200, 201].contains(put.status), "\(put)")
        let versions = put.status == 201 ? 1 : 2
        let end = Deadline(seconds: 30)
        while try SealedFiles(data).names.count != kept.count + versions * 7, !end.isOver {
            try await Task.sleep(for: .milliseconds(20))
        }
        #expect(try SealedFiles(data).names.count == kept.count + versions * 7)
        #expect(try await server.stop().exit == 0)
        let after = try await verify(data)
        #expect(after.exit == 0 && after.report["orphans"] as? Int == 0, "\(after)")
        #expect((after.report["findings"] as? [Any])?.isEmpty == true, "\(after)")
    }

    private func patient(id: String) -> Data {
        Data(#"{"resourceType":"Patient","id":"\#(id)"}"#.utf8)
    }
}
