import Foundation
import Testing

/// What a hostile client sends.
@Suite(.serialized, .sharedServer) struct HostileInputTests {
    /// The answer comes though not a byte of the body was sent.
    @Test func aHugeBodyIsRefusedBeforeItIsRead() async throws {
        let server = try SharedServer.server
        let token = try await server.token()
        let head = try server.head(
            "POST", "/fhir/Patient", .token(token), [("content-type", "application/fhir+json")],
            length: 200 << 20)
        let answer = try await server.exchange(head)
        #expect(answer.status == 413)
        #expect(answer.isOutcome)
        #expect(answer.headers["connection"] == "close")
    }

    @Test func aHugeBodyOfUnknownLengthIsRefusedWhileItIsRead() async throws {
        let server = try SharedServer.server
        let token = try await server.token()
        var head = String(
            decoding: try server.head(
                "POST", "/fhir/Patient", .token(token),
                [("content-type", "application/fhir+json")]), as: UTF8.self)
        head.removeLast()
        head += "transfer-encoding: chunked\r\n\r\n"
        let start = Array(head.utf8)
        let answer = try await TestSocket.with(port: server.port) { socket in
            try socket.write(start)
            let chunk =
                Array("100000\r\n".utf8) + [UInt8](repeating: 0x20, count: 1 << 20)
                + Array("\r\n".utf8)
            // The server stops reading early on, and some seconds later it closes.
            for _ in 0..<40 where (try? socket.write(chunk)) == nil { break }
            return try socket.readResponse()
        }
        #expect(answer.status == 413)
    }

    @Test func deepNestingIsRefused() async throws {
        let server = try SharedServer.server
        let depth = 100_000
        let json =
            "{\"resourceType\":\"Patient\",\"extension\":"
            + String(repeating: "[", count: depth) + String(repeating: "]", count: depth) + "}"
        let answer = try await server.send("POST", "/fhir/Patient", json: json)
        #expect(answer.status == 400)
        #expect(answer.isOutcome)
    }

    @Test func hugeHeadersAndURLsAreRefused() async throws {
        let server = try SharedServer.server
        let token = try await server.token()
        let long = try await server.send(
            "GET", "/fhir/Patient?name=" + String(repeating: "a", count: 20_000), as: .token(token))
        #expect(long.status == 400)
        let wide = Array(
            "GET /livez HTTP/1.1\r\nhost: x\r\nx: \(String(repeating: "a", count: 200_000))\r\n\r\n"
                .utf8)
        let answer = try? await server.exchange(wide)
        #expect(answer.map { $0.status >= 400 } ?? true)
        #expect(try await server.send("GET", "/livez").status == 200)
    }

    @Test func anotherPersonsStampIsRefused() async throws {
        let server = try SharedServer.server
        let answer = try await server.send(
            "POST", "/fhir/Patient", json: "{\"resourceType\":\"Patient\"}",
            headers: [("cairn-stamp", "AAAA")])
        #expect(answer.status == 400)
    }
}
