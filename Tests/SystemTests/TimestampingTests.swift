import Foundation
import LedgerCore
import TestSupport
import Testing

/// `openssl ts` behind a small HTTP server, and how a node is told of it.
private final class ServedAuthority {
    let folder: TempFolder
    let authority: StampingAuthority
    private let serving: ChildProcess
    /// Options of `cairn serve`.
    let arguments: [String]

    /// - Parameter required: whether writes end without timestamps.
    init(required: Bool) async throws {
        folder = try TempFolder("timestamps")
        authority = try StampingAuthority()
        serving = try ChildProcess("/usr/bin/env", authority.serving)
        let end = Deadline(seconds: 20)
        while Int(serving.stdout.trimmingCharacters(in: .whitespacesAndNewlines)) == nil {
            guard !end.isOver, serving.isRunning else {
                throw Network.Problem(description: "no authority: \(serving.stderr)")
            }
            try await Task.sleep(for: .milliseconds(20))
        }
        let port = serving.stdout.trimmingCharacters(in: .whitespacesAndNewlines)
        let settings: [String: Any] = [
            "timestampAuthority": "http://127.0.0.1:\(port)/",
            "timestampCertificates": authority.folder + "/root.pem",
            "timestampRequired": required, "timestampIntervalSeconds": 1,
            "timestampWindowSeconds": 3,
        ]
        try folder.write(
            try JSONSerialization.data(withJSONObject: settings), to: "config.json")
        arguments = ["--config", folder.url("config.json").path]
    }
}

/// A node with a timestamp authority.
private final class StampedNode {
    private let served: ServedAuthority
    let node: RunningServer

    var folder: TempFolder { served.folder }
    var authority: StampingAuthority { served.authority }

    init(required: Bool) async throws {
        served = try await ServedAuthority(required: required)
        node = try await RunningServer.start(
            served.folder.path + "/data", arguments: served.arguments)
    }

    func write() async throws -> HTTPAnswer {
        let body = Data(Sample.patient(family: "Stamped").utf8)
        return try await node.client().send("POST", "/fhir/Patient", body)
    }

    /// As a stranger.
    func open(_ path: String) async throws -> HTTPAnswer {
        try await HTTPClient(url: node.url).get(path)
    }

    /// Waits until the newest timestamp covers so many leaves.
    func stamped(_ size: Int) async throws -> Int {
        var newest = 0
        try await Network.eventually("\(size) leaves are stamped") {
            let answer = try await open("/api/v1/ledger/main/log/timestamps?count=1")
            newest = (answer.object["sizes"] as? [Int])?.first ?? 0
            return (newest >= size, answer.text)
        }
        return newest
    }

    func leaves() async throws -> Int {
        let head = try await node.client().get("/api/v1/ledger/main/head").object
        return try #require(head["logSize"] as? Int)
    }
}

@Suite(
    "Timestamps from outside", .serialized,
    .enabled(if: StampingAuthority.isThere, Comment(rawValue: StampingAuthority.absence)))
struct TimestampingTests {
    @Test func opensslVerifiesWhatIsServed() async throws {
        let stamped = try await StampedNode(required: false)
        #expect(try await stamped.write().status == 201)
        let size = try await stamped.stamped(try await stamped.leaves())
        let path = "/api/v1/ledger/main/log/checkpoint/\(size)"
        let note = try await stamped.open(path)
        let response = try await stamped.open(path + "/timestamp")
        #expect(note.status == 200 && response.status == 200)
        #expect(response.headers["content-type"] == "application/timestamp-reply")
        #expect(try Checkpoint(note: note.text).size == UInt64(size))
        try stamped.folder.write(note.body, to: "note")
        try stamped.folder.write(response.body, to: "note.tsr")
        func openssl(_ data: String, _ root: String) async throws -> CommandResult {
            try await ChildProcess(
                "/usr/bin/env",
                [
                    "openssl", "ts", "-verify", "-data", stamped.folder.url(data).path, "-in",
                    stamped.folder.url("note.tsr").path, "-CAfile",
                    "\(stamped.authority.folder)/\(root).pem",
                ]
            ).result(timeoutSeconds: 30)
        }
        let good = try await openssl("note", "root")
        #expect(good.exit == 0, "\(good)")
        try stamped.folder.write(Data((note.text + " ").utf8), to: "other")
        #expect(try await openssl("other", "root").exit != 0)
        #expect(try await openssl("note", "another").exit != 0)
        let asked = try String(contentsOfFile: stamped.authority.folder + "/asked", encoding: .utf8)
        #expect(asked.contains("application/timestamp-query"))
    }

    @Test func silenceEndsWritesWhereATimestampIsRequired() async throws {
        let stamped = try await StampedNode(required: true)
        #expect(try await stamped.write().status == 201)
        _ = try await stamped.stamped(try await stamped.leaves())
        try stamped.authority.set("silent")
        // Within the window writes go on.
        #expect(try await stamped.write().status == 201)
        try await Network.eventually("writes end") {
            let answer = try await stamped.write()
            return (answer.status == 503 && answer.text.contains("timestamp"), answer.text)
        }
        let refused = try await stamped.write()
        #expect(refused.headers["retry-after"] != nil && refused.issue?.code == "transient")
        let health = try await stamped.open("/readyz")
        #expect(health.status == 503 && health.text.contains("no writes are taken"), "\(health)")
        let client = try await stamped.node.client()
        #expect(try await client.get("/fhir/Patient?name=Stamped").status == 200)
        let figures = try await client.get("/metrics").text
        #expect(figures.contains("cairn_timestamp_late 1"), "\(figures)")
        try stamped.authority.set("good")
        try await Network.eventually("writes go on") {
            let answer = try await stamped.write()
            return (answer.status == 201, answer.text)
        }
        #expect(try await stamped.open("/readyz").status == 200)
        #expect(stamped.node.stderr.contains("no timestamp from outside has come in time"))
    }

    /// A member that follows names no authority: the node that orders refuses what it hands in.
    @Test func silenceEndsTheWritesOfTheOtherMemberToo() async throws {
        let served = try await ServedAuthority(required: true)
        let network = try await Network.pair(arguments: served.arguments)
        let (hospital, clinic) = (network.hospital, try network.second())
        func write(_ server: RunningServer) async throws -> HTTPAnswer {
            let body = Data(Sample.patient(family: "Followed").utf8)
            return try await server.client().send("POST", "/fhir/Patient", body)
        }
        func writesGoOn() async throws {
            try await Network.eventually("the clinic writes") {
                let answer = try await write(clinic)
                return (answer.status == 201, answer.text)
            }
        }
        try await writesGoOn()
        try served.authority.set("silent")
        try await Network.eventually("the hospital's own writes end") {
            let answer = try await write(hospital)
            return (answer.status == 503 && answer.text.contains("timestamp"), answer.text)
        }
        try await network.agree()
        let head = try await clinic.run(["head"])
        for _ in 0..<3 {
            let refused = try await write(clinic)
            #expect(refused.status == 503 && refused.text.contains("nothing was stored"))
        }
        let log = try String(contentsOfFile: hospital.data + "/log/cairn.log", encoding: .utf8)
        let refusals = log.split(separator: "\n").filter {
            $0.contains("refused a peer") && $0.contains("no timestamp has come")
        }
        #expect(refusals.count >= 3, "\(log.suffix(2_000))")
        #expect(try await clinic.run(["head"]).stdout == head.stdout)
        #expect(try await clinic.client().get("/fhir/Patient?name=Followed").status == 200)
        try served.authority.set("good")
        try await writesGoOn()
    }

    @Test(arguments: ["nonce", "imprint", "expired", "foreign", "error"])
    func falseAnswersAreAWarningAlone(mode: String) async throws {
        let stamped = try await StampedNode(required: false)
        try stamped.authority.set(mode)
        let size = try await stamped.leaves()
        _ = try await stamped.write()
        try await Network.eventually("it is late") {
            let health = try await stamped.open("/readyz")
            return (
                health.status == 200 && health.text.contains("no timestamp from outside"),
                health.text
            )
        }
        #expect(try await stamped.write().status == 201)
        let answer = try await stamped.open("/api/v1/ledger/main/log/timestamps")
        // Before the mode was set there may have been one.
        #expect((answer.object["sizes"] as? [Int])?.allSatisfy { $0 <= size } == true, "\(answer)")
    }
}
