import Foundation
import Gateway
import Identity
import LedgerCore
import Node
import Testing

/// Log-in links and browser sessions, over a live socket.
@Suite(.serialized, .sharedServer) struct SessionTests {
    /// What a browser has after logging in.
    struct Browser {
        let server: TestServer
        /// `name=secret`.
        let cookie: String
        let guardToken: String

        func send(
            _ method: String, _ path: String, _ headers: [(String, String)] = []
        ) async throws -> TestResponse {
            try await server.send(
                method, path, as: TestServer.Credential.none,
                headers: [("cookie", cookie)] + headers)
        }
    }

    static func link(_ server: TestServer, as credential: TestServer.Credential? = nil)
        async throws -> String
    {
        let answer = try await server.send(
            "POST", "/console/links", as: credential ?? server.own, body: Array("{}".utf8))
        #expect(answer.status == 200)
        let path = try #require(answer.json["path"] as? String)
        #expect(path.hasPrefix("/#login="))
        return String(path.dropFirst("/#login=".count))
    }

    static func use(
        _ token: String, _ server: TestServer, _ headers: [(String, String)] = []
    ) async throws -> TestResponse {
        try await server.send(
            "POST", "/console/session", as: TestServer.Credential.none, headers: headers,
            body: Array(#"{"token":"\#(token)"}"#.utf8))
    }

    static func browser(
        _ server: TestServer, as credential: TestServer.Credential? = nil
    ) async throws -> Browser {
        let answer = try await use(try await link(server, as: credential), server)
        #expect(answer.status == 204)
        let set = try #require(answer.headers["set-cookie"])
        let cookie = String(set.prefix { $0 != ";" })
        let page = try await server.send(
            "GET", "/network", as: TestServer.Credential.none, headers: [("cookie", cookie)])
        let mark = "<meta name=\"guard\" content=\""
        let html = String(decoding: page.body, as: UTF8.self)
        let start = try #require(html.range(of: mark)?.upperBound)
        return Browser(
            server: server, cookie: cookie, guardToken: String(html[start...].prefix { $0 != "\"" })
        )
    }

    @Test func aLinkWorksOnce() async throws {
        let server = try SharedServer.server
        let token = try await Self.link(server)
        #expect(try await Self.use(token, server).status == 204)
        let again = try await Self.use(token, server)
        #expect(again.status == 401)
        #expect(again.headers["set-cookie"] == nil)
        #expect(try await Self.use(String(repeating: "A", count: 43), server).status == 401)
    }

    @Test func theCookieIsOutOfReachOfScriptsAndOtherSites() async throws {
        let server = try SharedServer.server
        let plain = try await Self.use(try await Self.link(server), server)
        let set = try #require(plain.headers["set-cookie"])
        #expect(set.hasPrefix("cairn-\(server.node.identity.node.description.prefix(8))="))
        #expect(set.hasSuffix("; Path=/; HttpOnly; SameSite=Strict; Max-Age=28800"))
        let secure = try await Self.use(
            try await Self.link(server), server, [("x-forwarded-proto", "https")])
        #expect(secure.headers["set-cookie"]?.hasSuffix("; Secure") == true)
    }

    @Test func anotherSiteCannotBeginASession() async throws {
        let server = try SharedServer.server
        for header in [
            ("origin", "https://evil.example"), ("origin", "null"),
            ("sec-fetch-site", "cross-site"), ("sec-fetch-site", "same-site"),
        ] {
            let token = try await Self.link(server)
            #expect(try await Self.use(token, server, [header]).status == 403)
            // It was not used up.
            let own = [("origin", "http://127.0.0.1:\(server.port)")]
            #expect(try await Self.use(token, server, own).status == 204)
        }
    }

    @Test func aSessionReadsWhatItsPersonMayAndCountsAsTier1() async throws {
        let server = try SharedServer.server
        let browser = try await Self.browser(server)
        #expect(try await browser.send("GET", "/api/v1/people/me").status == 200)
        #expect(try await browser.send("GET", "/fhir/Patient").status == 200)
        let token = try await browser.send(
            "POST", "/api/v1/tokens", [("x-cairn-guard", browser.guardToken)])
        #expect(token.status == 403)
        let link = try await browser.send(
            "POST", "/console/links", [("x-cairn-guard", browser.guardToken)])
        #expect(link.status == 403)
    }

    @Test func aChangeNeedsMoreThanTheCookie() async throws {
        let server = try SharedServer.server
        let browser = try await Self.browser(server)
        let right = ("x-cairn-guard", browser.guardToken)
        let refused: [[(String, String)]] = [
            [], [("x-cairn-guard", "")], [("x-cairn-guard", String(repeating: "0", count: 32))],
            [right, ("origin", "https://evil.example")], [right, ("sec-fetch-site", "same-site")],
        ]
        for headers in refused {
            #expect(try await browser.send("DELETE", "/fhir/Patient/1", headers).status == 403)
            #expect(try await browser.send("DELETE", "/console/session", headers).status == 403)
        }
        #expect(try await browser.send("DELETE", "/fhir/Patient/1", [right]).status == 204)
    }

    @Test func anotherSitesScriptReadsNothing() async throws {
        let server = try SharedServer.server
        let browser = try await Self.browser(server)
        for site in ["cross-site", "same-site"] {
            let fetched = try await browser.send(
                "GET", "/fhir/Patient", [("sec-fetch-site", site), ("sec-fetch-mode", "cors")])
            #expect(fetched.status == 403)
        }
        let followed = try await browser.send(
            "GET", "/network", [("sec-fetch-site", "same-site"), ("sec-fetch-mode", "navigate")])
        #expect(followed.status == 200)
        #expect(followed.headers["cross-origin-resource-policy"] == "same-origin")
    }

    @Test func loggingOutEndsIt() async throws {
        let server = try SharedServer.server
        let browser = try await Self.browser(server)
        let out = try await browser.send(
            "DELETE", "/console/session", [("x-cairn-guard", browser.guardToken)])
        #expect(out.status == 204)
        #expect(out.headers["set-cookie"]?.contains("Max-Age=0") == true)
        #expect(try await browser.send("GET", "/api/v1/people/me").status == 401)
    }

    @Test func revokingTheLastKeyEndsSessionsToo() async throws {
        let server = try SharedServer.server
        let key = WalletKey.generate()
        let person = try await server.enrol(key, roles: [.nurse])
        let browser = try await Self.browser(server, as: .wallet(key))
        let unused = try await Self.link(server, as: .wallet(key))
        #expect(try await browser.send("GET", "/patients").status == 200)
        var command = WirePeopleCommand()
        command.revokeKey.person = person.bytes.field
        command.revokeKey.key = key.id.bytes.field
        try await server.govern(command)
        #expect(try await browser.send("GET", "/patients").status == 401)
        #expect(try await Self.use(unused, server).status == 401)
    }

    @Test func outsideSampleNetworksALinkIsForOneselfAlone() async throws {
        let server = try SharedServer.server
        let other = try await server.enrol(WalletKey.generate(), roles: [.nurse])
        let answer = try await server.send(
            "POST", "/console/links", body: Array(#"{"person":"\#(other)"}"#.utf8))
        #expect(answer.status == 403)
        let own = #"{"person":"\#(server.wallet.person)"}"#
        #expect(
            try await server.send("POST", "/console/links", body: Array(own.utf8)).status == 200)
    }

    @Test func pagesSayWhyInTheirOwnForm() async throws {
        let server = try SharedServer.server
        let html = [("accept", "text/html,application/xhtml+xml")]
        let stranger = try await server.send(
            "GET", "/network", as: TestServer.Credential.none, headers: html)
        #expect(stranger.status == 401)
        #expect(String(decoding: stranger.body, as: UTF8.self).contains("log-in link"))
        let browser = try await Self.browser(server)
        let missing = try await browser.send("GET", "/patients/nobody", html)
        #expect(missing.status == 404)
        #expect(missing.headers["content-type"]?.hasPrefix("text/html") == true)
        let logIn = try await server.send(
            "GET", "/", as: TestServer.Credential.none, headers: html)
        #expect(logIn.status == 200)
        #expect(logIn.headers["content-type"]?.hasPrefix("text/html") == true)
        for method in ["GET", "HEAD"] {
            let program = try await server.send(method, "/", as: TestServer.Credential.none)
            #expect(program.status == 401)
        }
        let start = try await browser.send("GET", "/", html)
        #expect(start.status == 303 && start.headers["location"] == "/patients")
    }
}
