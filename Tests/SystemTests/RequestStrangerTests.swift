import Foundation
import Testing

@Suite("A stranger learns nothing", .serialized)
struct RequestStrangerTests {
    static let open = ["/livez", "/readyz", "/fhir/metadata", "/.well-known/cairn"]

    static let paths = [
        "/", "/fhir", "/fhir/", "/fhir/Patient", "/fhir/Patient/example", "/fhir/Patient/nobody",
        "/fhir/Starship/1", "/fhir/Patient/example/_history", "/fhir/Patient/example/_history/1",
        "/fhir/Binary/1", "/fhir/Patient?name=x", "/fhir/$export", "/metrics", "/api/v1/tokens",
        "/api/v1/people", "/api/v1/people/me", "/api/v1/genesis", "/api/v1/ledger/main/head",
        "/api/v1/ledger/other/head", "/api/v1/ledger/main/transactions",
        "/api/v1/ledger/main/transactions/00", "/api/v1/proofs/Patient/example", "/nothing",
        "/favicon.ico", "/admin", "/.env", "/livez/x", "/fhir/metadata/x", "/.well-known/other",
        "/fhir/metadata/../Patient", "/fhir/%2e%2e/metrics", "//fhir/metadata",
        "/fhir/metadata%2f..%2fPatient", "/data/wallets/administrator.wallet",
        "/../../etc/passwd", "/LIVEZ",
    ]

    /// The same answer wherever a stranger knocks: whether something is there does not show.
    @Test func everyPathAnswers401() async throws {
        let bench = try await Bench.start("stranger")
        _ = try await bench.client.send(
            "PUT", "/fhir/Patient/example",
            Data(Sample.patient(family: "Okafor", id: "example").utf8))
        try await bench.unchanged {
            for path in RequestStrangerTests.paths {
                for method in ["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"] {
                    let answer = try await raw(method, path, bench)
                    #expect(answer.start.hasPrefix("HTTP/1.1 401"), "\(method) \(path): \(answer)")
                    #expect(answer["www-authenticate"] == #"Bearer realm="cairn""#)
                    let text = String(decoding: answer.body, as: UTF8.self)
                    #expect(!text.contains("Okafor"))
                }
            }
        }
    }

    private func raw(
        _ method: String, _ path: String, _ bench: Bench, token: String? = nil
    ) async throws -> RawMessage {
        let credentials = token.map { "Authorization: Bearer \($0)\r\n" } ?? ""
        let text = try await Socket.exchange(
            bench.server.url,
            "\(method) \(path) HTTP/1.1\r\nHost: x\r\n\(credentials)Connection: close\r\n\r\n")
        return try #require(RawMessage(Array(text.utf8)), "\(method) \(path): \(text)")
    }

    @Test func openPathsNeedNoCredentials() async throws {
        let bench = try await Bench.start("stranger")
        let stranger = HTTPClient(url: bench.server.url)
        for path in RequestStrangerTests.open {
            #expect(try await stranger.get(path).status == 200, "\(path)")
            // Other methods on them are not open.
            #expect(try await stranger.send("DELETE", path).status == 401, "\(path)")
        }
        let metadata = try await stranger.get("/fhir/metadata").object
        #expect(metadata["resourceType"] as? String == "CapabilityStatement")
        #expect(metadata["fhirVersion"] as? String == "4.0.1")
        let discovery = try await stranger.get("/.well-known/cairn").object
        #expect((discovery["checkpointKeys"] as? [String])?.isEmpty == false)
    }

    @Test func badTokensAre401() async throws {
        let bench = try await Bench.start("stranger")
        let good = try #require(bench.client.token)
        var tokens = [
            "", "x", "a.b.c", "..", good + "x", String(good.dropLast(5)), good + "." + good,
        ]
        tokens += RequestStrangerTests.forgeries(of: good)
        try await bench.unchanged {
            for token in tokens {
                let client = HTTPClient(url: bench.server.url, token: token)
                let answer = try await client.get("/fhir/Patient")
                Bench.expectRefusal(answer, 401, "token \(token)")
            }
        }
        let headers = [
            "Basic YWRtaW46YWRtaW4=", "Bearer", "bearer  \(good) x", "Token \(good)",
            "Bearer \(good), Bearer \(good)",
        ]
        let stranger = HTTPClient(url: bench.server.url)
        for header in headers {
            let answer = try await stranger.get(
                "/fhir/Patient", headers: ["Authorization": header])
            #expect(answer.status == 401, "\(header)")
        }
        #expect(try await bench.client.get("/fhir/Patient").status == 200)
    }

    /// A token whose claims were changed (a later end, another person), or whose header names no
    /// algorithm or another one; each with the signature of the good one.
    private static func forgeries(of token: String) -> [String] {
        let parts = token.split(separator: ".").map(String.init)
        guard parts.count == 3, let header = decode(parts[0]), let claims = decode(parts[1]) else {
            return []
        }
        var forged: [String] = []
        for name in claims.keys.sorted() {
            var changed = claims
            if let number = claims[name] as? Int {
                changed[name] = number - 3_600
                forged.append("\(parts[0]).\(encode(changed)).\(parts[2])")
                changed[name] = number + 3_600
            } else {
                changed[name] = "0" + "\(claims[name] ?? "")".dropFirst()
            }
            forged.append("\(parts[0]).\(encode(changed)).\(parts[2])")
        }
        for algorithm in ["none", "HS256", "RS256"] {
            var changed = header
            changed["alg"] = algorithm
            forged.append("\(encode(changed)).\(parts[1]).\(parts[2])")
            forged.append("\(encode(changed)).\(parts[1]).")
        }
        return forged
    }

    private static func decode(_ part: String) -> [String: Any]? {
        var text = part.replacing("-", with: "+").replacing("_", with: "/")
        while text.count % 4 != 0 { text += "=" }
        return Data(base64Encoded: text).flatMap {
            (try? JSONSerialization.jsonObject(with: $0)) as? [String: Any]
        }
    }

    private static func encode(_ object: [String: Any]) -> String {
        let data = (try? JSONSerialization.data(withJSONObject: object)) ?? Data()
        return data.base64EncodedString().replacing("+", with: "-").replacing("/", with: "_")
            .replacing("=", with: "")
    }

    /// Somebody known gets nowhere either by dots, escapes or methods that a path does not have.
    @Test func pathsAreTakenAsTheyAre() async throws {
        let bench = try await Bench.start("paths")
        let token = try #require(bench.client.token)
        let paths = [
            "/fhir/../metrics/..", "/fhir/Patient/../../metrics", "/fhir/Patient/%2e%2e",
            "/fhir/Patient/..%2f..%2fetc%2fpasswd", "/fhir/Patient/....//", "/fhir//Patient",
            "/fhir/patient", "/fhir/Starship", "/fhir/Patient/x/y", "/nothing", "/fhir/$export",
            "/fhir/Patient/$everything", "/../data/wallets/administrator.wallet",
        ]
        try await bench.unchanged {
            for path in paths {
                let answer = try await raw("GET", path, bench, token: token)
                let isRefused = ["HTTP/1.1 404", "HTTP/1.1 400"].contains {
                    answer.start.hasPrefix($0)
                }
                #expect(isRefused, "\(path): \(answer.start)")
            }
            let id = "/fhir/Patient/nobody"
            for (method, path) in [
                ("PATCH", id), ("POST", id), ("DELETE", "/fhir/Patient"), ("PUT", "/fhir/Patient"),
                ("GET", "/fhir"), ("DELETE", id + "/_history/1"), ("TRACE", id),
            ] {
                let answer = try await raw(method, path, bench, token: token)
                #expect(answer.start.hasPrefix("HTTP/1.1 405"), "\(method) \(path): \(answer)")
                #expect(answer["allow"]?.isEmpty == false, "\(method) \(path): \(answer)")
            }
        }
    }
}
