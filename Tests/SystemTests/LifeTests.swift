import Foundation
import TestSupport
import Testing

/// How a server starts, stops, and keeps others out.
@Suite("The server's life", .serialized)
struct LifeTests {
    /// Told to stop in the middle of a load, it finishes what it accepted and ends with 0.
    @Test func stoppingDuringALoadLosesNothing() async throws {
        var random = SeededGenerator(announcing: "SIGTERM during a load")
        let folder = try TempFolder("stop")
        var corpus = Corpus(seed: random.next())
        try corpus.write(to: folder.path + "/files", bundles: 80, lone: 40, files: 4)
        let data = folder.path + "/data"
        let writers = ["a", "b", "c"].map { Writer($0, seed: random.seed) }
        for round in 0..<Soak.times(3, long: 20) {
            let note = Comment(rawValue: "CAIRN_SEED=\(random.seed) round \(round)")
            let server = try await RunningServer.start(data)
            let client = try await server.client()
            let load = try ChildProcess(
                try CairnBinary.path(), ["load", "--json", folder.path + "/files"],
                environment: server.environment)
            let delay = Int.random(in: 20...400, using: &random)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for writer in writers { group.addTask { try await writer.untilRefused(client) } }
                try await Task.sleep(for: .milliseconds(delay))
                let ended = try await server.stop(timeoutSeconds: 30)
                #expect(ended.exit == 0, "\(note) \(ended)")
                try await group.waitForAll()
            }
            let result = try await load.result(timeoutSeconds: 60)
            #expect([0, 4].contains(result.exit), "\(note) \(result)")
            let verified = try await CairnBinary.run(["verify", "--data", data])
            #expect(verified.exit == 0, "\(note) \(verified)")
            #expect(!verified.stdout.contains("warning"), "\(note) \(verified)")
            let next = try await RunningServer.start(data)
            let reader = try await next.client()
            for writer in writers {
                #expect(try await writer.acknowledged.problems(reader) == [], note)
            }
            #expect(try await next.stop().exit == 0, note)
        }
        #expect(writers.allSatisfy { $0.acknowledged.count > 0 })
    }

    @Test func aSecondServerIsKeptOffTheData() async throws {
        let folder = try TempFolder("second")
        let first = try await RunningServer.start(folder.path + "/data")
        let second = try await CairnBinary.run(
            ["serve", "--data", first.data, "--listen", "127.0.0.1:0"], timeoutSeconds: 20)
        #expect(second.exit == 2, "\(second)")
        #expect(second.stderr.contains("error:") && second.stderr.contains("hint:"), "\(second)")
        #expect(second.stderr.contains(first.data), "\(second)")
        #expect(try await first.client().count("Patient") == 0)
        // A killed server holds nothing back.
        try await first.kill()
        let third = try await RunningServer.start(folder.path + "/data")
        #expect(try await third.stop().exit == 0)
    }

    @Test func verifyLeavesARunningNodeAlone() async throws {
        let folder = try TempFolder("held")
        let server = try await RunningServer.start(folder.path + "/data")
        let verified = try await CairnBinary.run(["verify", "--data", server.data])
        #expect(verified.exit == 2, "\(verified)")
        #expect(verified.stderr.contains("error:") && verified.stderr.contains("hint:"))
        #expect(server.isRunning)
        #expect(try await server.stop().exit == 0)
        #expect(try await CairnBinary.run(["verify", "--data", server.data]).exit == 0)
    }

    @Test func aPortInUseIsTold() async throws {
        let folder = try TempFolder("port")
        let first = try await RunningServer.start(folder.path + "/one")
        let second = try await CairnBinary.run(
            ["serve", "--data", folder.path + "/two", "--listen", first.address],
            timeoutSeconds: 20)
        #expect(second.exit == 4, "\(second)")
        let port = first.address.split(separator: ":").last.map(String.init) ?? ""
        #expect(second.stderr.contains("error:") && second.stderr.contains(port), "\(second)")
        #expect(second.stderr.contains("hint:") && second.stderr.contains("--listen"))
        let third = try await CairnBinary.run(
            [
                "serve", "--data", folder.path + "/three", "--listen", "127.0.0.1:0",
                "--peer-listen", first.address,
            ], timeoutSeconds: 20)
        #expect(third.exit == 4 && third.stderr.contains("--peer-listen"), "\(third)")
        // Nothing was founded, and nothing was said to be ready.
        #expect(third.stdout.isEmpty)
        for name in ["two", "three"] {
            let genesis = "\(folder.path)/\(name)/genesis.cairn"
            #expect(!FileManager.default.fileExists(atPath: genesis))
        }
        // What was founded stays usable.
        let later = try await RunningServer.start(folder.path + "/two")
        #expect(try await later.client().count("Patient") == 0)
        #expect(try await later.stop().exit == 0)
    }

    @Test func aStopWithoutWorkIsQuick() async throws {
        let folder = try TempFolder("quick")
        for _ in 0..<3 {
            let server = try await RunningServer.start(folder.path + "/data")
            #expect(try await server.stop(timeoutSeconds: 5).exit == 0)
        }
    }
}

extension Writer {
    /// Writes until the server does not answer, or says that it stops.
    fileprivate func untilRefused(_ client: HTTPClient) async throws {
        do {
            try await repeatUnanswered(client)
            try await write(client)
        } catch is URLError {
            return
        } catch let refused as Refused where refused.description.contains(": 503 ") {
            return
        }
    }
}
