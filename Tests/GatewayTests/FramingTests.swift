import Foundation
import Glibc
import Testing

/// What HTTP itself asks for, byte by byte on a socket.
@Suite(.serialized, .sharedServer) struct FramingTests {
    private func exchange(_ text: String) async throws -> TestResponse {
        let server = try SharedServer.server
        return try await TestSocket.with(port: server.port) { socket in
            try socket.write(Array(text.utf8))
            return try socket.readResponse()
        }
    }

    /// A POST to /fhir/Binary as far as the end of its head.
    private func head(_ lines: String...) async throws -> String {
        let token = try await SharedServer.server.token()
        let fixed = [
            "POST /fhir/Binary HTTP/1.1", "Host: localhost", "Authorization: Bearer \(token)",
            "Content-Type: image/png",
        ]
        return (fixed + lines).joined(separator: "\r\n") + "\r\n\r\n"
    }

    @Test func aClientThatAsksFirstIsInvited() async throws {
        let server = try SharedServer.server
        let head = try await head("Content-Length: 5", "Expect: 100-continue")
        let (first, second) = try await TestSocket.with(port: server.port) { socket in
            try socket.write(Array(head.utf8))
            let first = try socket.readResponse()
            try socket.write(Array("hello".utf8))
            return (first, try socket.readResponse())
        }
        #expect(first.status == 100)
        #expect(second.status == 201)
    }

    @Test func aClientThatAsksFirstIsRefusedWithoutItsBody() async throws {
        let answer = try await exchange(
            "POST /fhir/Binary HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n"
                + "Expect: 100-continue\r\n\r\n")
        #expect(answer.status == 401)
    }

    @Test(arguments: ["", "Host: \r\n", "Host: a\r\nHost: b\r\n", "Host: a\"\\x<b>\r\n"])
    func aRequestNamesOneHost(lines: String) async throws {
        for path in ["/fhir/metadata", "/fhir/Patient", "/nowhere"] {
            let answer = try await exchange("GET \(path) HTTP/1.1\r\n\(lines)\r\n")
            #expect(answer.status == 400, "\(path)")
        }
        let healthy = lines.contains("Host: a") ? 400 : 200
        #expect(try await exchange("GET /livez HTTP/1.1\r\n\(lines)\r\n").status == healthy)
    }

    @Test(arguments: ["zz\r\nhello\r\n0\r\n\r\n", "2\r\nhello\r\n0\r\n\r\n"])
    func aWronglyFramedBodyIsTheClientsFault(body: String) async throws {
        let height = try SharedServer.server.height
        let answer = try await exchange(try await head("Transfer-Encoding: chunked") + body)
        #expect(answer.status == 400 && answer.isOutcome, "\(answer.text)")
        #expect(try SharedServer.server.height == height)
    }

    @Test func whatIsNoRequestIsToldInWords() async throws {
        let fields = (0..<150).map { "X-\($0): 1\r\n" }.joined()
        for text in [
            "BREW /x HTTP/1.1\r\nHost: localhost\r\n\r\n",
            "GET /livez HTTP/1.1\r\nHost: localhost\r\n\(fields)\r\n",
            "nonsense\r\n\r\n",
        ] {
            let answer = try await exchange(text)
            #expect(answer.status == 400 && answer.isOutcome, "\(text.prefix(10))")
            #expect(answer.headers["connection"] == "close")
        }
    }

    /// More connections than there are places, all silent: others are served all the same.
    @Test func silentConnectionsGiveWay() async throws {
        let server = try SharedServer.server
        let port = server.port
        var files = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &files)
        files.rlim_cur = files.rlim_max
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &files)
        let silent = try (0..<1_100).map { _ in try TestSocket(port: port) }
        #expect(try await server.send("GET", "/livez").status == 200)
        let partial = try await TestSocket.with(port: port) { socket in
            try socket.write(Array("GET /livez HTTP/1.1\r\nHost: lo".utf8))
            try socket.write(Array("calhost\r\n\r\n".utf8))
            return try socket.readResponse().status
        }
        #expect(partial == 200)
        withExtendedLifetime(silent) {}
    }
}
