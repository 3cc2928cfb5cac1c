import Foundation
import Testing

/// Searches and bundles over a live socket.
@Suite(.serialized, .sharedServer) struct SearchAndBundleTests {
    @Test func aSearchIsPagedAndCounted() async throws {
        let server = try SharedServer.server
        for number in 1...5 {
            _ = try await server.send(
                "POST", "/fhir/Patient",
                json: "{\"resourceType\":\"Patient\",\"name\":[{\"family\":\"Lind\(number)\"}]}")
        }
        var target = "/fhir/Patient?name=lind&_count=2"
        var found = 0
        var pages = 0
        while !target.isEmpty {
            let page = try await server.send("GET", target)
            #expect(page.status == 200)
            #expect(page.json["total"] as? Int == 5)
            let entries = page.json["entry"] as? [[String: Any]] ?? []
            #expect(
                entries.allSatisfy {
                    ($0["search"] as? [String: Any])?["mode"] as? String == "match"
                })
            found += entries.count
            pages += 1
            let links = page.json["link"] as? [[String: Any]] ?? []
            let next = links.first { $0["relation"] as? String == "next" }?["url"] as? String
            target =
                next.map { String($0.drop { $0 != "/" }.dropFirst(2).drop { $0 != "/" }) } ?? ""
        }
        #expect(found == 5)
        #expect(pages == 3)
        let form = try await server.send(
            "POST", "/fhir/Patient/_search",
            headers: [("content-type", "application/x-www-form-urlencoded")],
            body: Array("name=lind3".utf8))
        #expect(form.json["total"] as? Int == 1)
        let count = try await server.send("GET", "/fhir/Patient?name=lind&_summary=count")
        #expect(count.json["total"] as? Int == 5)
        #expect(count.json["entry"] == nil)
    }

    @Test(arguments: ["foo=1", "birthdate=yesterday", "_count=x", "name=%zz", "_cursor=!"])
    func whatASearchDoesNotKnowIsRefused(query: String) async throws {
        let answer = try await SharedServer.server.send("GET", "/fhir/Patient?\(query)")
        #expect(answer.status == 400)
        #expect(answer.isOutcome)
    }

    @Test func aTransactionWritesAllOrNothing() async throws {
        let server = try SharedServer.server
        func bundle(_ status: String) -> String {
            """
            {"resourceType":"Bundle","type":"transaction","entry":[
            {"fullUrl":"urn:uuid:88f151c0-a954-468a-88bd-5ae15c08e059",
            "resource":{"resourceType":"Patient","active":true},
            "request":{"method":"POST","url":"Patient"}},
            {"resource":{"resourceType":"Observation","status":"\(status)",
            "code":{"text":"x"},"subject":{"reference":"urn:uuid:88f151c0-a954-468a-88bd-5ae15c08e059"}},
            "request":{"method":"POST","url":"Observation"}}]}
            """
        }
        let good = try await server.send("POST", "/fhir", json: bundle("final"))
        #expect(good.status == 200)
        #expect(good.json["type"] as? String == "transaction-response")
        #expect(good.headers["cairn-transaction"]?.count == 64)
        let entries = try #require(good.json["entry"] as? [[String: Any]])
        let responses = entries.compactMap { $0["response"] as? [String: Any] }
        #expect(responses.map { $0["status"] as? String } == ["201 Created", "201 Created"])
        #expect(responses.allSatisfy { $0["etag"] as? String == "W/\"1\"" })
        let height = try server.height
        let bad = try await server.send("POST", "/fhir", json: bundle("finished"))
        #expect(bad.status == 422 || bad.status == 400)
        #expect(bad.isOutcome)
        #expect(try server.height == height)
    }

    @Test func aBatchAnswersEachEntry() async throws {
        let server = try SharedServer.server
        let json = """
            {"resourceType":"Bundle","type":"batch","entry":[
            {"resource":{"resourceType":"Patient"},"request":{"method":"POST","url":"Patient"}},
            {"resource":{"resourceType":"Patient","nme":1},"request":{"method":"POST","url":"Patient"}},
            {"request":{"method":"GET","url":"Patient/absent"}},
            {"request":{"method":"GET","url":"Patient?_count=1"}}]}
            """
        let answer = try await server.send("POST", "/fhir", json: json)
        #expect(answer.json["type"] as? String == "batch-response")
        let entries = try #require(answer.json["entry"] as? [[String: Any]])
        let responses = entries.compactMap { $0["response"] as? [String: Any] }
        let states = responses.map { ($0["status"] as? String)?.prefix(3) }
        #expect(states == ["201", "422", "404", "200"])
        #expect(responses[1]["outcome"] != nil)
    }

    private static func observation(_ subject: String, fullURL: String, _ more: String = "")
        -> String
    {
        """
        {"fullUrl":"\(fullURL)","resource":{"resourceType":"Observation","status":"final",
        "code":{"text":"x"},"subject":{"reference":"\(subject)"}\(more)},
        "request":{"method":"POST","url":"Observation"}}
        """
    }

    private static func transaction(_ entries: [String]) -> String {
        "{\"resourceType\":\"Bundle\",\"type\":\"transaction\",\"entry\":"
            + "[\(entries.joined(separator: ","))]}"
    }

    /// The locations without their versions.
    private func send(_ entries: [String]) async throws -> [String] {
        let answer = try await SharedServer.server.send(
            "POST", "/fhir", json: Self.transaction(entries))
        #expect(answer.status == 200, "\(answer.text)")
        let list = try #require(answer.json["entry"] as? [[String: Any]])
        return list.compactMap { ($0["response"] as? [String: Any])?["location"] as? String }
            .map { $0.replacing("/_history/1", with: "") }
    }

    private func subject(_ place: String) async throws -> String? {
        let stored = try await SharedServer.server.send("GET", "/fhir/\(place)")
        return (stored.json["subject"] as? [String: Any])?["reference"] as? String
    }

    /// http://hl7.org/fhir/R4/bundle.html#references
    @Test func relativeReferencesAreResolvedWhereTheyStand() async throws {
        let server = try SharedServer.server
        let root = "http://example.org/fhir"
        let local = "{\"resourceType\":\"Patient\",\"id\":\"123\",\"active\":false}"
        #expect(try await server.send("PUT", "/fhir/Patient/123", json: local).status == 201)
        let patient = """
            {"fullUrl":"\(root)/Patient/123","resource":{"resourceType":"Patient","id":"123",
            "meta":{"versionId":"4"}},"request":{"method":"POST","url":"Patient"}}
            """
        let kept = """
            {"fullUrl":"\(root)/Patient/kept","resource":{"resourceType":"Patient","id":"kept"},
            "request":{"method":"PUT","url":"Patient/kept"}}
            """
        let places = try await send([
            patient, kept,
            Self.observation("Patient/123", fullURL: "\(root)/Observation/1"),
            Self.observation("\(root)/Patient/123", fullURL: "\(root)/Observation/2"),
            Self.observation("Patient/123/_history/4", fullURL: "\(root)/Observation/3"),
            Self.observation("Patient/123/_history/1", fullURL: "\(root)/Observation/4"),
            Self.observation("\(root)/Patient/123/_history/4", fullURL: "\(root)/Observation/5"),
            Self.observation("Patient/kept", fullURL: "\(root)/Observation/6"),
            Self.observation("Patient/kept/_history/1", fullURL: "\(root)/Observation/7"),
            Self.observation("Patient/elsewhere", fullURL: "\(root)/Observation/8"),
            // Another base, and none: these mean a patient of this server.
            Self.observation("Patient/123", fullURL: "http://example.com/fhir/Observation/9"),
            Self.observation(
                "Patient/123", fullURL: "urn:uuid:0c5f3b0a-0000-4000-8000-00000000000a"),
        ])
        var found: [String?] = []
        for place in places.dropFirst(2) { found.append(try await subject(place)) }
        let made = places[0]
        #expect(made != "Patient/123")
        #expect(
            found == [
                made, made, "\(made)/_history/1", made, "\(made)/_history/1", "Patient/kept",
                "Patient/kept/_history/1", "Patient/elsewhere", "Patient/123", "Patient/123",
            ])
        let count = try await server.send("GET", "/fhir/Observation?patient=\(made)")
        #expect(count.json["total"] as? Int == 5)
    }

    @Test func theServersOwnAddressIsLocal() async throws {
        let server = try SharedServer.server
        let base = "http://127.0.0.1:\(server.port)/fhir"
        let made = try await server.send(
            "POST", "/fhir/Patient", json: "{\"resourceType\":\"Patient\"}")
        let id = try #require(made.json["id"] as? String)
        for subject in ["Patient/\(id)", "\(base)/Patient/\(id)"] {
            let json = """
                {"resourceType":"Observation","status":"final","code":{"text":"x"},
                "subject":{"reference":"\(subject)"},
                "derivedFrom":[{"reference":"http://example.org/fhir/Observation/1"}]}
                """
            let stored = try await server.send("POST", "/fhir/Observation", json: json)
            let reference = (stored.json["subject"] as? [String: Any])?["reference"] as? String
            #expect(reference == "Patient/\(id)")
            #expect(stored.text.contains("http://example.org/fhir/Observation/1"))
        }
        for asked in [id, "Patient/\(id)", "\(base)/Patient/\(id)"] {
            for name in ["patient", "subject"] {
                let found = try await server.send("GET", "/fhir/Observation?\(name)=\(asked)")
                #expect(found.json["total"] as? Int == 2, "\(name)=\(asked)")
            }
        }
        let elsewhere = "http://127.0.0.1:1/fhir/Patient/\(id)"
        let none = try await server.send("GET", "/fhir/Observation?patient=\(elsewhere)")
        #expect(none.json["total"] as? Int == 0)
    }

    /// A document is one resource: what its parts call each other stays.
    @Test func aDocumentInsideATransactionKeepsItsNames() async throws {
        let server = try SharedServer.server
        let base = "http://127.0.0.1:\(server.port)/fhir"
        let name = "urn:uuid:0c5f3b0a-0000-4000-8000-00000000000b"
        let document = """
            {"resourceType":"Bundle","type":"collection","entry":[
            {"fullUrl":"\(name)","resource":{"resourceType":"Patient"}},
            {"fullUrl":"\(base)/Group/1","resource":{"resourceType":"Group","type":"person",
            "actual":true,"member":[{"entity":{"reference":"\(name)"}},
            {"entity":{"reference":"\(base)/Patient/1"}}]}}]}
            """
        let places = try await send([
            "{\"resource\":\(document),\"request\":{\"method\":\"POST\",\"url\":\"Bundle\"}}"
        ])
        let stored = try await server.send("GET", "/fhir/\(places[0])").text
        #expect(stored.contains("\"reference\":\"\(name)\""))
        #expect(stored.contains("\"reference\":\"\(base)/Patient/1\""))
    }

    @Test func pagesInsideABatchGoOn() async throws {
        let server = try SharedServer.server
        for number in 1...3 {
            _ = try await server.send(
                "POST", "/fhir/Patient",
                json: "{\"resourceType\":\"Patient\",\"name\":[{\"family\":\"Batch\(number)\"}]}")
        }
        let own = "{\"resourceType\":\"Patient\",\"id\":\"paged\"}"
        for _ in 1...3 { _ = try await server.send("PUT", "/fhir/Patient/paged", json: own) }
        let answer = try await server.send(
            "POST", "/fhir",
            json: """
                {"resourceType":"Bundle","type":"batch","entry":[
                {"request":{"method":"GET","url":"Patient?name=batch&_count=2"}},
                {"request":{"method":"GET","url":"Patient/paged/_history?_count=2"}},
                {"request":{"method":"GET","url":"Patient/paged/_history?_since=2020"}}]}
                """)
        let entries = try #require(answer.json["entry"] as? [[String: Any]])
        let base = "http://127.0.0.1:\(server.port)"
        for (entry, path) in zip(
            entries, ["Patient?name=batch&_count=2", "Patient/paged/_history?_count=2"])
        {
            let page = try #require(entry["resource"] as? [String: Any])
            #expect((page["entry"] as? [Any])?.count == 2)
            let links = page["link"] as? [[String: Any]] ?? []
            #expect(links.first?["url"] as? String == "\(base)/fhir/\(path)")
            let next = try #require(links.last?["url"] as? String)
            #expect(links.last?["relation"] as? String == "next")
            let rest = try await server.send("GET", next.replacing(base, with: ""))
            #expect((rest.json["entry"] as? [Any])?.count == 1)
        }
        let status = (entries[2]["response"] as? [String: Any])?["status"] as? String
        #expect(status?.hasPrefix("400") == true)
    }
}
