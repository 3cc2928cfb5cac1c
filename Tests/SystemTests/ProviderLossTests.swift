import Foundation
import TestSupport
import Testing

/// Fragments are damaged, lost, or joined by strangers while a node runs.
@Suite("Lost fragments", .serialized)
struct ProviderLossTests {
    /// What can be read again: no read touches the version that a delete writes, so none mends it.
    static let readable = Writer.Kind.allCases.filter { $0 != .delete }

    /// Where a fragment's number stands in its file, and how many of six carry data.
    private static let indexOffset = 24
    private static let dataShards = 4

    /// Two of six providers may lose everything: all records read, and reading brings the
    /// fragments back.
    @Test func anyTwoProvidersMayBeEmptied() async throws {
        let node = try await StoppedNode.make(seed: 21, kinds: Self.readable)
        let before = try node.files("providers")
        let pairs = (1...6).flatMap { first in
            ((first + 1)..<7).map { (first, $0) }
        }
        for (first, second) in Soak.isOn ? pairs : [pairs[0], pairs[7], pairs[14]] {
            try node.empty(provider: first)
            try node.empty(provider: second)
            try node.remove("cache")
            let damaged = try await node.verify()
            #expect(damaged.exit == 1)
            for provider in [first, second] {
                #expect(
                    damaged.damage.contains { $0.place.contains("provider \(provider)") },
                    "\(damaged)")
            }
            #expect(damaged.damage.allSatisfy { $0.part == "fragments" }, "\(damaged)")
            try await node.readsEverything()
            #expect(try node.files("providers") == before)
            let mended = try await node.verify()
            #expect(mended.exit == 0, "\(mended)")
        }
    }

    /// A third lost provider is one too many: reads say so and answer nothing wrong.
    @Test func threeEmptiedProvidersAreToldNotHidden() async throws {
        let node = try await StoppedNode.make(seed: 22)
        for provider in [1, 3, 5] { try node.empty(provider: provider) }
        try node.remove("cache")
        let damaged = try await node.verify()
        #expect(damaged.damage.contains { $0.part == "records" }, "\(damaged)")
        let server = try await RunningServer.start(node.data)
        let client = try await server.client()
        let answer = try await client.get("/fhir/\(node.large.path)", headers: ["Accept": "*/*"])
        #expect(answer.status == 503 && answer.issue != nil, "\(answer)")
        #expect(try await client.count("Observation") > 0)
    }

    /// A read goes around a damaged fragment and puts a good one in its place, under its name. The
    /// fragments with data are damaged: a read looks at the others only where one of those fails.
    @Test func aDamagedFragmentIsReadAroundAndMended() async throws {
        var random = SeededGenerator(announcing: "damaged fragments")
        let node = try await StoppedNode.make(seed: 23, kinds: Self.readable)
        let before = try node.fragments()
        try node.remove("cache")
        var damaged = 0
        for file in try node.files("providers/2") + node.files("providers/5") {
            let fragment = try node.read(file)
            guard fragment[ProviderLossTests.indexOffset] < ProviderLossTests.dataShards else {
                continue
            }
            let offset = Int.random(in: 0..<fragment.count, using: &random)
            try Flip(file: file, offset: offset, bit: 1).apply(in: node.data)
            damaged += 1
        }
        #expect(damaged > 20)
        #expect(try await node.verify().damage.count == damaged)
        try await node.readsEverything()
        let isMended = try node.fragments() == before
        #expect(isMended)
        #expect(try await node.verify().exit == 0)
    }

    /// Files that nobody put there are told, and do no harm.
    @Test func strayFilesAmongFragmentsAreWarnings() async throws {
        let node = try await StoppedNode.make(seed: 24)
        let place = node.data + "/providers/3"
        try FileManager.default.createDirectory(
            atPath: place + "/00", withIntermediateDirectories: true)
        let digest = String(repeating: "0", count: 62)
        for name in ["/notes.txt", "/00/\(digest)", "/00/x"] {
            try Data("not ours".utf8).write(to: URL(filePath: place + name))
        }
        let found = try await node.verify()
        #expect(found.exit == 0, "\(found)")
        #expect(found.damage.isEmpty)
        for name in ["notes.txt", digest] {
            #expect(
                found.warnings.contains {
                    $0.place.contains("provider 3") && $0.place.contains(name)
                }, "\(found)")
        }
        try await node.readsEverything()
    }
}

extension StoppedNode {
    func remove(_ file: String) throws {
        try FileManager.default.removeItem(atPath: data + "/" + file)
    }

    /// Every fragment's content, by provider and name.
    fileprivate func fragments() throws -> [String: Data] {
        Dictionary(uniqueKeysWithValues: try files("providers").map { ($0, try read($0)) })
    }

    fileprivate func empty(provider: Int) throws {
        let place = data + "/providers/\(provider)"
        for name in try FileManager.default.contentsOfDirectory(atPath: place) {
            try FileManager.default.removeItem(atPath: place + "/" + name)
        }
    }

    /// Starts a server, reads all that was acknowledged and every other version, and stops it.
    fileprivate func readsEverything() async throws {
        let server = try await RunningServer.start(data)
        let client = try await server.client()
        let problems = try await acknowledged.problems(client)
        guard problems.isEmpty else { throw Writer.Refused(description: "\(problems)") }
        for version in 1...3 {
            let answer = try await client.get("/fhir/Observation/changed/_history/\(version)")
            guard answer.status == 200 else { throw Writer.Refused(description: "\(answer)") }
        }
        let file = try await client.get("/fhir/\(large.path)", headers: ["Accept": "*/*"])
        guard file.body == large.content else { throw Writer.Refused(description: "\(file)") }
        _ = try await server.stop()
    }
}
