import Foundation
import Identity
import LedgerCore
import Node
import Testing

/// Who asks is settled before anything else.
@Suite(.serialized, .sharedServer) struct AuthenticationTests {
    @Test(arguments: [
        ("GET", "/fhir/Patient/1"), ("GET", "/fhir/NoSuchType"), ("GET", "/nowhere"), ("POST", "/"),
        ("POST", "/fhir"), ("PATCH", "/livez2"), ("GET", "/metrics"), ("GET", "/fhir/metadata/x"),
        ("DELETE", "/livez"), ("GET", "/api/v1/genesis"), ("GET", "/fhir/../livez"),
    ])
    func aStrangerGets401OnAnyPath(method: String, path: String) async throws {
        let answer = try await SharedServer.server.send(
            method, path, as: TestServer.Credential.none)
        #expect(answer.status == 401)
        #expect(answer.headers["www-authenticate"] == "Bearer realm=\"cairn\"")
        if path.hasPrefix("/fhir") {
            #expect(answer.isOutcome)
        } else {
            let error = answer.json["error"] as? [String: Any]
            #expect(error?["code"] as? String == "unauthorized")
            #expect((error?["hint"] as? String)?.isEmpty == false)
        }
    }

    @Test(arguments: ["/livez", "/readyz", "/fhir/metadata", "/.well-known/cairn"])
    func openPathsNeedNoCredential(path: String) async throws {
        let answer = try await SharedServer.server.send("GET", path, as: TestServer.Credential.none)
        #expect(answer.status == 200)
    }

    @Test func aKnownCallerGets404And405() async throws {
        let server = try SharedServer.server
        #expect(try await server.send("GET", "/nowhere").status == 404)
        let answer = try await server.send("PATCH", "/fhir/Patient/1")
        #expect(answer.status == 405)
        #expect(answer.headers["allow"] == "DELETE, GET, HEAD, PUT")
        #expect(answer.isOutcome)
    }

    @Test func aTokenServesUntilItExpires() async throws {
        let server = try SharedServer.server
        let token = try await server.token()
        #expect(try await server.send("GET", "/api/v1/people/me", as: .token(token)).status == 200)
        #expect(try await server.send("POST", "/api/v1/tokens", as: .token(token)).status == 403)
        let identity = server.node.identity
        let issuer = TokenIssuer(
            privateKey: identity.keys.token, network: identity.genesis.digest, node: identity.node)
        let audience = "cairn/node/\(identity.node)"
        let now = Int64(server.clock())
        let old = try issuer.issue(
            person: server.wallet.person, member: identity.member, audience: audience,
            nowMs: now - 901_000)
        let elsewhere = try issuer.issue(
            person: server.wallet.person, member: identity.member, audience: "elsewhere", nowMs: now
        )
        let stranger = try issuer.issue(
            person: identity.node, member: identity.member, audience: audience, nowMs: now)
        for refused in [old, elsewhere, stranger, token + "x", "x"] {
            let answer = try await server.send("GET", "/api/v1/people/me", as: .token(refused))
            #expect(answer.status == 401)
            #expect(!answer.text.contains(refused) || refused == "x")
        }
    }

    @Test func aSignatureServesOnce() async throws {
        let server = try SharedServer.server
        let head = try server.head("GET", "/api/v1/people/me", server.own)
        #expect(try await server.exchange(head).status == 200)
        #expect(try await server.exchange(head).status == 401)
    }

    @Test func anAlteredOrStaleOrForeignSignatureIsRefused() async throws {
        let server = try SharedServer.server
        let good = String(
            decoding: try server.head("GET", "/fhir/Patient?name=a", server.own), as: UTF8.self)
        let altered = good.replacingOccurrences(of: "name=a", with: "name=b")
        #expect(try await server.exchange(Array(altered.utf8)).status == 401)
        let now = Int64(server.clock() / 1_000)
        for seconds in [now - 400, now + 400] {
            let stale = try server.head(
                "GET", "/api/v1/people/me", server.own, createdSeconds: seconds)
            #expect(try await server.exchange(stale).status == 401)
        }
        let foreign = try await server.send(
            "GET", "/api/v1/people/me", as: .wallet(WalletKey.generate()))
        #expect(foreign.status == 401)
    }

    @Test func aBodyThatWasNotSignedIsRefusedAndNotStored() async throws {
        let server = try SharedServer.server
        let signed = Array("{\"resourceType\":\"Patient\",\"active\":true} ".utf8)
        let sent = Array("{\"resourceType\":\"Patient\",\"active\":false}".utf8)
        for type in ["application/fhir+json", "text/plain"] {
            let path = type == "text/plain" ? "/fhir/Binary" : "/fhir/Patient"
            let before = try server.height
            let head = try server.head(
                "POST", path, server.own, [("content-type", type)], length: sent.count,
                digest: Digest.sha256(signed))
            #expect(try await server.exchange(head + sent).status == 401)
            #expect(try server.height == before)
        }
    }

    @Test func aBodyWithoutDigestUnderASignatureIsRefused() async throws {
        let server = try SharedServer.server
        var text = String(
            decoding: try server.head("POST", "/api/v1/tokens", server.own), as: UTF8.self)
        text.removeLast()
        text += "content-length: 2\r\n\r\n{}"
        #expect(try await server.exchange(Array(text.utf8)).status == 401)
    }
}
