import Foundation
import Testing

@Suite("A resource's life", .serialized)
struct RequestLifeTests {
    @Test func createReadUpdateDeleteAndHistory() async throws {
        let bench = try await Bench.start("crud")
        let client = bench.client
        let created = try await client.send(
            "POST", "/fhir/Patient", Data(Sample.patient(family: "Okafor").utf8))
        #expect(created.status == 201)
        let id = try #require(created.object["id"] as? String)
        let path = "/fhir/Patient/\(id)"
        #expect(created.headers["location"]?.hasSuffix("\(path)/_history/1") == true)
        #expect(created.headers["etag"] == #"W/"1""#)
        #expect(created.headers["last-modified"]?.hasSuffix("GMT") == true)
        #expect(created.headers["cairn-transaction"]?.count == 64)
        #expect(created.headers["cairn-record"]?.count == 32)

        let read = try await client.get(path)
        #expect(read.status == 200 && read.text == created.text)
        let changed = Data(Sample.patient(family: "Byron", id: id).utf8)
        let updated = try await client.send("PUT", path, changed)
        #expect(updated.status == 200)
        #expect(updated.headers["etag"] == #"W/"2""#)
        #expect(updated.headers["cairn-record"] == created.headers["cairn-record"])
        #expect(try await client.get(path).text.contains("Byron"))
        #expect(try await client.get("\(path)/_history/1").text == created.text)
        #expect(try await client.get("\(path)/_history/2").text == updated.text)
        try await bench.refused(404, "GET", "\(path)/_history/3")

        #expect(try await client.send("DELETE", path).status == 204)
        try await bench.refused(410, "GET", path, saying: "deleted")
        try await bench.refused(410, "GET", "\(path)/_history/3")
        #expect(try await client.get("\(path)/_history/1").text == created.text)
        #expect(try await client.count("Patient") == 0)
        // Deleting what is gone is no error and writes nothing.
        try await bench.unchanged {
            for place in [path, "/fhir/Patient/nobody"] {
                let again = try await client.send("DELETE", place)
                #expect(again.status == 204)
            }
        }
        let history = try await client.get("\(path)/_history")
        #expect(history.object["total"] as? Int == 3)
        let methods = history.entries.map {
            ($0["request"] as? [String: Any])?["method"] as? String ?? ""
        }
        #expect(methods == ["DELETE", "PUT", "POST"])

        // It can come back, with the next version.
        let back = try await client.send("PUT", path, changed)
        #expect(back.headers["etag"] == #"W/"4""#, "\(back)")
        #expect(try await client.get(path).status == 200)
    }

    @Test func clientsMayGiveTheID() async throws {
        let bench = try await Bench.start("crud")
        let patient = Data(Sample.patient(family: "Okafor", id: "my-own.1").utf8)
        let created = try await bench.client.send("PUT", "/fhir/Patient/my-own.1", patient)
        #expect(created.status == 201)
        #expect(created.object["id"] as? String == "my-own.1")
        #expect(try await bench.client.send("PUT", "/fhir/Patient/my-own.1", patient).status == 200)
        try await bench.unchanged {
            try await bench.refused(400, "PUT", "/fhir/Patient/other", patient, saying: "id")
            let long = String(repeating: "x", count: 65)
            try await bench.refused(
                400, "PUT", "/fhir/Patient/\(long)",
                Data(Sample.patient(family: "x", id: long).utf8))
        }
    }

    @Test func ifMatchGuardsAgainstLostUpdates() async throws {
        let bench = try await Bench.start("crud")
        let id = try await bench.create("Patient", Sample.patient(family: "Okafor"))
        let path = "/fhir/Patient/\(id)"
        let next = Data(Sample.patient(family: "Byron", id: id).utf8)
        try await bench.unchanged {
            for (tag, status) in [
                (#"W/"2""#, 412), (#"W/"0""#, 412), (#""x""#, 412), ("garbage", 400),
            ] {
                try await bench.refused(status, "PUT", path, next, headers: ["If-Match": tag])
                try await bench.refused(status, "DELETE", path, headers: ["If-Match": tag])
            }
            try await bench.refused(
                412, "PUT", "/fhir/Patient/new", Data(Sample.patient(family: "x", id: "new").utf8),
                headers: ["If-Match": #"W/"1""#], saying: "there is no Patient")
        }
        let match = ["If-Match": #"W/"1""#]
        // Twenty at once: one wins.
        let statuses = try await atOnce(20) { _ in
            try await bench.client.send("PUT", path, next, headers: match).status
        }
        #expect(statuses.filter { $0 == 200 }.count == 1, "\(statuses)")
        #expect(statuses.filter { $0 == 412 }.count == 19, "\(statuses)")
        #expect(try await bench.client.get(path).headers["etag"] == #"W/"2""#)
        // Without it, all are written, one after another.
        let all = try await atOnce(64) { _ in
            try await bench.client.send("PUT", path, next).status
        }
        #expect(all.allSatisfy { $0 == 200 }, "\(all)")
        #expect(try await bench.client.get(path).headers["etag"] == #"W/"66""#)
    }

    @Test func conditionalReadsSaveTheBody() async throws {
        let bench = try await Bench.start("crud")
        let id = try await bench.create("Patient", Sample.patient(family: "Okafor"))
        let path = "/fhir/Patient/\(id)"
        let read = try await bench.client.get(path)
        let modified = try #require(read.headers["last-modified"])
        for headers in [["If-None-Match": #"W/"1""#], ["If-Modified-Since": modified]] {
            let answer = try await bench.client.get(path, headers: headers)
            #expect(answer.status == 304 && answer.body.isEmpty, "\(headers): \(answer)")
        }
        let other = try await bench.client.get(path, headers: ["If-None-Match": #"W/"9""#])
        #expect(other.status == 200)
    }

    @Test(arguments: ["1.00", "1e3", "0.10", "-0.0", "100", "1.0E+2", "12345678901234567890.123"])
    func decimalsKeepTheirDigits(_ digits: String) async throws {
        let bench = try await Bench.start("digits")
        let patient = try await bench.create("Patient", Sample.patient(family: "Okafor"))
        let id = try await bench.create(
            "Observation", Sample.observation(subject: "Patient/\(patient)", value: digits))
        for path in ["Observation/\(id)", "Observation/\(id)/_history/1", "Observation?_id=\(id)"] {
            let text = try await bench.client.get("/fhir/\(path)").text
            #expect(text.contains(#""value":\#(digits)}"#), "\(path): \(text)")
        }
    }

    @Test func textSurvivesAsItIs() async throws {
        let bench = try await Bench.start("text")
        let family = #"Ωmega \"x\" \\ 汉字 🏥 e\u0301 \u2028 / \/"#
        let id = try await bench.create("Patient", Sample.patient(family: family))
        let text = try await bench.client.get("/fhir/Patient/\(id)").text
        #expect(text.contains(#""family":"\#(family)""#), "\(text)")
    }

    @Test func preferSaysWhatComesBack() async throws {
        let bench = try await Bench.start("prefer")
        let patient = Data(Sample.patient(family: "Okafor").utf8)
        func body(_ preference: String) async throws -> HTTPAnswer {
            try await bench.client.send(
                "POST", "/fhir/Patient", patient, headers: ["Prefer": "return=\(preference)"])
        }
        let minimal = try await body("minimal")
        #expect(minimal.status == 201 && minimal.body.isEmpty)
        #expect(minimal.headers["location"] != nil)
        let whole = try await body("representation")
        #expect(whole.object["resourceType"] as? String == "Patient")
        let outcome = try await body("OperationOutcome")
        #expect(outcome.status == 201)
        #expect(outcome.object["resourceType"] as? String == "OperationOutcome")
    }

    @Test func writesAreVisibleAtOnce() async throws {
        let bench = try await Bench.start("visible")
        for number in 0..<50 {
            let id = try await bench.create(
                "Patient", Sample.patient(family: "Family\(number)"))
            let found = try await bench.client.get("/fhir/Patient?name=Family\(number)").resources
            #expect(found.map { $0["id"] as? String } == [id])
        }
    }
}

/// Runs the same thing many times at once.
func atOnce<Result: Sendable>(
    _ count: Int, _ work: @escaping @Sendable (Int) async throws -> Result
) async throws -> [Result] {
    try await withThrowingTaskGroup(of: Result.self) { group in
        for number in 0..<count { group.addTask { try await work(number) } }
        return try await group.reduce(into: []) { $0.append($1) }
    }
}
