import Foundation
import Synchronization

#if canImport(Glibc)
    import Glibc
#endif

/// Stands between a command and its server, and keeps the signed request instead of passing it on,
/// so that tests have one that is valid and was never used. Discovery is let through.
final class RequestRecorder: Sendable {
    private let listener: Int32
    private let server: String
    private let recorded = Mutex<[RawMessage]>([])
    let url: String

    private init(_ server: String) throws {
        self.server = server
        listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = Socket.loopback(port: 0)
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let listener = listener
        let status = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, size) | listen(listener, 8) | getsockname(listener, $0, &size)
            }
        }
        guard listener >= 0, status == 0 else {
            throw Socket.Failed(description: "cannot listen: \(errno)")
        }
        url = "http://127.0.0.1:\(UInt16(bigEndian: address.sin_port))"
    }

    deinit { close(listener) }

    /// Runs a command as the bench's administrator and gives the signed request it would have sent.
    static func record(_ arguments: [String], _ bench: Bench) async throws -> RawMessage {
        let recorder = try RequestRecorder(bench.server.url)
        Thread.detachNewThread { recorder.serve() }
        _ = try await CairnBinary.run(
            arguments,
            environment: ["CAIRN_SERVER": recorder.url, "CAIRN_WALLET": bench.server.wallet])
        shutdown(recorder.listener, Int32(SHUT_RDWR))
        guard let message = recorder.recorded.withLock({ $0.first }) else {
            throw Socket.Failed(description: "\(arguments) sent no signed request")
        }
        return message
    }

    /// Takes connections until the listener is shut down.
    private func serve() {
        while true {
            let descriptor = accept(listener, nil, nil)
            guard descriptor >= 0 else { return }
            let client = Socket(adopting: descriptor)
            while var message = client.readMessage() {
                guard message.target == "/.well-known/cairn" else {
                    recorded.withLock { $0.append(message) }
                    _ = client.write(
                        "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
                    )
                    break
                }
                message.fields.append(("Connection", "close"))
                guard let upstream = try? Socket(to: server), upstream.write(message.bytes) else {
                    break
                }
                _ = client.write(upstream.readAll())
                break
            }
        }
    }
}
