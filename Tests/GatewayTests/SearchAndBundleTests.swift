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
}
