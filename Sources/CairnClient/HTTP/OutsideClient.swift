import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import NIOPosix

/// Posts to services outside of the network: witnesses and timestamp authorities. It follows no
/// redirection, sends no credentials, and gives whatever answer comes.
///
/// Whoever makes one calls ``shutdown()``.
package struct OutsideClient: Sendable {
    private let http: HTTPClient

    private static let connectTimeout = TimeAmount.seconds(5)
    /// From the request to the answer's end: these services answer within a second.
    private static let deadline = TimeAmount.seconds(10)

    package init() {
        var configuration = HTTPClient.Configuration(
            redirectConfiguration: .disallow,
            timeout: .init(connect: OutsideClient.connectTimeout))
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.httpVersion = .http1Only
        http = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }

    /// Closes all connections.
    package func shutdown() async { try? await http.shutdown() }

    /// Sends a body and reads the answer.
    ///
    /// - Throws: errors of the connection, and where the answer is larger than `limitBytes`.
    package func post(
        _ url: String, mediaType: String, _ body: [UInt8], limitBytes: Int
    ) async throws -> (status: Int, body: [UInt8]) {
        var request = HTTPClientRequest(url: url)
        request.method = .POST
        request.headers.add(name: "user-agent", value: "cairn")
        request.headers.add(name: "content-type", value: mediaType)
        request.body = .bytes(ByteBuffer(bytes: body))
        let response = try await http.execute(
            request, deadline: .now() + OutsideClient.deadline)
        let answer = try await response.body.collect(upTo: limitBytes)
        return (Int(response.status.code), [UInt8](buffer: answer))
    }
}
