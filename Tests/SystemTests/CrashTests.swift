import Foundation
import TestSupport
import Testing

/// A real server, killed with SIGKILL.
@Suite("kill -9", .serialized)
struct CrashTests {
    /// Loads and writes while the server is killed and started again; nothing acknowledged is
    /// missing then, nothing is there twice, and the data verify.
    @Test(.timeLimit(.minutes(30)))
    func nothingAcknowledgedIsLostAndNothingIsDoubled() async throws {
        for number in 0..<Soak.times(1, long: 3) where Soak.takes(number) {
            var random = SeededGenerator(announcing: "kill -9 during a load, run \(number)")
            for _ in 0..<number { _ = random.next() }
            var load = try KilledLoad(&random)
            try await load.run(rounds: Soak.times(6, long: 14))
        }
    }

    /// The check itself: a version that the server never had is missed.
    @Test func aLostVersionIsNoticed() async throws {
        let folder = try TempFolder("lost")
        var server = try await RunningServer.start(folder.path + "/data")
        let writer = Writer("kept", seed: 1)
        try await writer.write(try await server.client(), limit: 5)
        #expect(try await server.stop().exit == 0)
        try FileManager.default.copyItem(
            atPath: folder.path + "/data", toPath: folder.path + "/older")
        server = try await RunningServer.start(folder.path + "/data")
        try await writer.write(try await server.client(), limit: 5)
        #expect(try await writer.acknowledged.problems(try await server.client()).isEmpty)
        try await server.kill()
        server = try await RunningServer.start(folder.path + "/older")
        let missed = try await writer.acknowledged.problems(try await server.client())
        #expect(missed.count == 7, "\(missed)")
    }

    /// The very first start may die anywhere; the next one founds a network or opens the one that
    /// was founded.
    @Test func theFirstStartMayDieAtAnyMoment() async throws {
        var random = SeededGenerator(announcing: "kill -9 while founding")
        for number in 0..<Soak.times(12, long: 150) where !Soak.isOn || Soak.takes(number) {
            let folder = try TempFolder("founding")
            let data = folder.path + "/data"
            let delay = Int.random(in: 0...120, using: &random)
            let place = Comment(rawValue: "seed \(random.seed), round \(number), \(delay) ms")
            let child = try RunningServer.spawn(data)
            try await Task.sleep(for: .milliseconds(delay))
            child.kill()
            _ = try await child.result(timeoutSeconds: 30)
            let server = try await RunningServer.start(data)
            let writer = Writer("first", seed: 7)
            try await writer.write(try await server.client(), limit: 2)
            #expect(writer.acknowledged.count == 3, place)
            try await server.kill()
            let verified = try await CairnBinary.run(["verify", "--data", data])
            #expect(verified.exit == 0, "\(place) \(verified)")
        }
    }
}

/// A load and two writers beside it, against a server that is killed again and again.
private struct KilledLoad {
    let folder: TempFolder
    let writers: [Writer]
    var corpus: Corpus
    var random: SeededGenerator

    var data: String { folder.path + "/data" }
    var files: String { folder.path + "/files" }
    var note: Comment { Comment(rawValue: "CAIRN_SEED=\(random.seed)") }

    init(_ random: inout SeededGenerator) throws {
        folder = try TempFolder("killed")
        let seed = random.next()
        corpus = Corpus(seed: seed)
        writers = ["one", "two"].map { Writer($0, seed: seed) }
        self.random = random
    }

    mutating func run(rounds: Int) async throws {
        var created = 0
        for round in 0..<rounds {
            try corpus.write(to: files, bundles: 25, lone: 25, files: 4)
            let server = try await RunningServer.start(data)
            let client = try await server.client()
            for writer in writers { try await writer.repeatUnanswered(client) }
            let load = try ChildProcess(
                try CairnBinary.path(), ["load", "--json", files], environment: server.environment)
            try await killWhileWriting(server, client)
            let next = try await check("round \(round)", listen: server.address)
            // It went on with the server that came back, or said that nobody answers.
            let result = try await load.result(timeoutSeconds: 60)
            #expect([0, 4].contains(result.exit), "\(note) \(result)")
            created += KilledLoad.summary(result).created
            // Killed once more, idle.
            try await next.kill()
        }
        try await finish(created: created)
    }

    private mutating func killWhileWriting(
        _ server: RunningServer, _ client: HTTPClient
    ) async throws {
        let delay = Int.random(in: 5...700, using: &random)
        try await withThrowingTaskGroup(of: Void.self) { [writers] group in
            for writer in writers { group.addTask { try await writer.write(client) } }
            try await Task.sleep(for: .milliseconds(delay))
            try await server.kill()
            try await group.waitForAll()
        }
    }

    /// What must hold after a kill.
    ///
    /// - Returns: the server, started again.
    private func check(_ round: String, listen: String) async throws -> RunningServer {
        let verified = try await CairnBinary.run(["verify", "--data", data])
        #expect(verified.exit == 0, "\(note) \(round) \(verified)")
        let server = try await RunningServer.start(data, listen: listen)
        let client = try await server.client()
        for writer in writers {
            #expect(try await writer.acknowledged.problems(client) == [], "\(note) \(round)")
        }
        return server
    }

    private func finish(created: Int) async throws {
        let server = try await RunningServer.start(data)
        let client = try await server.client()
        for writer in writers { try await writer.repeatUnanswered(client) }
        let total = corpus.expected.values.reduce(0, +)
        let last = try await load(server)
        #expect(last.created + created <= total, note)
        let again = try await load(server)
        #expect(again.created == 0 && again.failed == 0, "\(note) \(again)")
        for (type, expected) in corpus.expected {
            let all = try await client.count(type)
            let own = writers.map { ownCount(type, $0) }.reduce(0, +)
            #expect(all == expected + own, "\(note) \(type)")
        }
        for writer in writers {
            #expect(writer.acknowledged.count > 0, note)
            #expect(try await writer.duplicates(client) == [], note)
            #expect(try await writer.acknowledged.problems(client) == [], note)
        }
        #expect(try await server.stop().exit == 0, note)
        let verified = try await CairnBinary.run(["verify", "--data", data])
        #expect(verified.exit == 0, "\(note) \(verified)")
    }

    private func load(_ server: RunningServer) async throws -> (created: Int, failed: Int) {
        let result = try await server.run(["load", "--json", files])
        #expect(result.exit == 0, "\(note) \(result)")
        return KilledLoad.summary(result)
    }

    /// What a load said; nothing where it did not come to send anything.
    private static func summary(_ result: CommandResult) -> (created: Int, failed: Int) {
        let object = try? JSONSerialization.jsonObject(with: Data(result.stdout.utf8))
        let summary = object as? [String: Any] ?? [:]
        return (summary["created"] as? Int ?? 0, summary["failed"] as? Int ?? 0)
    }

    /// Resources of a type that a writer left behind.
    private func ownCount(_ type: String, _ writer: Writer) -> Int {
        (0..<writer.begun).map { number in
            switch (Writer.Kind(rawValue: number % Writer.Kind.allCases.count), type) {
            case (.create, "Patient"), (.transaction, "Patient"), (.transaction, "Observation"),
                (.replace, "Observation"), (.binary, "Binary"):
                1
            default: 0
            }
        }.reduce(0, +)
    }
}
