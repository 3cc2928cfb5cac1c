import Foundation
import Testing

@Suite("Searches that cannot be answered are refused", .serialized)
struct RequestSearchTests {
    static let bad = [
        "Patient?nickname=x", "Patient?name:above=x", "Patient?birthdate=yesterday",
        "Patient?birthdate=2024-13-01", "Patient?birthdate=gt", "Patient?_lastUpdated=x",
        "Patient?_count=x", "Patient?_count=-1", "Patient?_summary=maybe", "Patient?gender:x=male",
        "Patient?_id=a%20b", "Observation?patient=Starship/1", "Observation?date=ge2024-02-30",
        "Patient?name=%ff", "Patient?name=%zz", "Patient?name", "Patient?=x",
        "Patient?_sort=name", "Patient?_include=Patient:organization", "Patient?_has:x=y",
        "Patient?_cursor=garbage", "Observation?code=a|b|c",
    ]

    @Test func badSearchesAre400() async throws {
        let bench = try await Bench.start("search")
        _ = try await bench.create("Patient", Sample.patient(family: "Okafor"))
        try await bench.unchanged {
            for query in RequestSearchTests.bad {
                let answer = try await raw(query, bench)
                #expect(answer.start.hasPrefix("HTTP/1.1 400"), "\(query): \(answer)")
                let text = String(decoding: answer.body, as: UTF8.self)
                #expect(text.contains("OperationOutcome"), "\(query): \(text)")
            }
        }
    }

    private func raw(_ query: String, _ bench: Bench) async throws -> RawMessage {
        let token = try #require(bench.client.token)
        let text = try await Socket.exchange(
            bench.server.url,
            "GET /fhir/\(query) HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \(token)\r\n"
                + "Connection: close\r\n\r\n")
        return try #require(RawMessage(Array(text.utf8)), "\(query): \(text)")
    }

    @Test func searchesByFormAreTheSame() async throws {
        let bench = try await Bench.start("search")
        let id = try await bench.create("Patient", Sample.patient(family: "Okafor"))
        let form = try await bench.client.send(
            "POST", "/fhir/Patient/_search", Data("name=okafor&_count=5".utf8),
            type: "application/x-www-form-urlencoded")
        #expect(form.resources.map { $0["id"] as? String } == [id], "\(form)")
        try await bench.refused(
            400, "POST", "/fhir/Patient/_search", Data("nickname=x".utf8),
            type: "application/x-www-form-urlencoded")
    }

    /// What somebody looked for says something about a patient.
    @Test func queriesAreNotLogged() async throws {
        let bench = try await Bench.start("search")
        for query in ["name=Quibbledorf", "nickname=Quibbledorf", "identifier=x|Quibbledorf"] {
            _ = try await bench.client.get("/fhir/Patient?\(query)")
        }
        _ = try await bench.client.get("/fhir/Patient/Quibbledorf")
        _ = try await bench.client.send(
            "POST", "/fhir/Patient", Data(Sample.patient(family: "Quibbledorf").utf8))
        _ = try await bench.server.stop()
        #expect(!bench.server.stderr.contains("Quibbledorf"))
        let folder = URL(filePath: bench.server.data + "/log")
        for name in try FileManager.default.contentsOfDirectory(atPath: folder.path) {
            let log = try Data(contentsOf: folder.appending(path: name))
            #expect(!String(decoding: log, as: UTF8.self).contains("Quibbledorf"), "\(name)")
        }
    }
}
