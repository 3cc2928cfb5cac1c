import Foundation
import Glibc

struct SocketClosed: Error {}

/// What came back.
struct TestResponse: Sendable {
    let status: Int
    /// Names in lower case.
    let headers: [String: String]
    let body: [UInt8]

    var text: String { String(decoding: body, as: UTF8.self) }

    var json: [String: Any] {
        (try? JSONSerialization.jsonObject(with: Data(body)) as? [String: Any]) ?? [:]
    }

    var isOutcome: Bool { json["resourceType"] as? String == "OperationOutcome" }
}

/// A plain blocking socket: tests say exactly what goes over the wire.
final class TestSocket {
    private let descriptor: CInt
    private var buffer: [UInt8] = []

    init(port: Int) throws {
        descriptor = socket(AF_INET, CInt(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        let size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let connected = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, size)
            }
        }
        guard connected == 0 else { throw SocketClosed() }
        var patience = timeval(tv_sec: 30, tv_usec: 0)
        setsockopt(
            descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience,
            socklen_t(MemoryLayout<timeval>.size))
    }

    deinit { close(descriptor) }

    /// Runs `body` with a connection on a thread of its own, so that nothing blocks Swift's pool,
    /// on which the server answers.
    static func with<Result: Sendable>(
        port: Int, _ body: @Sendable @escaping (TestSocket) throws -> Result
    ) async throws -> Result {
        try await withCheckedThrowingContinuation { continuation in
            Thread.detachNewThread {
                continuation.resume(
                    with: Swift.Result { try body(try TestSocket(port: port)) })
            }
        }
    }

    func write(_ bytes: [UInt8]) throws {
        var position = 0
        while position < bytes.count {
            let sent = bytes.withUnsafeBytes { buffer in
                Glibc.send(
                    descriptor, buffer.baseAddress?.advanced(by: position),
                    buffer.count - position, CInt(MSG_NOSIGNAL))
            }
            guard sent > 0 else { throw SocketClosed() }
            position += sent
        }
    }

    func readResponse(isHead: Bool = false) throws -> TestResponse {
        let end = Array("\r\n\r\n".utf8)
        var headEnd: Int?
        while headEnd == nil {
            headEnd = buffer.indices.first { buffer[$0...].starts(with: end) }
            if headEnd == nil { try fill() }
        }
        let start = headEnd ?? 0
        let lines = String(decoding: buffer[..<start], as: UTF8.self).components(
            separatedBy: "\r\n")
        buffer.removeFirst(start + end.count)
        var headers = [String: String]()
        for line in lines.dropFirst() {
            let parts = line.split(separator: ":", maxSplits: 1).map(String.init)
            guard parts.count == 2 else { continue }
            headers[parts[0].lowercased()] = parts[1].trimmingCharacters(in: .whitespaces)
        }
        let status = Int(lines[0].split(separator: " ")[1]) ?? 0
        let length =
            isHead || status == 204 || status == 304
            ? 0 : Int(headers["content-length"] ?? "0") ?? 0
        while buffer.count < length { try fill() }
        let body = Array(buffer[..<length])
        buffer.removeFirst(length)
        return TestResponse(status: status, headers: headers, body: body)
    }

    /// Everything until the server closes, as text.
    func readToEnd() throws -> String {
        while (try? fill()) != nil {}
        return String(decoding: buffer, as: UTF8.self)
    }

    private func fill() throws {
        var piece = [UInt8](repeating: 0, count: 65_536)
        let count = recv(descriptor, &piece, piece.count, 0)
        guard count > 0 else { throw SocketClosed() }
        buffer += piece[..<count]
    }
}
