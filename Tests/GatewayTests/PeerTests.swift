import AsyncHTTPClient
import CairnClient
import Crypto
import Foundation
import Gateway
import LedgerCore
import Logging
import NIOCore
import NIOSSL
import Node
import ServiceLifecycle
import Testing

@testable import Identity

import struct LedgerCore.Digest

/// The listener for other members' nodes, over real TLS. The founding node plays its own peer: its
/// key is on the ledger.
@Suite("Peers", .timeLimit(.minutes(5)))
struct PeerTests {
    struct Door: Sendable {
        let node: CairnNode
        let port: Int

        /// Asks, and compares the refusal's code, or `bytes` for an answer.
        func expect(
            _ code: String, _ target: String, _ keys: NodeKeys, now: Date = Date(),
            body: [UInt8]? = nil
        ) async throws {
            let got = try await ask(target, keys: keys, now: now, body: body)
            #expect(got == code || code == "bytes" && got.hasSuffix(" bytes"), "\(target)")
        }

        /// Asks with a certificate; what was answered, or the refusal's code.
        func ask(
            _ target: String, keys: NodeKeys, now: Date = Date(), body: [UInt8]? = nil
        ) async throws -> String {
            let certificate = try NodeCertificate(
                keys: keys, authority: try PeerTests.authority(node, keys),
                node: node.identity.node, hosts: ["127.0.0.1"], now: now)
            let client = try PeerClient(
                server: try #require(ServerAddress("https://127.0.0.1:\(port)")),
                certificate: certificate, check: { _ in })
            let answer: String
            do throws(PeerError) {
                if let body {
                    answer = "\(try await client.post(target, body).count) bytes"
                } else {
                    answer = "\(try await client.get(target).count) bytes"
                }
            } catch {
                if case .refused(_, let said) = error {
                    answer = said.code
                } else {
                    answer = "\(error)"
                }
            }
            await client.shutdown()
            return answer
        }
    }

    /// The node's own authority where the key is its; else one of the same name.
    static func authority(_ node: CairnNode, _ keys: NodeKeys) throws -> [UInt8] {
        if keys.authority.rawRepresentation == node.identity.keys.authority.rawRepresentation {
            return node.identity.authority
        }
        return try CertificateAuthority.create(
            memberName: "Founding member", key: keys.authority, now: Date(timeIntervalSinceNow: -60)
        ).certificate.der
    }

    static func keys(
        _ node: CairnNode, transport: P256.Signing.PrivateKey? = nil,
        authority: P256.Signing.PrivateKey? = nil
    ) -> NodeKeys {
        let own = node.identity.keys
        return NodeKeys(
            stamp: own.stamp, checkpoint: own.checkpoint, transport: transport ?? own.transport,
            token: own.token, sealing: own.sealing, storageRoot: own.storageRoot, claim: own.claim,
            authority: authority ?? own.authority)
    }

    static func with(_ body: (Door) async throws -> Void) async throws {
        try await TestServer.with { server in
            let certificate = try NodeCertificate(
                keys: server.node.identity.keys, authority: server.node.identity.authority,
                node: server.node.identity.node, hosts: ["127.0.0.1"], now: Date())
            let (ports, found) = AsyncStream<Int>.makeStream()
            let door = PeerServer(
                node: server.node, host: "127.0.0.1", port: 0, certificate: certificate,
                logger: Logger(label: "peers"), clock: server.clock,
                onReady: { found.yield($0) })
            let group = ServiceGroup(
                configuration: .init(services: [door], logger: Logger(label: "test")))
            async let running: Void = group.run()
            var ready = ports.makeAsyncIterator()
            let port = try #require(await ready.next())
            do {
                try await body(Door(node: server.node, port: port))
            } catch {
                await group.triggerGracefulShutdown()
                throw error
            }
            await group.triggerGracefulShutdown()
            try await running
        }
    }

    @Test func onlyAKeyOnTheLedgerUnderItsMembersAuthorityGetsIn() async throws {
        try await PeerTests.with { door in
            let target = "/peer/v1/checkpoint"
            let own = PeerTests.keys(door.node)
            try await door.expect("bytes", target, own)
            // The authority is known, the key is not.
            let other = PeerTests.keys(door.node, transport: .init())
            try await door.expect("peer-key-not-on-ledger", target, other)
            // The key is known, the authority is not.
            let forged = PeerTests.keys(door.node, authority: .init())
            try await door.expect("peer-certificate-untrusted", target, forged)
            let old = Date(timeIntervalSinceNow: -100 * 86_400)
            try await door.expect("peer-certificate-expired", target, own, now: old)
            let coming = Date(timeIntervalSinceNow: 3_600)
            try await door.expect("peer-certificate-not-yet-valid", target, own, now: coming)
            try await door.expect("peer-key-not-on-ledger", "/peer/v1/blocks?from=0", other)
            try await door.expect(
                "peer-key-not-on-ledger", "/peer/v1/submissions", other, body: [1, 2, 3])
            // A stranger may see which network this is, and knock.
            try await door.expect("bytes", "/peer/v1/genesis", other)
        }
    }

    @Test func whatPeersSendIsReadStrictly() async throws {
        try await PeerTests.with { door in
            let own = PeerTests.keys(door.node)
            let tries: [(String, [UInt8]?, String)] = [
                ("/peer/v1/submissions", [1, 2, 3], "bad-request"),
                ("/peer/v1/submissions", [], "bad-request"),
                ("/peer/v1/cosignatures", Array("no note".utf8), "bad-request"),
                ("/peer/v1/joining", [0xff], "bad-request"),
                ("/peer/v1/joining/xyz", nil, "not-found"),
                ("/peer/v1/blocks", nil, "not-found"),
                ("/peer/v1/blocks?from=-1", nil, "not-found"),
                ("/fhir/metadata", nil, "not-found"),
            ]
            for (target, body, code) in tries {
                try await door.expect(code, target, own, body: body)
            }
            // A cosigned note of another log.
            var foreign = Checkpoint(
                origin: try door.node.finality.newest().origin, size: 1, root: .sha256([1]))
            foreign.signatures = [try door.node.checkpoints.cosign(foreign)]
            try await door.expect(
                "checkpoint-of-another-log", "/peer/v1/cosignatures", own,
                body: Array(foreign.note.utf8))
        }
    }

    /// Before the check of its certificate, the other side gets to see no request.
    @Test func nothingIsSentToAStranger() async throws {
        struct Refused: Error {}
        try await PeerTests.with { door in
            let certificate = try NodeCertificate(
                keys: door.node.identity.keys, authority: door.node.identity.authority,
                node: door.node.identity.node, hosts: ["127.0.0.1"], now: Date())
            let client = try PeerClient(
                server: try #require(ServerAddress("https://127.0.0.1:\(door.port)")),
                certificate: certificate, check: { _ in throw Refused() })
            var refused = false
            do throws(PeerError) {
                _ = try await client.get("/peer/v1/genesis")
            } catch {
                if case .stranger(is Refused) = error { refused = true }
            }
            #expect(refused)
            await client.shutdown()
        }
    }

    @Test func withoutACertificateThereIsNoConnection() async throws {
        try await PeerTests.with { door in
            var tls = TLSConfiguration.makeClientConfiguration()
            tls.certificateVerification = .none
            var configuration = HTTPClient.Configuration(tlsConfiguration: tls)
            configuration.connectionPool.retryConnectionEstablishment = false
            let client = HTTPClient(
                eventLoopGroupProvider: .singleton, configuration: configuration)
            let request = HTTPClientRequest(url: "https://127.0.0.1:\(door.port)/peer/v1/genesis")
            await #expect(throws: (any Error).self) {
                _ = try await client.execute(request, timeout: .seconds(10)).status
            }
            try await client.shutdown()
        }
    }
}
