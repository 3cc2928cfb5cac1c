import Foundation
import Testing

@Suite("Files go through whole, and never stand in memory", .serialized)
struct RequestBinaryTests {
    @Test func smallFilesComeBackByteForByte() async throws {
        let bench = try await Bench.start("binary")
        for size in [0, 1, 65_535, 65_536, 65_537, 1_000_000] {
            let file = Sample.bytes(size)
            let made = try await bench.client.send(
                "POST", "/fhir/Binary", file, type: "image/png")
            #expect(made.status == 201, "\(size): \(made)")
            let path = try #require(made.headers["location"]).replacing("/_history/1", with: "")
            let read = try await bench.client.get(path, headers: ["Accept": "*/*"])
            #expect(read.status == 200 && read.body == file, "\(size)")
            #expect(read.headers["content-type"] == "image/png")
        }
    }

    @Test func rangesComeAlone() async throws {
        let bench = try await Bench.start("binary")
        let file = Sample.bytes(300_000)
        let made = try await bench.client.send("POST", "/fhir/Binary", file, type: "image/png")
        let path = try #require(made.headers["location"]).replacing("/_history/1", with: "")
        func range(_ range: String) async throws -> HTTPAnswer {
            try await bench.client.get(path, headers: ["Accept": "*/*", "Range": range])
        }
        for (text, bytes) in [
            ("bytes=0-0", 0..<1), ("bytes=65530-65545", 65_530..<65_546),
            ("bytes=299999-", 299_999..<300_000), ("bytes=-10", 299_990..<300_000),
            ("bytes=100-400000", 100..<300_000), ("bytes=-400000", 0..<300_000),
        ] {
            let part = try await range(text)
            #expect(part.status == 206, "\(text): \(part.status)")
            #expect(part.body == file.subdata(in: bytes), "\(text)")
            #expect(
                part.headers["content-range"]
                    == "bytes \(bytes.lowerBound)-\(bytes.upperBound - 1)/300000")
        }
        for text in ["bytes=300000-", "bytes=400000-400001", "bytes=-0"] {
            let part = try await range(text)
            #expect(part.status == 416, "\(text): \(part)")
            #expect(part.headers["content-range"] == "bytes */300000", "\(text)")
        }
        // What is no range of bytes asks for everything (RFC 9110 section 14.2).
        for text in ["bytes=9-1", "pages=1-2", "bytes=x"] {
            #expect([200, 400, 416].contains(try await range(text).status), "\(text)")
        }
    }

    /// 120 MB up and down again, twice at once.
    @Test func largeFilesStream() async throws {
        let bench = try await Bench.start("binary")
        let piece = [UInt8](Sample.bytes(1 << 20))
        let pieces = 120
        let token = try #require(bench.client.token)
        let url = bench.server.url
        _ = try await atOnce(2) { _ in
            try await offThread {
                let place = try RequestBinaryTests.upload(url, token, piece, pieces)
                try RequestBinaryTests.download(url, token, place, piece, pieces)
            }
        }
        #expect(try bench.peakMemoryBytes() < Bench.memoryBytesMax)
    }

    /// A POST of the same piece many times; gives the new Binary's path.
    private static func upload(
        _ url: String, _ token: String, _ piece: [UInt8], _ pieces: Int
    ) throws -> String {
        let socket = try Socket(to: url, timeoutSeconds: 120)
        let head =
            "POST /fhir/Binary HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \(token)\r\n"
            + "Content-Type: application/dicom\r\nContent-Length: \(piece.count * pieces)\r\n\r\n"
        guard socket.write(head) else { throw Socket.Failed(description: "no connection") }
        for _ in 0..<pieces {
            guard socket.write(piece) else { throw Socket.Failed(description: "broke off") }
        }
        guard let answer = socket.readMessage(), answer.start.hasPrefix("HTTP/1.1 201"),
            let place = answer["location"]
        else { throw Socket.Failed(description: "not stored") }
        return place.replacing("/_history/1", with: "")
    }

    /// Reads it back and compares as it comes.
    private static func download(
        _ url: String, _ token: String, _ path: String, _ piece: [UInt8], _ pieces: Int
    ) throws {
        let socket = try Socket(to: url, timeoutSeconds: 120)
        _ = socket.write(
            "GET \(path) HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \(token)\r\n"
                + "Accept: */*\r\nConnection: close\r\n\r\n")
        var pending = [UInt8]()
        var isInBody = false
        var compared = 0
        while let more = socket.read() {
            pending += more
            if !isInBody, let end = Data(pending).range(of: Data("\r\n\r\n".utf8)) {
                isInBody = true
                pending.removeFirst(end.upperBound)
            }
            while isInBody, pending.count >= piece.count {
                guard pending.starts(with: piece) else {
                    throw Socket.Failed(description: "piece \(compared) is another")
                }
                pending.removeFirst(piece.count)
                compared += 1
            }
        }
        guard compared == pieces, pending.isEmpty else {
            throw Socket.Failed(description: "\(compared) pieces and \(pending.count) bytes")
        }
    }

    /// An upload that breaks off leaves nothing to be found.
    @Test func brokenUploadsStoreNothing() async throws {
        let bench = try await Bench.start("binary")
        let token = try #require(bench.client.token)
        let url = bench.server.url
        try await bench.unchanged {
            for ending in ["Content-Length: 1000000", "Transfer-Encoding: chunked"] {
                try await offThread {
                    let socket = try Socket(to: url)
                    _ = socket.write(
                        "POST /fhir/Binary HTTP/1.1\r\nHost: x\r\n"
                            + "Authorization: Bearer \(token)\r\n"
                            + "Content-Type: image/png\r\n\(ending)\r\n\r\n")
                    _ = socket.write("8000\r\n" + String(repeating: "x", count: 0x8000))
                }
            }
            try await Task.sleep(for: .milliseconds(300))
        }
    }

    @Test func versionsOfAFileStay() async throws {
        let bench = try await Bench.start("binary")
        for version in 1...3 {
            let answer = try await bench.client.send(
                "PUT", "/fhir/Binary/scan", Sample.bytes(1_000 * version), type: "image/png")
            #expect(answer.status == (version == 1 ? 201 : 200), "\(answer)")
            #expect(answer.headers["etag"] == "W/\"\(version)\"")
        }
        let first = try await bench.client.get(
            "/fhir/Binary/scan/_history/1", headers: ["Accept": "*/*"])
        #expect(first.body == Sample.bytes(1_000))
        #expect(try await bench.client.send("DELETE", "/fhir/Binary/scan").status == 204)
        try await bench.refused(410, "GET", "/fhir/Binary/scan", headers: ["Accept": "*/*"])
    }
}
