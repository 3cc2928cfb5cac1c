import Foundation

#if canImport(Glibc)
    import Glibc
#endif

/// A TCP connection to this machine, for what no HTTP library would send. It gives up after a time
/// without a byte.
final class Socket: Sendable {
    struct Failed: Error, CustomStringConvertible {
        let description: String
    }

    private let descriptor: Int32

    init(adopting descriptor: Int32, timeoutSeconds: Int = 20) {
        self.descriptor = descriptor
        var time = timeval(tv_sec: timeoutSeconds, tv_usec: 0)
        for option in [SO_RCVTIMEO, SO_SNDTIMEO] {
            setsockopt(
                descriptor, SOL_SOCKET, option, &time, socklen_t(MemoryLayout<timeval>.size))
        }
    }

    /// Connects to the port of `http://127.0.0.1:PORT`.
    convenience init(to url: String, timeoutSeconds: Int = 20) throws {
        guard let port = url.split(separator: ":").last.flatMap({ UInt16($0) }) else {
            throw Failed(description: "\(url) has no port")
        }
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { throw Failed(description: "no socket: \(errno)") }
        self.init(adopting: descriptor, timeoutSeconds: timeoutSeconds)
        var address = Socket.loopback(port: port)
        let status = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard status == 0 else { throw Failed(description: "\(url): \(errno)") }
    }

    deinit { close(descriptor) }

    static func loopback(port: UInt16) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        return address
    }

    /// Sends all of it; false where the other side has gone or takes no more.
    func write(_ bytes: [UInt8]) -> Bool {
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes {
                send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return false }
            sent += count
        }
        return true
    }

    func write(_ text: String) -> Bool { write(Array(text.utf8)) }

    /// What has come, at least a byte; `nil` at the end or after the time.
    func read() -> [UInt8]? {
        var buffer = [UInt8](repeating: 0, count: 64 * 1024)
        let count = recv(descriptor, &buffer, buffer.count, 0)
        return count > 0 ? Array(buffer.prefix(count)) : nil
    }

    /// Everything up to the end.
    func readAll() -> String {
        var all = [UInt8]()
        while let more = read() { all += more }
        return String(decoding: all, as: UTF8.self)
    }

    /// One message: its head, and a body of `Content-Length`.
    func readMessage() -> RawMessage? {
        var all = [UInt8]()
        while true {
            if let message = RawMessage(all) { return message }
            guard let more = read() else { return nil }
            all += more
        }
    }

    /// Sends bytes on a connection of their own and reads until the server closes.
    static func exchange(_ url: String, _ bytes: [UInt8]) async throws -> String {
        try await offThread {
            let socket = try Socket(to: url)
            _ = socket.write(bytes)
            return socket.readAll()
        }
    }

    static func exchange(_ url: String, _ text: String) async throws -> String {
        try await exchange(url, Array(text.utf8))
    }
}

/// Does what waits on a thread that may wait.
func offThread<Result: Sendable>(
    _ work: @escaping @Sendable () throws -> Result
) async throws -> Result {
    try await withCheckedThrowingContinuation { continuation in
        Thread.detachNewThread { continuation.resume(with: Swift.Result { try work() }) }
    }
}

/// An HTTP/1.1 message as it went over the wire.
struct RawMessage: Sendable {
    var start: String
    var fields: [(name: String, value: String)]
    var body: [UInt8]

    /// `nil` while it is not whole.
    init?(_ bytes: [UInt8]) {
        guard let end = Data(bytes).range(of: Data("\r\n\r\n".utf8)) else { return nil }
        let lines = String(decoding: bytes[..<end.lowerBound], as: UTF8.self)
            .components(separatedBy: "\r\n")
        start = lines[0]
        fields = lines.dropFirst().map { line in
            let parts = line.split(separator: ":", maxSplits: 1)
            let value = parts.count > 1 ? parts[1].trimmingCharacters(in: .whitespaces) : ""
            return (String(parts.first ?? ""), value)
        }
        body = Array(bytes[end.upperBound...])
        guard body.count >= (Int(self["content-length"] ?? "") ?? 0) else { return nil }
    }

    subscript(_ name: String) -> String? {
        fields.first { $0.name.lowercased() == name }?.value
    }

    /// The second word of a request's first line.
    var target: String { String(start.split(separator: " ").dropFirst().first ?? "") }

    var bytes: [UInt8] {
        let lines = [start] + fields.map { "\($0.name): \($0.value)" }
        return Array((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8) + body
    }
}
