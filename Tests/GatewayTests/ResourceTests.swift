import Foundation
import Testing

/// Single resources over a live socket.
@Suite(.serialized, .sharedServer) struct ResourceTests {
    private static let patient =
        "{\"resourceType\":\"Patient\",\"name\":[{\"family\":\"Ek\"}],\"multipleBirthInteger\":1}"

    @Test func aResourceLivesFromCreationToDeletion() async throws {
        let server = try SharedServer.server
        let created = try await server.send("POST", "/fhir/Patient", json: Self.patient)
        #expect(created.status == 201)
        #expect(created.headers["etag"] == "W/\"1\"")
        #expect(created.headers["cairn-transaction"]?.count == 64)
        #expect(created.headers["cairn-receipt"]?.isEmpty == false)
        let id = try #require(created.json["id"] as? String)
        #expect(created.headers["location"] == "/fhir/Patient/\(id)/_history/1")

        let read = try await server.send("GET", "/fhir/Patient/\(id)")
        #expect(read.status == 200)
        #expect(read.headers["cache-control"] == "no-store")
        #expect(read.headers["x-content-type-options"] == "nosniff")
        #expect((read.json["meta"] as? [String: Any])?["versionId"] as? String == "1")
        let head = try await server.send("HEAD", "/fhir/Patient/\(id)")
        #expect(head.status == 200)
        #expect(head.headers["content-length"] == read.headers["content-length"])

        let next =
            "{\"resourceType\":\"Patient\",\"id\":\"\(id)\",\"name\":[{\"family\":\"Ask\"}]}"
        let updated = try await server.send(
            "PUT", "/fhir/Patient/\(id)", json: next, headers: [("if-match", "W/\"1\"")])
        #expect(updated.status == 200)
        #expect(updated.headers["etag"] == "W/\"2\"")
        let late = try await server.send(
            "PUT", "/fhir/Patient/\(id)", json: next, headers: [("if-match", "W/\"1\"")])
        #expect(late.status == 412)
        #expect(late.isOutcome)
        let first = try await server.send("GET", "/fhir/Patient/\(id)/_history/1")
        #expect(first.text.contains("Ek"))

        let deleted = try await server.send("DELETE", "/fhir/Patient/\(id)")
        #expect(deleted.status == 204)
        #expect(try await server.send("GET", "/fhir/Patient/\(id)").status == 410)
        let history = try await server.send("GET", "/fhir/Patient/\(id)/_history?_count=2")
        #expect(history.json["total"] as? Int == 3)
        #expect((history.json["entry"] as? [Any])?.count == 2)
        #expect((history.json["link"] as? [Any])?.count == 2)
        let rest = try await server.send(
            "GET", "/fhir/Patient/\(id)/_history?_count=2&_cursor=2")
        #expect((rest.json["entry"] as? [Any])?.count == 1)
    }

    @Test func aConditionalReadSavesTheBody() async throws {
        let server = try SharedServer.server
        let created = try await server.send("POST", "/fhir/Patient", json: Self.patient)
        let id = try #require(created.json["id"] as? String)
        let modified = try #require(created.headers["last-modified"])
        for header in [
            ("if-none-match", "W/\"1\""), ("if-none-match", "\"7\", \"1\""),
            ("if-modified-since", modified),
        ] {
            let answer = try await server.send("GET", "/fhir/Patient/\(id)", headers: [header])
            #expect(answer.status == 304)
            #expect(answer.body.isEmpty)
        }
        let other = try await server.send(
            "GET", "/fhir/Patient/\(id)", headers: [("if-none-match", "W/\"2\"")])
        #expect(other.status == 200)
    }

    @Test func preferSaysWhatComesBack() async throws {
        let server = try SharedServer.server
        func create(_ preference: String) async throws -> TestResponse {
            try await server.send(
                "POST", "/fhir/Patient", json: Self.patient,
                headers: [("prefer", "return=\(preference)")])
        }
        #expect(try await create("minimal").body.isEmpty)
        #expect(try await create("OperationOutcome").isOutcome)
        #expect(try await create("representation").json["resourceType"] as? String == "Patient")
    }

    @Test func theSameIdempotencyKeyStoresOnce() async throws {
        let server = try SharedServer.server
        let key = [("idempotency-key", "key-\(UInt64.random(in: 0 ... .max))")]
        let first = try await server.send("POST", "/fhir/Patient", json: Self.patient, headers: key)
        let second = try await server.send(
            "POST", "/fhir/Patient", json: Self.patient, headers: key)
        #expect(first.headers["location"] == second.headers["location"])
        #expect(first.status == 201 && second.status == 201)
    }

    @Test func conditionalCreateFindsWhatIsThere() async throws {
        let server = try SharedServer.server
        let json =
            "{\"resourceType\":\"Patient\",\"identifier\":[{\"system\":\"urn:x\",\"value\":\"7\"}]}"
        let condition = [("if-none-exist", "identifier=urn:x|7")]
        let first = try await server.send("POST", "/fhir/Patient", json: json, headers: condition)
        let second = try await server.send("POST", "/fhir/Patient", json: json, headers: condition)
        #expect(first.status == 201)
        #expect(second.status == 200)
        #expect(first.headers["location"] == second.headers["location"])
    }

    @Test(arguments: [
        ("{", 400), ("[]", 400), ("{\"resourceType\":\"Observation\",\"status\":\"final\"}", 400),
        ("{\"resourceType\":\"Patient\",\"nme\":1}", 422), ("", 400),
    ])
    func badContentIsRefusedWithAnOutcome(json: String, status: Int) async throws {
        let server = try SharedServer.server
        let height = try server.height
        let answer = try await server.send("POST", "/fhir/Patient", json: json)
        #expect(answer.status == status)
        #expect(answer.isOutcome)
        #expect(try server.height == height)
    }

    @Test(arguments: [
        ("GET", "/fhir/Nothing/1", 404), ("GET", "/fhir/Patient/absent", 404),
        ("GET", "/fhir/Patient/a_b", 400), ("GET", "/fhir/Patient/1?foo=1", 400),
        ("GET", "/fhir/Patient/1?_format=xml", 406), ("GET", "/fhir/metadata?_format=json", 200),
    ])
    func oddRequestsAreAnsweredPlainly(method: String, path: String, status: Int) async throws {
        let answer = try await SharedServer.server.send(method, path)
        #expect(answer.status == status)
        if status >= 400 { #expect(answer.isOutcome) }
    }

    @Test func mediaTypesAreNegotiated() async throws {
        let server = try SharedServer.server
        let body = Array(Self.patient.utf8)
        for (type, status) in [
            ("application/fhir+json; charset=UTF-8", 201), ("application/json", 201),
            ("application/fhir+xml", 415), ("application/json; charset=latin1", 415),
        ] {
            let answer = try await server.send(
                "POST", "/fhir/Patient", headers: [("content-type", type)], body: body)
            #expect(answer.status == status)
        }
        for (accept, status) in [
            ("application/fhir+xml", 406), ("text/html, */*;q=0.1", 200),
            ("application/fhir+json;fhirVersion=4.0", 200), ("application/json;q=0", 406),
            ("application/fhir+json;q=0, */*", 406), ("*/*;q=0.0", 406),
            ("application/fhir+json;q=0, application/json", 200),
            ("application/*;q=0, */*", 406), ("application/xml, */*;q=0.1", 200),
        ] {
            let answer = try await server.send(
                "GET", "/fhir/metadata", headers: [("accept", accept)])
            #expect(answer.status == status)
        }
    }

    @Test func historyTellsWhoGaveTheID() async throws {
        let server = try SharedServer.server
        let created = try await server.send("POST", "/fhir/Patient", json: Self.patient)
        let made = try #require(created.json["id"] as? String)
        let own = "idp-\(UInt64.random(in: 0 ... .max))"
        let put = try await server.send(
            "PUT", "/fhir/Patient/\(own)", json: "{\"resourceType\":\"Patient\",\"id\":\"\(own)\"}")
        #expect(put.status == 201)
        for (id, method, url) in [(made, "POST", "Patient"), (own, "PUT", "Patient/\(own)")] {
            let history = try await server.send("GET", "/fhir/Patient/\(id)/_history")
            let entry = (history.json["entry"] as? [[String: Any]])?.first
            let request = entry?["request"] as? [String: Any]
            #expect(request?["method"] as? String == method)
            #expect(request?["url"] as? String == url)
            #expect((entry?["response"] as? [String: Any])?["status"] as? String == "201 Created")
        }
    }

    @Test func conditionsSayWhatIsWrongWithThem() async throws {
        let server = try SharedServer.server
        let created = try await server.send("POST", "/fhir/Patient", json: Self.patient)
        let id = try #require(created.json["id"] as? String)
        let next = "{\"resourceType\":\"Patient\",\"id\":\"\(id)\"}"
        let none = "{\"resourceType\":\"Patient\",\"id\":\"nobody-here\"}"
        for (target, json, tag, status, words) in [
            (id, next, "garbage", 400, "entity tags"), (id, next, "W/\"1", 400, "entity tags"),
            (id, next, "1", 400, "entity tags"), (id, next, "W/\"1\",", 400, "entity tags"),
            (id, next, "W/\"7\", \"8\"", 412, "another version"),
            ("nobody-here", none, "W/\"1\"", 412, "there is no Patient"),
            ("nobody-here", none, "*", 412, "there is no Patient"),
            (id, next, "W/\"7\", \"1\"", 200, "Patient"),
        ] {
            let answer = try await server.send(
                "PUT", "/fhir/Patient/\(target)", json: json, headers: [("if-match", tag)])
            #expect(answer.status == status, "\(tag): \(answer.text)")
            #expect(answer.text.contains(words), "\(tag): \(answer.text)")
        }
        let host = "http://127.0.0.1:\(server.port)/fhir"
        for (criteria, status) in [
            ("Patient?identifier=urn:none|1", 201), ("/fhir/Patient?identifier=urn:none|1", 201),
            ("\(host)/Patient?identifier=urn:none|1", 201), ("Observation?code=1", 400),
        ] {
            let answer = try await server.send(
                "POST", "/fhir/Patient", json: Self.patient, headers: [("if-none-exist", criteria)])
            #expect(answer.status == status, "\(criteria): \(answer.text)")
            if status == 400 { #expect(answer.text.contains("Patient?identifier=")) }
        }
    }

    /// A proxy that ends TLS says so. Whoever else says it changes only links in their own answer.
    @Test(arguments: [
        ("x-forwarded-proto", "https", "https"), ("x-forwarded-proto", "https, http", "https"),
        ("x-forwarded-proto", "gopher", "http"), ("forwarded", "for=1.2.3.4;proto=https", "https"),
        ("forwarded", "for=\"[::1]\"; Proto=\"HTTPS\", proto=http", "https"),
        ("forwarded", "proto=javascript", "http"), ("accept", "*/*", "http"),
    ])
    func linksHaveTheSchemeOfTheClient(name: String, value: String, scheme: String) async throws {
        let server = try SharedServer.server
        let answer = try await server.send("GET", "/fhir/metadata", headers: [(name, value)])
        let implementation = answer.json["implementation"] as? [String: Any]
        #expect(
            implementation?["url"] as? String == "\(scheme)://127.0.0.1:\(server.port)/fhir")
    }
}
