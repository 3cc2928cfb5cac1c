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
import Synchronization
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
            let ms = UInt64(now.timeIntervalSince1970 * 1_000)
            let certificates = try NodeCertificates(
                keys: keys, authority: try PeerTests.authority(node, keys),
                node: node.identity.node, hosts: ["127.0.0.1"], clock: { ms })
            let client = try PeerClient(
                server: try #require(ServerAddress("https://127.0.0.1:\(port)")),
                certificate: { certificates.current }, check: { _ in })
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

    /// The certificates of the node itself.
    static func certificates(
        _ node: CairnNode, clock: @escaping @Sendable () -> UInt64
    ) throws -> NodeCertificates {
        try NodeCertificates(
            keys: node.identity.keys, authority: node.identity.authority, node: node.identity.node,
            hosts: ["127.0.0.1"], clock: clock)
    }

    /// - Parameter clock: of the listener; the server's where there is none.
    static func with(
        clock: (@Sendable () -> UInt64)? = nil, _ body: (Door) async throws -> Void
    ) async throws {
        try await TestServer.with { server in
            let clock = clock ?? server.clock
            let (ports, found) = AsyncStream<Int>.makeStream()
            let door = PeerServer(
                node: server.node, host: "127.0.0.1", port: 0,
                certificates: try PeerTests.certificates(server.node, clock: clock),
                logger: Logger(label: "peers"), clock: clock,
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

    static func now() -> UInt64 { UInt64(Date().timeIntervalSince1970 * 1_000) }

    /// Both sides run for longer than a certificate lives, and are never started again.
    @Test func certificatesAreRenewedWhileBothSidesRun() async throws {
        let day: UInt64 = 86_400_000
        let started = PeerTests.now()
        let passed = Mutex<UInt64>(0)
        let clock: @Sendable () -> UInt64 = { started + passed.withLock { $0 } }
        try await PeerTests.with(clock: clock) { door in
            let certificates = try PeerTests.certificates(door.node, clock: clock)
            let shown = Mutex<Set<[UInt8]>>([])
            let client = try PeerClient(
                server: try #require(ServerAddress("https://127.0.0.1:\(door.port)")),
                certificate: { certificates.current }
            ) { [peers = door.node.peers] der in
                shown.withLock { _ = $0.insert(der) }
                _ = try await peers.peer(
                    certificate: der, at: Date(timeIntervalSince1970: Double(clock()) / 1_000))
            }
            // Days after the start, and how many certificates the listener has shown by then.
            for (days, count) in [(0, 1), (59, 1), (61, 2), (100, 2), (122, 3), (400, 4)] {
                passed.withLock { $0 = UInt64(days) * day }
                do throws(PeerError) {
                    _ = try await client.get("/peer/v1/checkpoint")
                } catch {
                    Testing.Issue.record("day \(days): \(error)")
                }
                #expect(shown.withLock { $0.count } == count, "day \(days)")
            }
            await client.shutdown()
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
            let certificates = try PeerTests.certificates(door.node, clock: { PeerTests.now() })
            let client = try PeerClient(
                server: try #require(ServerAddress("https://127.0.0.1:\(door.port)")),
                certificate: { certificates.current }, check: { _ in throw Refused() })
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
