import Foundation
import TestSupport
import Testing

/// A server of its own, an HTTP client with the administrator's token, and what tests ask of both.
struct Bench: Sendable {
    /// What the server's memory may reach (issue 2, "What must hold").
    static let memoryBytesMax = 400_000_000

    let folder: TempFolder
    let server: RunningServer
    let client: HTTPClient

    static func start(_ name: String) async throws -> Bench {
        let folder = try TempFolder(name)
        let server = try await RunningServer.start(folder.path + "/data")
        return Bench(folder: folder, server: server, client: try await server.client())
    }

    /// The leaves of the ledger's log, once the state of all before is under a root: it stays where
    /// nothing was stored.
    func logSize() async throws -> Int {
        let end = Deadline(seconds: 20)
        while true {
            let answer = try await client.get("/api/v1/ledger/main/head")
            let height = try #require(answer.object["height"] as? Int, "\(answer)")
            // After a burst a block without transactions brings the root, a second later.
            if answer.object["stateHeight"] as? Int == height || end.isOver {
                return try #require(answer.object["logSize"] as? Int, "\(answer)")
            }
            try await Task.sleep(for: .milliseconds(50))
        }
    }

    /// The most memory that the server has ever held, in bytes.
    func peakMemoryBytes() throws -> Int {
        let status = try String(contentsOfFile: "/proc/\(server.pid)/status", encoding: .utf8)
        let line = try #require(
            status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }, "\(status)")
        let number = try #require(line.split { !$0.isNumber }.first.flatMap { Int($0) })
        return number * 1024
    }

    /// Runs what must change nothing, then checks that: no transaction more, a server that answers
    /// and has kept its memory small.
    func unchanged(_ work: () async throws -> Void) async throws {
        let before = try await logSize()
        try await work()
        #expect(try await logSize() == before, "something was stored")
        #expect(try await client.get("/livez").status == 200)
        #expect(server.isRunning)
        #expect(try peakMemoryBytes() < Bench.memoryBytesMax)
    }

    /// Sends a request that must be refused: the status, an OperationOutcome that a person can
    /// read, and in it these words.
    func refused(
        _ status: Int, _ method: String, _ path: String, _ body: Data? = nil,
        type: String = "application/fhir+json", headers: [String: String] = [:],
        saying words: String = "", _ place: SourceLocation = #_sourceLocation
    ) async throws {
        let answer = try await client.send(method, path, body, type: type, headers: headers)
        Bench.expectRefusal(answer, status, saying: words, "\(method) \(path)", place)
    }

    static func expectRefusal(
        _ answer: HTTPAnswer, _ status: Int, saying words: String = "", _ what: String = "",
        _ place: SourceLocation = #_sourceLocation
    ) {
        #expect(answer.status == status, "\(what): \(answer)", sourceLocation: place)
        #expect(
            answer.headers["content-type"]?.hasPrefix("application/fhir+json") == true,
            "\(what): \(answer.headers)", sourceLocation: place)
        let text = answer.issue?.text ?? ""
        #expect(
            text.count > 10 && (words.isEmpty || answer.text.contains(words)),
            "\(what) should say “\(words)”: \(answer)", sourceLocation: place)
    }

    /// Stores a resource and gives its id.
    func create(_ type: String, _ resource: String) async throws -> String {
        let answer = try await client.send("POST", "/fhir/\(type)", Data(resource.utf8))
        return try #require(
            answer.status == 201 ? answer.object["id"] as? String : nil, "\(answer)")
    }

    /// A file in the bench's folder.
    func file(_ name: String, _ text: String) throws -> String {
        try folder.write(Data(text.utf8), to: name)
        return folder.url(name).path
    }
}

/// FHIR JSON that tests send.
enum Sample {
    static func patient(family: String, id: String? = nil, more: String = "") -> String {
        let id = id.map { #""id":"\#($0)","# } ?? ""
        return #"{"resourceType":"Patient",\#(id)"name":[{"family":"\#(family)"}]\#(more)}"#
    }

    static func observation(subject: String, value: String = "1.0", code: String = "718-7")
        -> String
    {
        """
        {"resourceType":"Observation","status":"final",\
        "code":{"coding":[{"system":"http://loinc.org","code":"\(code)"}]},\
        "subject":{"reference":"\(subject)"},"valueQuantity":{"value":\(value)}}
        """
    }

    /// A Bundle of entries, each one the JSON of its members.
    static func bundle(_ kind: String, _ entries: [String]) -> String {
        let list = entries.map { "{\($0)}" }.joined(separator: ",")
        return #"{"resourceType":"Bundle","type":"\#(kind)","entry":[\#(list)]}"#
    }

    static func entry(
        _ method: String, _ url: String, _ resource: String? = nil, fullUrl: String? = nil,
        more: String = ""
    ) -> String {
        let name = fullUrl.map { #""fullUrl":"\#($0)","# } ?? ""
        let body = resource.map { #""resource":\#($0),"# } ?? ""
        return #"\#(name)\#(body)"request":{"method":"\#(method)","url":"\#(url)"\#(more)}"#
    }

    /// Bytes of which no two places look alike, the same at every call.
    static func bytes(_ count: Int, seed: UInt64 = 7) -> Data {
        var random = SeededGenerator(seed: seed)
        var bytes = [UInt8]()
        bytes.reserveCapacity(count + 8)
        while bytes.count < count {
            let word = random.next()
            for shift in 0..<8 { bytes.append(UInt8(truncatingIfNeeded: word >> (shift * 8))) }
        }
        return Data(bytes.prefix(count))
    }
}

extension HTTPAnswer {
    /// The entries' statuses of a batch-response or transaction-response.
    var entryStatuses: [String] {
        entries.map { ($0["response"] as? [String: Any])?["status"] as? String ?? "none" }
    }

    var entries: [[String: Any]] { object["entry"] as? [[String: Any]] ?? [] }

    /// The resources of a search's answer.
    var resources: [[String: Any]] {
        entries.compactMap { $0["resource"] as? [String: Any] }
    }
}
