import Foundation
import Testing

@Suite("Large, slow and strange requests take little, and nobody else's time", .serialized)
struct RequestSizeTests {
    private static let mebibyte = [UInt8](repeating: UInt8(ascii: " "), count: 1 << 20)

    /// Sends a head, then pieces of body until the server has had enough, and gives its answer.
    private func pour(
        _ bench: Bench, head: String, pieces: Int, _ piece: [UInt8]
    ) async throws -> String {
        let url = bench.server.url
        return try await offThread {
            let socket = try Socket(to: url)
            guard socket.write(head) else { return socket.readAll() }
            for _ in 0..<pieces {
                guard socket.write(piece) else { break }
            }
            return socket.readMessage().map {
                "\($0.start)\n\(String(decoding: $0.body, as: UTF8.self))"
            }
                ?? "no answer"
        }
    }

    private func head(_ bench: Bench, _ more: String...) async throws -> String {
        let token = try #require(bench.client.token)
        let lines =
            [
                "POST /fhir/Patient HTTP/1.1", "Host: 127.0.0.1", "Authorization: Bearer \(token)",
                "Content-Type: application/fhir+json",
            ] + more
        return lines.joined(separator: "\r\n") + "\r\n\r\n"
    }

    @Test func hugeBodyOfKnownLengthIsRefused() async throws {
        let bench = try await Bench.start("huge")
        try await bench.unchanged {
            let head = try await head(bench, "Content-Length: \(200 << 20)")
            let answer = try await pour(bench, head: head, pieces: 200, RequestSizeTests.mebibyte)
            #expect(answer.hasPrefix("HTTP/1.1 413"), "\(answer)")
            #expect(answer.contains("OperationOutcome") && answer.contains("32 MiB"), "\(answer)")
        }
    }

    @Test func hugeBodyInChunksIsRefused() async throws {
        let bench = try await Bench.start("huge")
        try await bench.unchanged {
            let head = try await head(bench, "Transfer-Encoding: chunked")
            let piece = Array("100000\r\n".utf8) + RequestSizeTests.mebibyte + Array("\r\n".utf8)
            let answer = try await pour(bench, head: head, pieces: 200, piece)
            #expect(answer.hasPrefix("HTTP/1.1 413"), "\(answer)")
            #expect(answer.contains("OperationOutcome") && answer.contains("32 MiB"), "\(answer)")
        }
    }

    /// The largest bodies that are allowed, ten at once: each is answered, the memory stays small.
    @Test func tenLargeBodiesAtOnceStayInBounds() async throws {
        let bench = try await Bench.start("large")
        let start = #"{"resourceType":"Patient","name":[{"family":"x"#
        let end = #""}],"nickname":1}"#
        let fill = (32 << 20) - start.utf8.count - end.utf8.count
        let body = Data((start + String(repeating: "x", count: fill) + end).utf8)
        try await bench.unchanged {
            let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<10 {
                    group.addTask {
                        try await bench.client.send(
                            "POST", "/fhir/Patient", body, timeoutSeconds: 120
                        ).status
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            // Those that found no room in time are told to come back.
            #expect(statuses.allSatisfy { [400, 413, 422, 429, 503].contains($0) }, "\(statuses)")
            #expect(statuses.contains { $0 == 400 || $0 == 422 }, "\(statuses)")
        }
    }

    /// More files at once than there is memory for their packs: all are stored, one after another
    /// where need be.
    @Test func manyFilesAtOnceStayInBounds() async throws {
        let bench = try await Bench.start("files")
        let body = Sample.bytes(12 << 20)
        let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<40 {
                group.addTask {
                    try await bench.client.send(
                        "POST", "/fhir/Binary", body, type: "image/tiff", timeoutSeconds: 120
                    ).status
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(statuses.allSatisfy { $0 == 201 }, "\(statuses)")
        #expect(try bench.peakMemoryBytes() < Bench.memoryBytesMax)
    }

    /// The most numerous JSON nodes that fit into a body.
    @Test func bodyOfManyValuesStaysInBounds() async throws {
        let bench = try await Bench.start("large")
        let body = Data(
            (#"{"resourceType":"Patient","name":["# + String(repeating: "1,", count: 16_000_000)
                + "1]}").utf8)
        try await bench.unchanged {
            let answer = try await bench.client.send(
                "POST", "/fhir/Patient", body, timeoutSeconds: 120)
            #expect((400..<500).contains(answer.status), "\(answer)")
        }
    }

    @Test func headerBombsAreRefused() async throws {
        let bench = try await Bench.start("headers")
        let start = "GET /fhir/metadata HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
        try await bench.unchanged {
            let many = (0..<20_000).map { "X-\($0): y\r\n" }.joined()
            let long = "X: " + String(repeating: "y", count: 1 << 20) + "\r\n"
            let target = String(repeating: "y", count: 200_000)
            for bomb in [
                start + many + "\r\n", start + long + "\r\n",
                "GET /fhir/Patient?name=\(target) HTTP/1.1\r\nHost: x\r\n\r\n",
            ] {
                let answer = try await Socket.exchange(bench.server.url, bomb)
                let status = answer.split(separator: " ").dropFirst().first ?? ""
                #expect(["400", "401", "414", "431"].contains(status), "\(answer.prefix(300))")
            }
        }
    }

    @Test func slowClientsBlockNobody() async throws {
        let bench = try await Bench.start("slow")
        let head = try await head(bench, "Content-Length: 100000")
        let sockets = try (0..<40).map { _ in try Socket(to: bench.server.url) }
        try await bench.unchanged {
            for (index, socket) in sockets.enumerated() {
                // Half of them send a head drop by drop, the others a body.
                #expect(socket.write(index.isMultiple(of: 2) ? "GET /fhir" : head))
            }
            for _ in 0..<3 {
                for socket in sockets { _ = socket.write(" ") }
                let started = ContinuousClock.now
                for _ in 0..<20 { #expect(try await bench.client.count("Patient") == 0) }
                #expect(ContinuousClock.now - started < .seconds(30))
                try await Task.sleep(for: .seconds(1))
            }
        }
    }

    static let garbage = [
        "\u{0}\u{1}\u{2}\u{3}\r\n\r\n", "GET\r\n\r\n", "GET / HTTP/9.9\r\n\r\n",
        "\u{16}\u{3}\u{1}\u{2}\u{0}\u{1}\u{0}\u{1}", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        "POST /fhir HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
        "POST /fhir HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        "POST /fhir HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999\r\n\r\n",
        "POST /fhir HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n",
        "GET /fhir/metadata HTTP/1.1\r\n Host: x\r\n\r\n",
    ]

    /// After a good request, garbage on the same connection: the good one is answered, the garbage
    /// is not taken for a request that succeeds.
    @Test func garbageBehindARequestIsNoRequest() async throws {
        let bench = try await Bench.start("garbage")
        let good = "GET /livez HTTP/1.1\r\nHost: x\r\n\r\n"
        try await bench.unchanged {
            for text in RequestSizeTests.garbage {
                let answer = try await offThread {
                    let socket = try Socket(to: bench.server.url, timeoutSeconds: 2)
                    _ = socket.write(good + text)
                    return socket.readAll()
                }
                let count = answer.components(separatedBy: "HTTP/1.1 200").count - 1
                #expect(count == 1, "\(text.debugDescription): \(answer)")
            }
        }
    }

    /// Two bodies' borders that proxies and servers could read differently.
    @Test func smugglingIsRefused() async throws {
        let bench = try await Bench.start("garbage")
        let both =
            "POST /fhir/Patient HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n"
            + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /livez HTTP/1.1\r\nHost: x\r\n\r\n"
        try await bench.unchanged {
            let answer = try await offThread {
                let socket = try Socket(to: bench.server.url, timeoutSeconds: 2)
                _ = socket.write(both)
                return socket.readAll()
            }
            #expect(answer.hasPrefix("HTTP/1.1 4"), "\(answer)")
            #expect(!answer.contains("HTTP/1.1 200"), "\(answer)")
        }
    }
}
