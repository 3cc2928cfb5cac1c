import Foundation
import Gateway
import Identity
import LedgerCore
import Logging
import Node
import ServiceLifecycle
import Testing

/// A real node in a folder of its own behind a live socket, with its administrator's wallet.
struct TestServer: Sendable {
    let port: Int
    let node: CairnNode
    let wallet: Wallet
    let clock: @Sendable () -> UInt64
    let logPath: String

    /// Runs `body` against a server, then stops server and node in order and removes the folder.
    static func with(_ body: (TestServer) async throws -> Void) async throws {
        try await withStop { server, _ in try await body(server) }
    }

    /// The same; `body` may begin the graceful shutdown itself.
    static func withStop<Result>(
        _ body: (TestServer, _ stop: @Sendable @escaping () -> Void) async throws -> Result
    ) async throws -> Result {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(
            "gateway-\(UInt64.random(in: 0 ... .max))")
        defer { try? FileManager.default.removeItem(at: folder) }
        let clock: @Sendable () -> UInt64 = { UInt64(Date().timeIntervalSince1970 * 1_000) }
        let directory = DataDirectory(folder.path)
        let node = try CairnNode.open(
            NodeConfiguration(directory: directory, reserveBytes: 1 << 20), clock: clock)
        let wallet = try WalletFile.read(directory.administratorWallet).unlock(passphrase: nil)
        let (ports, found) = AsyncStream<Int>.makeStream()
        let sink = LogSink(path: directory.log + "/cairn.log", echoesToStderr: false)
        let server = GatewayServer(
            node: node, configuration: GatewayConfiguration(port: 0, version: "0"),
            logger: JSONLogHandler.logger("gateway", sink: sink, clock: clock),
            clock: clock, onReady: { found.yield($0) })
        let group = ServiceGroup(
            configuration: .init(services: [server], logger: Logger(label: "test")))
        let (stops, stop) = AsyncStream<Void>.makeStream()
        let result = try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await node.run() }
            tasks.addTask {
                try await group.run()
                node.stop()
            }
            tasks.addTask {
                for await _ in stops { break }
                await group.triggerGracefulShutdown()
            }
            defer { stop.yield() }
            var ready = ports.makeAsyncIterator()
            guard let port = await ready.next() else { throw SocketClosed() }
            let result = try await body(
                TestServer(
                    port: port, node: node, wallet: wallet, clock: clock,
                    logPath: directory.log + "/cairn.log"), { stop.yield() })
            stop.yield()
            try await tasks.waitForAll()
            return result
        }
        try node.close()
        return result
    }

    /// How many blocks the channel has: whether something was written.
    var height: UInt64 {
        get throws { try node.head().header.height }
    }

    // MARK: Requests

    /// How a request is authenticated.
    enum Credential: Sendable {
        case none
        case token(String)
        case wallet(WalletKey)
    }

    var own: Credential { .wallet(wallet.defaultKey) }

    func send(
        _ method: String, _ target: String, as credential: Credential? = nil,
        headers: [(String, String)] = [], body: [UInt8]? = nil
    ) async throws -> TestResponse {
        let head = try head(
            method, target, credential ?? own, headers,
            length: body?.count, digest: body.map { Digest.sha256($0) })
        return try await exchange(head + (body ?? []), isHead: method == "HEAD")
    }

    /// Sends bytes as they are on a connection of their own.
    func exchange(_ bytes: [UInt8], isHead: Bool = false) async throws -> TestResponse {
        try await TestSocket.with(port: port) { socket in
            try socket.write(bytes)
            return try socket.readResponse(isHead: isHead)
        }
    }

    func send(
        _ method: String, _ target: String, as credential: Credential? = nil, json: String,
        headers: [(String, String)] = []
    ) async throws -> TestResponse {
        try await send(
            method, target, as: credential,
            headers: headers + [("content-type", "application/fhir+json")], body: Array(json.utf8))
    }

    /// The bytes of a request's head.
    func head(
        _ method: String, _ target: String, _ credential: Credential,
        _ headers: [(String, String)] = [], length: Int? = nil, digest: Digest? = nil,
        createdSeconds: Int64? = nil
    ) throws -> [UInt8] {
        var fields = [("host", "127.0.0.1:\(port)")] + headers
        if let length { fields.append(("content-length", String(length))) }
        switch credential {
        case .none: break
        case .token(let token): fields.append(("authorization", "Bearer \(token)"))
        case .wallet(let key):
            let mark = target.firstIndex(of: "?")
            let parts = SignedRequestParts(
                method: method, authority: "127.0.0.1:\(port)",
                path: String(target[..<(mark ?? target.endIndex)]),
                query: mark.map { String(target[target.index(after: $0)...]) },
                headers: fields.map { (name: $0.0, value: $0.1) })
            var random = SystemRandomNumberGenerator()
            let added = try RequestSigner.sign(
                parts, contentDigest: (length ?? 0) > 0 ? digest : nil, key: key,
                createdSeconds: createdSeconds ?? Int64(clock() / 1_000),
                nonce: Identifier(using: &random))
            fields += added.map { ($0.name, $0.value) }
        }
        let lines = ["\(method) \(target) HTTP/1.1"] + fields.map { "\($0.0): \($0.1)" }
        return Array((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8)
    }

    func token() async throws -> String {
        let response = try await send("POST", "/api/v1/tokens", body: Array("{}".utf8))
        guard let token = response.json["access_token"] as? String else { throw SocketClosed() }
        return token
    }
}

/// Gives a suite one server for all of its tests: starting a node costs more than they do.
struct SharedServer: SuiteTrait, TestScoping {
    @TaskLocal static var current: TestServer?

    func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
    ) async throws {
        try await TestServer.with { server in
            try await SharedServer.$current.withValue(server) { try await function() }
        }
    }

    static var server: TestServer {
        get throws { try #require(current) }
    }
}

extension Trait where Self == SharedServer {
    static var sharedServer: SharedServer { SharedServer() }
}
