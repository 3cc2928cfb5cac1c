import Foundation
import Testing

@Suite("Roles decide, at once", .serialized)
struct RequestPeopleTests {
    /// Makes a wallet, enrols its person with a role, and gives the person's id and a client.
    private func enrol(_ role: String, _ bench: Bench) async throws -> (id: String, HTTPClient) {
        let wallet = bench.folder.url("\(role).wallet").path
        let made = try await bench.server.run(["wallet", "new", "--out", wallet, "--json"])
        #expect(made.exit == 0, "\(made)")
        let person = try #require(
            (try JSONText(Data(made.stdout.utf8)))["person"]?.text, "\(made)")
        let enrolled = try await bench.server.run(
            ["person", "enrol", "--wallet-public", wallet, "--role", role])
        #expect(enrolled.exit == 0, "\(enrolled)")
        let token = try await CairnBinary.run(
            ["token"], environment: ["CAIRN_SERVER": bench.server.url, "CAIRN_WALLET": wallet])
        #expect(token.exit == 0, "\(token)")
        let text = token.stdout.trimmingCharacters(in: .whitespacesAndNewlines)
        return (person, HTTPClient(url: bench.server.url, token: text))
    }

    @Test func removedRoleCountsAtOnce() async throws {
        let bench = try await Bench.start("roles")
        let me = try await bench.client.get("/api/v1/people/me").object
        let id = try #require(me["id"] as? String)
        #expect((me["roles"] as? [String])?.sorted() == ["administrator", "practitioner"])
        #expect(try await bench.client.get("/fhir/Patient").status == 200)

        let revoked = try await bench.server.run(["person", "revoke", "practitioner", id])
        #expect(revoked.exit == 0, "\(revoked)")
        // The same token, still good for minutes.
        try await bench.refused(403, "GET", "/fhir/Patient", saying: "practitioner")
        try await bench.refused(
            403, "POST", "/fhir/Patient", Data(Sample.patient(family: "x").utf8))
        #expect(try await bench.client.get("/api/v1/people").status == 200)

        let granted = try await bench.server.run(["person", "grant", "practitioner", id])
        #expect(granted.exit == 0, "\(granted)")
        #expect(try await bench.client.get("/fhir/Patient").status == 200)
    }

    @Test func lastAdministratorStays() async throws {
        let bench = try await Bench.start("roles")
        let me = try await bench.client.get("/api/v1/people/me").object
        let id = try #require(me["id"] as? String)
        let key = try #require((me["keys"] as? [[String: Any]])?.first?["id"] as? String)
        for arguments in [
            ["person", "revoke", "administrator", id], ["person", "revoke-key", id, key],
        ] {
            let result = try await bench.server.run(arguments)
            #expect(result.exit == 3, "\(arguments): \(result)")
            #expect(result.stderr.hasPrefix("error: ") && result.stderr.contains("\nhint: "))
        }
        let now = try await bench.client.get("/api/v1/people/me").object
        #expect((now["roles"] as? [String])?.contains("administrator") == true)
        #expect(try await bench.client.get("/api/v1/people").status == 200)
    }

    @Test func nurseWritesAndPatientDoesNot() async throws {
        let bench = try await Bench.start("roles")
        let (nurse, nursing) = try await enrol("nurse", bench)
        let body = Data(Sample.patient(family: "Okafor").utf8)
        let made = try await nursing.send("POST", "/fhir/Patient", body)
        #expect(made.status == 201, "\(made)")
        let path = "/fhir/Patient/\(try #require(made.object["id"] as? String))"
        #expect(try await nursing.get(path).status == 200)
        // Not an administrator: other people are nobody's business.
        #expect(try await nursing.get("/api/v1/people").status == 403)
        #expect(try await nursing.get("/api/v1/people/\(nurse)").status == 200)
        #expect(try await nursing.get("/metrics").status == 403)

        for role in ["patient", "auditor"] {
            let (_, client) = try await enrol(role, bench)
            try await bench.unchanged {
                for (method, path, body) in [
                    ("GET", path, nil), ("GET", "/fhir/Patient", nil), ("DELETE", path, nil),
                    ("POST", "/fhir/Patient", body), ("POST", "/fhir", body),
                    ("GET", path + "/_history", nil), ("GET", path + "/_history/1", nil),
                    ("POST", "/fhir/Binary", body),
                ] as [(String, String, Data?)] {
                    let answer = try await client.send(method, path, body)
                    Bench.expectRefusal(answer, 403, "\(role) \(method) \(path)")
                }
            }
        }
    }

    @Test func revokedKeyIsRefused() async throws {
        let bench = try await Bench.start("roles")
        let (nurse, nursing) = try await enrol("nurse", bench)
        let known = try await nursing.get("/api/v1/people/me").object
        let key = try #require((known["keys"] as? [[String: Any]])?.first?["id"] as? String)
        let revoked = try await bench.server.run(["person", "revoke-key", nurse, key])
        #expect(revoked.exit == 0, "\(revoked)")
        #expect(try await nursing.get("/fhir/Patient").status == 401)
        let wallet = bench.folder.url("nurse.wallet").path
        let token = try await CairnBinary.run(
            ["token"], environment: ["CAIRN_SERVER": bench.server.url, "CAIRN_WALLET": wallet])
        #expect(token.exit == 3, "\(token)")
    }

    @Test func onlyAnAdministratorEnrols() async throws {
        let bench = try await Bench.start("roles")
        _ = try await enrol("nurse", bench)
        let wallet = bench.folder.url("nurse.wallet").path
        let other = bench.folder.url("other.wallet").path
        let asNurse = ["CAIRN_SERVER": bench.server.url, "CAIRN_WALLET": wallet]
        _ = try await bench.server.run(["wallet", "new", "--out", other])
        try await bench.unchanged {
            let result = try await CairnBinary.run(
                ["person", "enrol", "--wallet-public", other, "--role", "administrator"],
                environment: asNurse)
            #expect(result.exit == 3, "\(result)")
            let mine = try await CairnBinary.run(["person", "list"], environment: asNurse)
            #expect(mine.exit == 3, "\(mine)")
        }
    }
}
