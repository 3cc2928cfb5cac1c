import Foundation
import TestSupport
import Testing

/// A node on a disk that fills up: a file system of its own in memory, which only root can mount.
@Suite("Disk full", .serialized, .enabled(if: SmallDisk.isPossible, "mounting tmpfs needs root"))
struct DiskFullTests {
    /// Below its reserve the node refuses writes and says what to do; reads go on; when there is
    /// space again, so do writes, without a restart.
    @Test func writesAreRefusedAndReadsGoOn() async throws {
        let disk = try await SmallDisk(mebibytes: 120)
        try disk.fill("ballast", leavingMebibytes: 60)
        let data = disk.path + "/data"
        let server = try await RunningServer.start(data)
        let client = try await server.client()
        let writer = Writer("full", seed: 31)
        try await writer.write(client, limit: 20)
        let refused = try await untilRefused(client)
        #expect(refused.status == 507, "\(refused)")
        let issue = try #require(refused.issue)
        #expect(issue.text.contains("full") || issue.text.contains("space"), "\(issue)")
        #expect(issue.text.contains("free space"), "it says what to do: \(issue)")

        // What the refused upload held is free again; from here on even a small write is too much.
        try disk.fill("more ballast", leavingMebibytes: 24)
        try await Task.sleep(for: .milliseconds(200))
        let small = try await client.send("POST", "/fhir/Patient", Data(SmallDisk.patient.utf8))
        #expect(small.status == 507 && small.issue != nil, "\(small)")
        let bundle = try await client.send("POST", "/fhir", Data(SmallDisk.transaction.utf8))
        #expect(bundle.status == 507 && bundle.issue != nil, "\(bundle)")
        #expect(try await writer.acknowledged.problems(client) == [])
        #expect(try await client.count("Observation") > 0)
        #expect(try await client.count("Patient?name=Refused") == 0, "nothing refused is there")
        let load = try await server.run(["search", "Patient"])
        #expect(load.exit == 0, "\(load)")

        try disk.remove("ballast")
        try disk.remove("more ballast")
        try await Task.sleep(for: .milliseconds(200))
        try await writer.write(client, limit: 20)
        #expect(try await writer.acknowledged.problems(client) == [])
        try await endsWell(server, writer)
    }

    /// The last byte is taken by somebody else while writes are under way.
    @Test func nothingIsCorruptWhenNoByteIsLeft() async throws {
        var random = SeededGenerator(announcing: "no byte left")
        for round in 0..<Soak.times(2, long: 20) {
            let note = Comment(rawValue: "CAIRN_SEED=\(random.seed) round \(round)")
            let disk = try await SmallDisk(mebibytes: 120)
            let server = try await RunningServer.start(disk.path + "/data")
            let client = try await server.client()
            let writers = (0..<4).map { Writer("tight-\($0)", seed: 32) }
            let delay = Int.random(in: 50...600, using: &random)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for writer in writers {
                    group.addTask { try await writer.untilFull(client) }
                }
                try await Task.sleep(for: .milliseconds(delay))
                try disk.fill("filler", leavingMebibytes: 0)
                try await group.waitForAll()
            }
            #expect(server.isRunning, "\(note) \(server.stderr.suffix(2_000))")
            for writer in writers {
                #expect(try await writer.acknowledged.problems(client) == [], note)
            }
            try disk.remove("filler")
            try await Task.sleep(for: .milliseconds(200))
            for writer in writers {
                try await writer.repeatUnanswered(client)
                try await writer.write(client, limit: 5)
                #expect(try await writer.duplicates(client) == [], note)
                #expect(try await writer.acknowledged.problems(client) == [], note)
            }
            try await endsWell(server, writers[0])
        }
    }

    /// A start without space fails in words, and succeeds later.
    @Test func foundingOnAFullDiskIsToldAndCanBeRepeated() async throws {
        let disk = try await SmallDisk(mebibytes: 40)
        try disk.fill("filler", leavingMebibytes: 0)
        let data = disk.path + "/data"
        let first = try await CairnBinary.run(
            ["serve", "--data", data, "--listen", "127.0.0.1:0"], timeoutSeconds: 20)
        #expect([1, 2, 4].contains(first.exit), "\(first)")
        #expect(first.stderr.contains("error:") && first.stderr.contains("hint:"), "\(first)")
        try disk.remove("filler")
        let server = try await RunningServer.start(data, arguments: try disk.smallReserve())
        try await endsWell(server, Writer("later", seed: 33))
    }

    private func untilRefused(_ client: HTTPClient) async throws -> HTTPAnswer {
        var corpus = Corpus(seed: 31)
        for _ in 0..<200 {
            let answer = try await client.send(
                "POST", "/fhir/Binary", corpus.bytes(1 << 20), type: "application/octet-stream")
            if answer.status != 201 { return answer }
        }
        throw Writer.Refused(description: "the disk did not fill up")
    }

    private func endsWell(_ server: RunningServer, _ writer: Writer) async throws {
        let stopped = try await server.stop()
        #expect(stopped.exit == 0, "\(stopped)")
        let verified = try await CairnBinary.run(["verify", "--data", server.data])
        #expect(verified.exit == 0, "\(verified)")
        let next = try await RunningServer.start(server.data)
        #expect(try await writer.acknowledged.problems(try await next.client()) == [])
        #expect(try await next.stop().exit == 0)
    }
}

extension Writer {
    /// Writes until the server has no space left; anything else that it refuses is a failure.
    fileprivate func untilFull(_ client: HTTPClient) async throws {
        do {
            try await write(client)
        } catch let refused as Refused where refused.description.contains(": 507 ") {
            return
        }
    }
}

/// A file system in memory, unmounted when nobody holds it any more.
final class SmallDisk: Sendable {
    static var isPossible: Bool { getuid() == 0 }

    static let patient = #"{"resourceType":"Patient","name":[{"family":"Refused"}]}"#
    static let transaction = """
        {"resourceType":"Bundle","type":"transaction","entry":[{"resource":\(patient),
        "request":{"method":"POST","url":"Patient"}}]}
        """

    private let folder: TempFolder
    var path: String { folder.path }

    init(mebibytes: Int) async throws {
        folder = try TempFolder("disk")
        let mount = try ChildProcess(
            "/usr/bin/mount", ["-t", "tmpfs", "-o", "size=\(mebibytes)m", "cairn", folder.path])
        let result = try await mount.result(timeoutSeconds: 10)
        guard result.exit == 0 else { throw Writer.Refused(description: "mount: \(result)") }
    }

    deinit { umount2(folder.path, Int32(MNT_DETACH)) }

    private func freeBytes() throws -> Int {
        let attributes = try FileManager.default.attributesOfFileSystem(forPath: path)
        return (attributes[.systemFreeSize] as? NSNumber)?.intValue ?? 0
    }

    /// Writes a file until only so much is left; to the last byte, if that is nothing.
    func fill(_ name: String, leavingMebibytes left: Int) throws {
        let file = folder.url(name)
        try Data().write(to: file)
        let handle = try FileHandle(forWritingTo: file)
        defer { try? handle.close() }
        let block = Data(count: 64 << 10)
        while try freeBytes() > left << 20 {
            do {
                try handle.write(contentsOf: block)
            } catch {
                return
            }
        }
    }

    func remove(_ name: String) throws { try FileManager.default.removeItem(at: folder.url(name)) }

    /// Options for a disk that is smaller than the usual reserve.
    func smallReserve() throws -> [String] {
        let config = folder.url("config.json")
        try Data(#"{"reserveMiB":4}"#.utf8).write(to: config)
        return ["--config", config.path]
    }
}
