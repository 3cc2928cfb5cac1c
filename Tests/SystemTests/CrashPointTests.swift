import Foundation
import TestSupport
import Testing

/// A server that kills itself at each named place of its write path.
@Suite("Crash points", .serialized)
struct CrashPointTests {
    /// The places of the write path. With those of a collection they are `CrashPoint.allCases` of
    /// the target Node; the first test compares them.
    static let names = [
        "before-vault", "after-vault", "after-ordering", "after-execution", "after-chain-append",
        "after-chain-sync", "after-state", "after-index", "after-answer",
    ]

    /// The places of a collection; `OrphanTests` kills there.
    static let collecting = ["after-forgetting", "after-striking", "after-removing"]

    static let cases: [(String, Writer.Kind)] = names.flatMap { name in
        [(name, .create), (name, .transaction), (name, .binary)]
    }

    @Test func everyPlaceIsTried() throws {
        let source = CairnBinary.repository.appending(path: "Sources/Node/CrashPoint.swift")
        let named = try String(contentsOf: source, encoding: .utf8)
            .split(separator: "\n").filter { $0.contains(" case ") && $0.contains(" = \"") }
            .compactMap { $0.split(separator: "\"").last.map(String.init) }
        #expect(named == CrashPointTests.names + CrashPointTests.collecting)
    }

    /// After the crash everything acknowledged is there, and the interrupted request, made again
    /// under its key, leaves one resource.
    @Test(arguments: cases)
    func aCrashLosesNothingAndDoublesNothing(_ place: String, _ kind: Writer.Kind) async throws {
        var random = SeededGenerator(announcing: "crash \(place), \(kind)")
        let count = Int.random(in: 2...6, using: &random)
        let note = Comment(rawValue: "CAIRN_SEED=\(random.seed) \(place):\(count)")
        let folder = try TempFolder("point")
        let data = folder.path + "/data"
        let writer = Writer("crash", seed: random.seed)
        let crashing = try await RunningServer.start(data, crashAt: "\(place):\(count)")
        try await writer.write(try await crashing.client(), kinds: [kind], limit: 100)
        #expect(try await crashing.ended(timeoutSeconds: 10).exit == 128 + SIGKILL, note)

        let verified = try await CairnBinary.run(["verify", "--data", data])
        #expect(verified.exit == 0, "\(note) \(verified)")
        let server = try await RunningServer.start(data)
        let client = try await server.client()
        #expect(try await writer.acknowledged.problems(client) == [], note)
        #expect(try await writer.repeatUnanswered(client), note)
        #expect(try await writer.duplicates(client, kinds: [kind]) == [], note)
        #expect(try await client.count("Binary") == (kind == .binary ? writer.begun : 0), note)
        try await writer.write(client, limit: 5)
        #expect(try await writer.acknowledged.problems(client) == [], note)
        #expect(try await server.stop().exit == 0, note)
        let again = try await CairnBinary.run(["verify", "--data", data])
        #expect(again.exit == 0, "\(note) \(again)")
    }

    /// Crashes one after the other on the same data, with several requests under way.
    @Test func crashesInARowWithRequestsSideBySide() async throws {
        var random = SeededGenerator(announcing: "crashes in a row")
        let folder = try TempFolder("points")
        let data = folder.path + "/data"
        let seed = random.next()
        let writers = (0..<6).map { Writer("beside-\($0)", seed: seed) }
        let rounds = CrashPointTests.names.shuffled(using: &random)
        for place in Array(repeating: rounds, count: Soak.times(1, long: 12)).flatMap({ $0 }) {
            let count = Int.random(in: 1...40, using: &random)
            let note = Comment(rawValue: "CAIRN_SEED=\(random.seed) \(place):\(count)")
            let server = try await RunningServer.start(data, crashAt: "\(place):\(count)")
            let client = try await server.client()
            try await withThrowingTaskGroup(of: Void.self) { group in
                for writer in writers { group.addTask { try await writer.goOn(client) } }
                try await group.waitForAll()
            }
            #expect(try await server.ended(timeoutSeconds: 10).exit == 128 + SIGKILL, note)
            let verified = try await CairnBinary.run(["verify", "--data", data])
            #expect(verified.exit == 0, "\(note) \(verified)")
        }
        let server = try await RunningServer.start(data)
        let client = try await server.client()
        let note = Comment(rawValue: "CAIRN_SEED=\(random.seed)")
        for writer in writers {
            try await writer.repeatUnanswered(client)
            #expect(try await writer.acknowledged.problems(client) == [], note)
            #expect(try await writer.duplicates(client) == [], note)
        }
    }
}

extension Writer {
    /// Repeats what got no answer, then writes on, until a request gets none.
    fileprivate func goOn(_ client: HTTPClient) async throws {
        do {
            try await repeatUnanswered(client)
        } catch is URLError {
            return
        }
        try await write(client)
    }
}
