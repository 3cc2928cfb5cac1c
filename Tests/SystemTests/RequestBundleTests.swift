import Foundation
import Testing

@Suite("Transactions and batches", .serialized)
struct RequestBundleTests {
    private static let patientName = "urn:uuid:0c5f3b0a-0000-4000-8000-000000000001"
    private static let observationName = "urn:uuid:0c5f3b0a-0000-4000-8000-000000000002"

    @Test func namesInsideATransactionBecomeReferences() async throws {
        let bench = try await Bench.start("bundle")
        let report = """
            {"resourceType":"DiagnosticReport","status":"final","code":{"text":"x"},\
            "subject":{"reference":"\(RequestBundleTests.patientName)"},\
            "result":[{"reference":"\(RequestBundleTests.observationName)"}]}
            """
        // The references stand before what they name.
        let bundle = Sample.bundle(
            "transaction",
            [
                Sample.entry("POST", "DiagnosticReport", report),
                Sample.entry(
                    "POST", "Observation",
                    Sample.observation(subject: RequestBundleTests.patientName),
                    fullUrl: RequestBundleTests.observationName),
                Sample.entry(
                    "POST", "Patient", Sample.patient(family: "Okafor"),
                    fullUrl: RequestBundleTests.patientName),
            ])
        let before = try await bench.logSize()
        let answer = try await bench.client.send("POST", "/fhir", Data(bundle.utf8))
        #expect(answer.status == 200)
        #expect(answer.object["type"] as? String == "transaction-response")
        #expect(answer.entryStatuses == ["201 Created", "201 Created", "201 Created"])
        // One transaction, one seal.
        #expect(try await bench.logSize() == before + 2)

        let places = answer.entries.compactMap {
            ($0["response"] as? [String: Any])?["location"] as? String
        }.map { $0.replacing("/_history/1", with: "") }
        let stored = try await bench.client.get("/fhir/\(places[0])").object
        let subject = stored["subject"] as? [String: Any]
        let result = (stored["result"] as? [[String: Any]])?.first
        #expect(subject?["reference"] as? String == places[2])
        #expect(result?["reference"] as? String == places[1])
        #expect(try await bench.client.count("Observation?patient=\(places[2])") == 1)
    }

    @Test func conditionalReferencesFindTheirTargets() async throws {
        let bench = try await Bench.start("bundle")
        let identifier = #","identifier":[{"system":"http://x.org","value":"4711"}]"#
        let id = try await bench.create(
            "Patient", Sample.patient(family: "Okafor", more: identifier))
        let observation = Sample.observation(subject: "Patient?identifier=http://x.org|4711")
        for kind in ["transaction", "batch"] {
            let bundle = Sample.bundle(kind, [Sample.entry("POST", "Observation", observation)])
            let answer = try await bench.client.send("POST", "/fhir", Data(bundle.utf8))
            #expect(answer.entryStatuses == ["201 Created"], "\(kind): \(answer)")
        }
        #expect(try await bench.client.count("Observation?patient=\(id)") == 2)
    }

    /// The entry that fails only when it is applied takes the others with it, too.
    @Test func transactionIsAllOrNothing() async throws {
        let bench = try await Bench.start("bundle")
        let id = try await bench.create("Patient", Sample.patient(family: "Old"))
        let sound = (0..<20).map {
            Sample.entry("POST", "Patient", Sample.patient(family: "New\($0)"))
        }
        let changed = Sample.entry(
            "PUT", "Patient/\(id)", Sample.patient(family: "New", id: id))
        let failing = [
            Sample.entry(
                "PUT", "Patient/\(id)", Sample.patient(family: "x", id: id),
                more: #","ifMatch":"W/\"7\"""#),
            Sample.entry(
                "POST", "Patient", Sample.patient(family: "x"),
                more: #","ifNoneExist":"nickname=x""#),
            Sample.entry("GET", "Patient/nobody"), Sample.entry("GET", "Patient?nickname=x"),
            Sample.entry("PATCH", "Patient/\(id)", Sample.patient(family: "x", id: id)),
        ]
        for entry in failing {
            let change = entry.contains("\"PUT\"") ? [] : [changed]
            let bundle = Sample.bundle("transaction", sound + change + [entry])
            try await bench.unchanged {
                let answer = try await bench.client.send("POST", "/fhir", Data(bundle.utf8))
                Bench.expectRefusal(answer, answer.status, entry)
                #expect([400, 404, 412, 422].contains(answer.status), "\(entry): \(answer)")
            }
        }
        #expect(try await bench.client.count("Patient") == 1)
        #expect(try await bench.client.get("/fhir/Patient/\(id)").text.contains("Old"))
    }

    @Test func batchEntriesStandAlone() async throws {
        let bench = try await Bench.start("bundle")
        let id = try await bench.create("Patient", Sample.patient(family: "Okafor"))
        let bundle = Sample.bundle(
            "batch",
            [
                Sample.entry("POST", "Patient", Sample.patient(family: "Byron")),
                Sample.entry("POST", "Patient", #"{"resourceType":"Patient","gender":"m"}"#),
                Sample.entry("GET", "Patient/\(id)"), Sample.entry("GET", "Patient/nobody"),
                Sample.entry("GET", "Patient?name=okafor"),
                Sample.entry("GET", "Patient?nickname=x"),
                Sample.entry("PUT", "Patient/own", Sample.patient(family: "x", id: "own")),
                Sample.entry(
                    "PUT", "Patient/\(id)", Sample.patient(family: "x", id: id),
                    more: #","ifMatch":"W/\"7\"""#),
                Sample.entry("DELETE", "Patient/\(id)"), Sample.entry("DELETE", "Patient/nobody"),
            ])
        let answer = try await bench.client.send("POST", "/fhir", Data(bundle.utf8))
        #expect(answer.status == 200)
        #expect(answer.object["type"] as? String == "batch-response")
        let numbers = answer.entryStatuses.map { String($0.prefix(3)) }
        #expect(
            numbers.prefix(2) == ["201", "422"] && numbers.dropFirst(3).prefix(1) == ["404"]
                && numbers.dropFirst(5) == ["400", "201", "412", "204", "204"], "\(numbers)")
        for (entry, number) in zip(answer.entries, numbers) where number >= "400" {
            let outcome = (entry["response"] as? [String: Any])?["outcome"] as? [String: Any]
            #expect(outcome?["resourceType"] as? String == "OperationOutcome", "\(entry)")
        }
    }

    /// Reads see what the same transaction wrote (FHIR R4, http.html#trules).
    @Test func readsOfATransactionComeLast() async throws {
        let bench = try await Bench.start("bundle")
        let bundle = Sample.bundle(
            "transaction",
            [
                Sample.entry("GET", "Patient/own"), Sample.entry("GET", "Patient?name=okafor"),
                Sample.entry("PUT", "Patient/own", Sample.patient(family: "Okafor", id: "own")),
            ])
        let answer = try await bench.client.send("POST", "/fhir", Data(bundle.utf8))
        #expect(answer.entryStatuses == ["200 OK", "200 OK", "201 Created"], "\(answer)")
        #expect(answer.resources.first?["id"] as? String == "own")
        #expect(answer.resources.last?["total"] as? Int == 1)
    }

    @Test func conditionalCreateHoldsInsideBundles() async throws {
        let bench = try await Bench.start("bundle")
        let identifier = #","identifier":[{"system":"http://x.org","value":"4711"}]"#
        let bundle = Data(
            Sample.bundle(
                "transaction",
                [
                    Sample.entry(
                        "POST", "Patient", Sample.patient(family: "Okafor", more: identifier),
                        fullUrl: RequestBundleTests.patientName,
                        more: #","ifNoneExist":"identifier=http://x.org|4711""#),
                    Sample.entry(
                        "POST", "Observation",
                        Sample.observation(subject: RequestBundleTests.patientName)),
                ]
            ).utf8)
        let answers = try await atOnce(10) { _ in
            try await bench.client.send("POST", "/fhir", bundle)
        }
        #expect(answers.allSatisfy { $0.status == 200 }, "\(answers)")
        #expect(try await bench.client.count("Patient") == 1)
        let id = try await bench.client.get("/fhir/Patient").resources.first?["id"] as? String
        #expect(try await bench.client.count("Observation?patient=\(try #require(id))") == 10)
    }
}
