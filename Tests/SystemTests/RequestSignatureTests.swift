import Foundation
import Testing

@Suite("A signed request counts once, and only as it was signed", .serialized)
struct RequestSignatureTests {
    /// Sends a recorded request, alone on its connection.
    private func send(_ message: RawMessage, _ bench: Bench) async throws -> RawMessage {
        var message = message
        message.fields.append(("Connection", "close"))
        let text = try await Socket.exchange(bench.server.url, message.bytes)
        return try #require(RawMessage(Array(text.utf8)), "no answer: \(text)")
    }

    private func expect401(_ answer: RawMessage, _ place: SourceLocation = #_sourceLocation) {
        #expect(answer.start.hasPrefix("HTTP/1.1 401"), sourceLocation: place)
        #expect(answer["www-authenticate"] == #"Bearer realm="cairn""#, sourceLocation: place)
        #expect(
            String(decoding: answer.body, as: UTF8.self).contains("OperationOutcome"),
            sourceLocation: place)
    }

    @Test func replayedReadIsRefused() async throws {
        let bench = try await Bench.start("replay")
        let id = try await bench.create("Patient", Sample.patient(family: "Okafor"))
        let read = try await RequestRecorder.record(["get", "Patient/\(id)"], bench)
        #expect(try await send(read, bench).start.hasPrefix("HTTP/1.1 200"))
        for _ in 0..<3 { expect401(try await send(read, bench)) }
    }

    /// A node that forgot on a crash what it had admitted would take it again.
    @Test func aRestartAdmitsNothingTwice() async throws {
        let bench = try await Bench.start("replay")
        let id = try await bench.create("Patient", Sample.patient(family: "Okafor"))
        let read = try await RequestRecorder.record(["get", "Patient/\(id)"], bench)
        #expect(try await send(read, bench).start.hasPrefix("HTTP/1.1 200"))
        try await bench.server.kill()
        let server = try await RunningServer.start(bench.server.data)
        let next = Bench(folder: bench.folder, server: server, client: try await server.client())
        expect401(try await send(read, next))
        let fresh = try await server.run(["get", "Patient/\(id)"])
        #expect(fresh.exit == 0, "\(fresh)")
    }

    @Test func replayedWriteStoresNothing() async throws {
        let bench = try await Bench.start("replay")
        let file = try bench.file("patient.json", Sample.patient(family: "Okafor", id: "once"))
        let write = try await RequestRecorder.record(["load", file], bench)
        #expect(try await send(write, bench).start.hasPrefix("HTTP/1.1 201"))
        try await bench.unchanged { expect401(try await send(write, bench)) }
        #expect(try await bench.client.count("Patient") == 1)
    }

    /// Each way in which a request may be altered; whole after it is what the signature covers.
    static let alterations = [
        "method", "path", "query", "body", "content-digest", "content-type", "host", "created",
        "key", "signature", "cairn-stamp", "idempotency-key", "no signature",
    ]

    @Test(arguments: alterations)
    func alteredWriteIsRefused(_ what: String) async throws {
        let bench = try await Bench.start("altered")
        // A POST alone carries an idempotency key.
        let id = what == "idempotency-key" ? nil : "one"
        let file = try bench.file("patient.json", Sample.patient(family: "Okafor", id: id))
        let original = try await RequestRecorder.record(["load", file], bench)
        let altered = RequestSignatureTests.alter(original, what)
        let isAltered = altered.bytes != original.bytes
        #expect(isAltered)
        try await bench.unchanged { expect401(try await send(altered, bench)) }
        // The original itself was good. A body is looked at last, when the signature counts as
        // used.
        let status = what == "body" ? "HTTP/1.1 401" : "HTTP/1.1 201"
        #expect(try await send(original, bench).start.hasPrefix(status))
    }

    private static func alter(_ original: RawMessage, _ what: String) -> RawMessage {
        var message = original
        func change(_ name: String, _ change: (String) -> String) {
            for index in message.fields.indices
            where message.fields[index].name.lowercased() == name {
                message.fields[index].value = change(message.fields[index].value)
            }
        }
        switch what {
        case "method": message.start = message.start.replacing("PUT", with: "POST")
        case "path": message.start = message.start.replacing("Patient/one", with: "Patient/two")
        case "query": message.start = message.start.replacing(" HTTP", with: "?_format=json HTTP")
        case "body": message.body = message.body.map { $0 == UInt8(ascii: "O") ? 0x51 : $0 }
        case "content-digest": change(what) { $0.replacing("sha-256=:", with: "sha-256=:AA") }
        case "content-type": change(what) { _ in "application/json" }
        case "host": change(what) { _ in "example.org" }
        case "created":
            change("signature-input") { $0.replacing("created=1", with: "created=2") }
        case "key": change("signature-input") { $0.replacing("keyid=\"", with: "keyid=\"00") }
        case "signature":
            change(what) { $0.replacing("=:", with: "=:A", maxReplacements: 1) }
        case "no signature": message.fields.removeAll { $0.name.lowercased() == "signature" }
        default: change(what) { $0 + "0" }
        }
        return message
    }

    @Test func alteredQueryOfASearchIsRefused() async throws {
        let bench = try await Bench.start("altered")
        let search = try await RequestRecorder.record(["search", "Patient?name=okafor"], bench)
        var altered = search
        altered.start = altered.start.replacing("okafor", with: "byron")
        expect401(try await send(altered, bench))
        #expect(try await send(search, bench).start.hasPrefix("HTTP/1.1 200"))
    }

    /// A token request gives nothing to who replays it.
    @Test func replayedTokenRequestIsRefused() async throws {
        let bench = try await Bench.start("replay")
        let request = try await RequestRecorder.record(["token"], bench)
        #expect(try await send(request, bench).start.hasPrefix("HTTP/1.1 200"))
        #expect(try await send(request, bench).start.hasPrefix("HTTP/1.1 401"))
    }
}
