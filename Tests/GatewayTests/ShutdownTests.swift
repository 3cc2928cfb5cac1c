import Foundation
import Gateway
import Logging
import Testing

/// Stopping, and what the pieces do by themselves.
@Suite struct ShutdownTests {
    @Test func aRequestUnderWayIsFinishedBeforeTheServerStops() async throws {
        let body = [UInt8](repeating: 7, count: 200_000)
        let answers = try await TestServer.withStop { server, stop in
            let head = try server.head(
                "POST", "/fhir/Binary", .token(try await server.token()),
                [("content-type", "image/png")], length: body.count)
            return try await TestSocket.with(port: server.port) { socket in
                try socket.write(head + body[..<100_000])
                Thread.sleep(forTimeInterval: 0.2)
                stop()
                Thread.sleep(forTimeInterval: 0.2)
                try socket.write(Array(body[100_000...]))
                let answer = try socket.readResponse()
                let isRefused = (0..<100).contains { _ in
                    if (try? TestSocket(port: server.port)) == nil { return true }
                    // The listening socket closes at some moment after the signal.
                    Thread.sleep(forTimeInterval: 0.1)
                    return false
                }
                return (answer.status, isRefused)
            }
        }
        #expect(answers.0 == 201)
        #expect(answers.1)
    }

    @Test func whoWantsRoomWaitsInLine() async throws {
        let budget = ByteBudget(capacity: 1_000_000, waitSeconds: 600)
        let most = await withTaskGroup(of: Int.self) { group in
            for _ in 0..<20 {
                group.addTask {
                    let taken = try? await budget.holding(400_000) {
                        let taken = budget.taken
                        await Task.yield()
                        return taken
                    }
                    return taken ?? .max
                }
            }
            return await group.reduce(0) { max($0, $1) }
        }
        #expect(most == 800_000)
        #expect(budget.taken == 0)
    }

    @Test func figuresEscapeLabelsAndSumBuckets() {
        let registry = PrometheusRegistry()
        registry.counter("a.b", [("x", "q\"\\\n")]).increment(by: Int64(2))
        let histogram = registry.histogram("h", bounds: [1, 2])
        for value in [0.5, 1.5, 9] { histogram.record(value) }
        let text = String(decoding: registry.text(), as: UTF8.self)
        #expect(text.contains("a_b{x=\"q\\\"\\\\\\n\"} 2\n"))
        #expect(
            text.contains("h_bucket{le=\"1\"} 1\nh_bucket{le=\"2\"} 2\nh_bucket{le=\"+Inf\"} 3\n"))
        #expect(text.contains("h_sum 11\nh_count 3\n"))
    }

    @Test func aLogIsRotatedAtItsSize() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(
            "log-\(UInt64.random(in: 0 ... .max))")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let sink = LogSink(
            path: folder.path + "/cairn.log", echoesToStderr: false, limitBytes: 1_000)
        let logger = JSONLogHandler.logger("t", sink: sink, clock: { 0 })
        for number in 0..<100 { logger.info("line", metadata: ["n": .stringConvertible(number)]) }
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
        #expect(names == ["cairn.log", "cairn.log.1", "cairn.log.2", "cairn.log.3", "cairn.log.4"])
        for name in names {
            let text = try String(contentsOfFile: folder.path + "/" + name, encoding: .utf8)
            #expect(text.utf8.count <= 1_000 && text.hasSuffix("\n"))
        }
    }
}
