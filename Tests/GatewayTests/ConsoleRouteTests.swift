import Foundation
import Gateway
import Identity
import LedgerCore
import Node
import Testing

/// What the console's routes give, and to whom.
@Suite(.serialized, .sharedServer) struct ConsoleRouteTests {
    /// Stores a resource and gives its id.
    private func store(_ type: String, _ json: String) async throws -> String {
        let answer = try await SharedServer.server.send("POST", "/fhir/\(type)", json: json)
        #expect(answer.status == 201, "\(answer.text)")
        return try #require(answer.json["id"] as? String)
    }

    private func patient(_ family: String, person: Identifier? = nil) async throws -> String {
        let own = person.map { #"{"system":"urn:cairn:person","value":"\#($0)"},"# } ?? ""
        return try await store(
            "Patient",
            #"{"resourceType":"Patient","name":[{"family":"\#(family)"}],"birthDate":"1980-05-17","#
                + #""identifier":[\#(own){"system":"urn:x","value":"\#(family)-1"}]}"#)
    }

    private func weight(of patient: String) async throws -> String {
        try await store(
            "Observation",
            #"{"resourceType":"Observation","status":"final","code":{"text":"Weight"},"#
                + #""subject":{"reference":"Patient/\#(patient)"},"valueQuantity":{"value":70.50}}"#
        )
    }

    @Test func aPatientSeesTheirOwnRecordAndNoOther() async throws {
        let server = try SharedServer.server
        let key = WalletKey.generate()
        let person = try await server.enrol(key, roles: [.patient])
        let (own, other) = (try await patient("Own", person: person), try await patient("Other"))
        let (ownWeight, otherWeight) = (try await weight(of: own), try await weight(of: other))
        let browser = try await SessionTests.browser(server, as: .wallet(key))
        let start = try await browser.send("GET", "/")
        #expect(start.status == 303 && start.headers["location"] == "/patients/\(own)")
        for path in [
            "", "/timeline", "/records/Observation/\(ownWeight)",
            "/records/Observation/\(ownWeight)/proof", "/records/Patient/\(own)",
        ] {
            #expect(
                try await browser.send("GET", "/patients/\(own)\(path)").status == 200, "\(path)")
            let foreign = path.replacingOccurrences(of: ownWeight, with: otherWeight)
            let there = try await browser.send("GET", "/patients/\(other)\(foreign)")
            #expect(there.status == 403, "\(path)")
        }
        // Nor by way of their own page.
        for path in ["/records/Observation/\(otherWeight)", "/records/Patient/\(other)"] {
            #expect(try await browser.send("GET", "/patients/\(own)\(path)").status == 404)
            #expect(try await browser.send("GET", "/patients/\(own)\(path)/proof").status == 404)
        }
        for path in ["/patients", "/fhir/Patient/\(own)", "/fhir/Observation"] {
            #expect(try await browser.send("GET", path).status == 403, "\(path)")
        }
    }

    @Test func anAdministratorSeesNoClinicalData() async throws {
        let server = try SharedServer.server
        let key = WalletKey.generate()
        _ = try await server.enrol(key, roles: [.administrator])
        let someone = try await patient("Someone")
        let browser = try await SessionTests.browser(server, as: .wallet(key))
        let start = try await browser.send("GET", "/")
        #expect(start.headers["location"] == "/network")
        for path in ["/patients", "/patients/\(someone)", "/patients/\(someone)/timeline"] {
            #expect(try await browser.send("GET", path).status == 403, "\(path)")
        }
        let network = try await browser.send("GET", "/network")
        #expect(network.status == 200 && !network.text.contains("Someone"))
    }

    @Test func theTimelineKeepsDigitsAndTellsOfEveryRecord() async throws {
        let server = try SharedServer.server
        let patient = try await patient("Digits")
        _ = try await weight(of: patient)
        let answer = try await server.send("GET", "/patients/\(patient)/timeline")
        #expect(answer.status == 200)
        #expect(answer.text.contains(",70.50,null,"))
        #expect((answer.json["items"] as? [Any])?.count == 1)
    }

    @Test func findingTakesNamesIdentifiersAndBirthDates() async throws {
        let server = try SharedServer.server
        _ = try await patient("Findable")
        for query in ["findab", "Findable-1", "1980-05-17", "NDABL"] {
            let page = try await server.send("GET", "/patients?q=\(query)")
            #expect(page.text.contains(">Findable<"), "\(query)")
        }
        let none = try await server.send("GET", "/patients?q=%2C%7C%24%5C%22%3Cb%3E")
        #expect(none.status == 200 && none.text.contains("&quot;&lt;b&gt;"))
    }

    @Test func pagesAllowNothingFromElsewhere() async throws {
        let server = try SharedServer.server
        for path in ["/", "/network", "/patients", "/assets/console.css"] {
            let answer = try await server.send("GET", path, headers: [("accept", "text/html")])
            let policy = try #require(answer.headers["content-security-policy"], "\(path)")
            #expect(policy.hasPrefix("default-src 'none'; "))
            #expect(!policy.contains("unsafe") && !policy.contains("*") && !policy.contains("http"))
            #expect(policy.contains("frame-ancestors 'none'") && policy.contains("base-uri 'none'"))
            #expect(answer.headers["x-content-type-options"] == "nosniff" || path == "/")
            #expect(answer.headers["referrer-policy"] == "no-referrer")
        }
    }

    /// Scripts together stay below 100 kB, and load only each other.
    @Test func assetsAreSmallAndTheirOwn() async throws {
        let server = try SharedServer.server
        var bytes = 0
        var seen = Set<String>()
        var open = ["login.js", "shell.js", "patient.js"]
        while let name = open.popLast() {
            guard seen.insert(name).inserted else { continue }
            let answer = try await server.send(
                "GET", "/assets/\(name)", as: TestServer.Credential.none)
            #expect(answer.status == 200, "\(name)")
            #expect(answer.headers["content-type"] == "text/javascript; charset=utf-8")
            #expect(!answer.text.contains("innerHTML") && !answer.text.contains("://"), "\(name)")
            let etag = try #require(answer.headers["etag"])
            let again = try await server.send(
                "GET", "/assets/\(name)", headers: [("if-none-match", etag)])
            #expect(again.status == 304)
            bytes += answer.body.count
            for line in answer.text.components(separatedBy: "\"./").dropFirst() {
                open.append(String(line.prefix { $0 != "\"" }))
            }
        }
        #expect(seen.count == 9 && bytes < 100_000)
        #expect(try await server.send("GET", "/assets/..%2fgenesis").status == 404)
    }

    @Test func theStreamTellsBlocksAndGoesOnWhereItStopped() async throws {
        let server = try SharedServer.server
        _ = try await patient("Stream")
        let height = try server.height
        #expect(try await ids(after: nil, blocks: 1) == [height])
        #expect(try await ids(after: "\(height - 2)", blocks: 2) == [height - 1, height])
        // Who missed more than is told gets the newest; who knows the future, what comes.
        let first = try #require(try await ids(after: "0", blocks: 1).first)
        #expect(first == (height > 100 ? height - 100 : 1))
        let wrong = try await server.send(
            "GET", "/api/v1/ledger/main/events?blocks=1", headers: [("last-event-id", "x")])
        #expect(wrong.status == 400)
        let other = try await server.send("GET", "/api/v1/ledger/other/events?blocks=1")
        #expect(other.status == 404)
    }

    /// The ids of the blocks that a stream tells.
    private func ids(after last: String?, blocks: Int) async throws -> [UInt64] {
        let server = try SharedServer.server
        let headers = last.map { [("last-event-id", $0)] } ?? []
        let head = try server.head(
            "GET", "/api/v1/ledger/main/events?blocks=\(blocks)", server.own,
            headers + [("connection", "close")])
        let text = try await TestSocket.with(port: server.port) { socket in
            try socket.write(head)
            return try socket.readToEnd()
        }
        return text.components(separatedBy: "\n").compactMap { line in
            line.hasPrefix("id: ") ? UInt64(line.dropFirst(4)) : nil
        }
    }
}
