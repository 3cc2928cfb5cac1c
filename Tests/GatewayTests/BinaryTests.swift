import Foundation
import LedgerCore
import Testing

/// Files over a live socket.
@Suite(.serialized, .sharedServer) struct BinaryTests {
    private static let pdf = [("content-type", "application/pdf")]

    @Test func aFileComesBackWholeAndInRanges() async throws {
        let server = try SharedServer.server
        let bytes = (0..<3_000_001).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 3) }
        let created = try await server.send(
            "POST", "/fhir/Binary", headers: Self.pdf, body: bytes)
        #expect(created.status == 201)
        let location = try #require(created.headers["location"])
        let path = String(location.dropLast("/_history/1".count))
        let whole = try await server.send("GET", path)
        #expect(whole.body == bytes)
        #expect(whole.headers["content-type"] == "application/pdf")
        #expect(whole.headers["content-disposition"] == "attachment")
        #expect(whole.headers["accept-ranges"] == "bytes")
        for (asked, range) in [
            ("bytes=0-0", 0..<1), ("bytes=65535-65536", 65_535..<65_537),
            ("bytes=2999999-", 2_999_999..<3_000_001), ("bytes=-5", 2_999_996..<3_000_001),
            ("bytes=1048570-9223372036854775807", 1_048_570..<3_000_001),
            ("BYTES=2999990-99999999999999999999999", 2_999_990..<3_000_001),
        ] {
            let part = try await server.send("GET", path, headers: [("range", asked)])
            #expect(part.status == 206)
            #expect(part.body == Array(bytes[range]))
            #expect(
                part.headers["content-range"]
                    == "bytes \(range.lowerBound)-\(range.upperBound - 1)/3000001")
        }
        for start in ["3000001", "99999999999999999999999"] {
            let range = [("range", "bytes=\(start)-")]
            let beyond = try await server.send("GET", path, headers: range)
            #expect(beyond.status == 416)
            #expect(beyond.headers["content-range"] == "bytes */3000001")
        }
        #expect(try await server.send("GET", location).body == bytes)
        let stale = try await server.send(
            "GET", path, headers: [("range", "bytes=0-0"), ("if-range", "W/\"9\"")])
        #expect(stale.status == 200)
        let resource = try await server.send(
            "GET", path, headers: [("accept", "application/fhir+json")])
        #expect(resource.json["contentType"] as? String == "application/pdf")
        let data = (resource.json["data"] as? String).flatMap { Data(base64Encoded: $0) }
        #expect(data.map { [UInt8]($0) } == bytes)
        let head = try await server.send("HEAD", path)
        #expect(head.headers["content-length"] == "3000001")
        #expect(head.body.isEmpty)
    }

    @Test func aBinaryResourceServesItsData() async throws {
        let server = try SharedServer.server
        let json =
            "{\"resourceType\":\"Binary\",\"contentType\":\"text/plain\",\"data\":\"aGVq\"}"
        let created = try await server.send("POST", "/fhir/Binary", json: json)
        #expect(created.status == 201)
        let id = try #require(created.json["id"] as? String)
        let data = try await server.send("GET", "/fhir/Binary/\(id)")
        #expect(data.text == "hej")
        #expect(data.headers["content-type"] == "text/plain")
        let part = try await server.send(
            "GET", "/fhir/Binary/\(id)", headers: [("range", "bytes=1-2")])
        #expect(part.status == 206 && part.text == "ej")
        #expect(part.headers["content-range"] == "bytes 1-2/3")
        let resource = try await server.send(
            "GET", "/fhir/Binary/\(id)", headers: [("accept", "application/fhir+json")])
        #expect(resource.json["data"] as? String == "aGVq")
    }

    @Test func aKeyUsedForOtherBytesIsRefused() async throws {
        let server = try SharedServer.server
        let key = ("idempotency-key", "upload-\(UInt64.random(in: 0 ... .max))")
        let bytes = (0..<200_000).map { UInt8(truncatingIfNeeded: $0 &* 7 >> 2) }
        func send(_ bytes: [UInt8], _ type: String = "image/png") async throws -> TestResponse {
            try await server.send(
                "POST", "/fhir/Binary", headers: [("content-type", type), key], body: bytes)
        }
        let first = try await send(bytes)
        #expect(first.status == 201)
        let height = try server.height
        let again = try await send(bytes)
        #expect(again.status == 201 && again.headers["location"] == first.headers["location"])
        var last = bytes
        last[199_999] ^= 1
        for other in [last, Array(bytes.dropLast()), bytes + [0], []] {
            let answer = try await send(other)
            #expect(answer.status == 422 && answer.isOutcome)
        }
        #expect(try await send(bytes, "image/gif").status == 422)
        #expect(try server.height == height)
    }

    @Test func aFileUnderTheClientsIDHasVersions() async throws {
        let server = try SharedServer.server
        for (text, status) in [("one", 201), ("two", 200)] {
            let answer = try await server.send(
                "PUT", "/fhir/Binary/scan-1", headers: Self.pdf, body: Array(text.utf8))
            #expect(answer.status == status)
        }
        #expect(try await server.send("GET", "/fhir/Binary/scan-1").text == "two")
        #expect(try await server.send("GET", "/fhir/Binary/scan-1/_history/1").text == "one")
        let empty = try await server.send(
            "PUT", "/fhir/Binary/scan-2", headers: Self.pdf, body: [])
        #expect(empty.status == 201)
        #expect(try await server.send("GET", "/fhir/Binary/scan-2").body.isEmpty)
    }

    @Test(arguments: [false, true])
    func anUploadThatBreaksOffStoresNothing(chunked: Bool) async throws {
        let server = try SharedServer.server
        let height = try server.height
        let token = try await server.token()
        var head = String(
            decoding: try server.head(
                "POST", "/fhir/Binary", .token(token), Self.pdf, length: chunked ? nil : 1_000_000),
            as: UTF8.self)
        if chunked {
            head.removeLast()
            head += "transfer-encoding: chunked\r\n\r\n186A0\r\n"
        }
        let bytes = Array(head.utf8) + [UInt8](repeating: 7, count: 100_000)
        try await TestSocket.with(port: server.port) { try $0.write(bytes) }
        try await Task.sleep(for: .milliseconds(300))
        #expect(try server.height == height)
        #expect(try await server.send("GET", "/livez").status == 200)
    }
}
