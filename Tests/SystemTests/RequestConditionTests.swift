import Foundation
import Testing

@Suite("Exactly once", .serialized)
struct RequestConditionTests {
    private func patient(_ number: String, more: String = "") -> String {
        Sample.patient(
            family: "Okafor",
            more: #","identifier":[{"system":"http://x.org","value":"\#(number)"}]\#(more)"#)
    }

    @Test func conditionalCreateMakesOneOrFindsOneOrRefuses() async throws {
        let bench = try await Bench.start("condition")
        let condition = ["If-None-Exist": "identifier=http://x.org|1"]
        let body = Data(patient("1").utf8)
        let first = try await bench.client.send("POST", "/fhir/Patient", body, headers: condition)
        #expect(first.status == 201)
        try await bench.unchanged {
            let again = try await bench.client.send(
                "POST", "/fhir/Patient", body, headers: condition)
            #expect(again.status == 200)
            #expect(again.object["id"] as? String == first.object["id"] as? String)
        }
        // Without the condition a second one comes to be, and then the condition is ambiguous.
        _ = try await bench.create("Patient", patient("2"))
        _ = try await bench.create("Patient", patient("2"))
        try await bench.unchanged {
            try await bench.refused(
                412, "POST", "/fhir/Patient", body,
                headers: ["If-None-Exist": "identifier=http://x.org|2"], saying: "more than one")
            for bad in ["", "nickname=x", "birthdate=yesterday", "identifier"] {
                try await bench.refused(
                    400, "POST", "/fhir/Patient", body, headers: ["If-None-Exist": bad])
            }
        }
        #expect(try await bench.client.count("Patient") == 3)
    }

    /// What matches nothing is created (FHIR R4, http.html#ccreate), also the second time.
    @Test func whatMissesItsOwnConditionAnswersForNothing() async throws {
        let bench = try await Bench.start("condition")
        let condition = ["If-None-Exist": "identifier=http://x.org|1"]
        let other = Data(patient("2").utf8)
        for _ in 0..<2 {
            let made = try await bench.client.send(
                "POST", "/fhir/Patient", other, headers: condition)
            #expect(made.status == 201, "\(made)")
        }
        let body = Data(patient("1").utf8)
        for status in [201, 200] {
            let made = try await bench.client.send(
                "POST", "/fhir/Patient", body, headers: condition)
            #expect(made.status == status, "\(made)")
        }
    }

    @Test func deletedResourcesSatisfyNoCondition() async throws {
        let bench = try await Bench.start("condition")
        let condition = ["If-None-Exist": "identifier=http://x.org|1"]
        let body = Data(patient("1").utf8)
        for _ in 0..<3 {
            let made = try await bench.client.send(
                "POST", "/fhir/Patient", body, headers: condition)
            #expect(made.status == 201, "\(made)")
            let id = try #require(made.object["id"] as? String)
            #expect(try await bench.client.send("DELETE", "/fhir/Patient/\(id)").status == 204)
        }
    }

    @Test func twentyIdenticalConditionalCreatesMakeOne() async throws {
        let bench = try await Bench.start("condition")
        for round in 0..<5 {
            let body = Data(patient("\(round)").utf8)
            let answers = try await atOnce(20) { _ in
                try await bench.client.send(
                    "POST", "/fhir/Patient", body,
                    headers: ["If-None-Exist": "identifier=http://x.org|\(round)"])
            }
            #expect(answers.filter { $0.status == 201 }.count == 1, "\(answers)")
            #expect(answers.filter { $0.status == 200 }.count == 19, "\(answers)")
            #expect(Set(answers.map { $0.object["id"] as? String }).count == 1)
        }
        #expect(try await bench.client.count("Patient") == 5)
    }

    @Test func idempotencyKeyGivesTheSameAnswerAgain() async throws {
        let bench = try await Bench.start("idempotency")
        let body = Data(patient("1").utf8)
        let key = ["Idempotency-Key": "8e5f-1"]
        let first = try await bench.client.send("POST", "/fhir/Patient", body, headers: key)
        #expect(first.status == 201)
        #expect(first.headers["idempotency-replayed"] == nil)
        try await bench.unchanged {
            let again = try await bench.client.send("POST", "/fhir/Patient", body, headers: key)
            #expect(again.status == 201 && again.text == first.text)
            #expect(again.headers["idempotency-replayed"] == "true")
            #expect(again.headers["location"] == first.headers["location"])
            #expect(again.headers["etag"] == first.headers["etag"])
        }
        let other = try await bench.client.send(
            "POST", "/fhir/Patient", body, headers: ["Idempotency-Key": "8e5f-2"])
        #expect(other.object["id"] as? String != first.object["id"] as? String)
    }

    /// A key that comes with something else would otherwise lose that write without a word.
    @Test func idempotencyKeyOfAnotherRequestIsRefused() async throws {
        let bench = try await Bench.start("idempotency")
        let key = ["Idempotency-Key": "8e5f-1"]
        let id =
            try await bench.client.send(
                "POST", "/fhir/Patient", Data(patient("1").utf8), headers: key
            ).object["id"] as? String
        let subject = "Patient/\(try #require(id))"
        try await bench.unchanged {
            try await bench.refused(
                422, "POST", "/fhir/Patient", Data(patient("2").utf8), headers: key,
                saying: "Idempotency-Key")
            try await bench.refused(
                422, "POST", "/fhir/Observation",
                Data(Sample.observation(subject: subject).utf8), headers: key)
            try await bench.refused(422, "DELETE", "/fhir/\(subject)", headers: key)
            let long = String(repeating: "x", count: 256)
            for bad in [long, "a b", "ä"] {
                try await bench.refused(
                    400, "POST", "/fhir/Patient", Data(patient("3").utf8),
                    headers: ["Idempotency-Key": bad])
            }
        }
    }

    @Test func twentyRequestsUnderOneKeyMakeOne() async throws {
        let bench = try await Bench.start("idempotency")
        for round in 0..<5 {
            let body = Data(patient("\(round)").utf8)
            let answers = try await atOnce(20) { _ in
                try await bench.client.send(
                    "POST", "/fhir/Patient", body, headers: ["Idempotency-Key": "key-\(round)"])
            }
            #expect(answers.allSatisfy { $0.status == 201 }, "\(answers.map(\.description))")
            let replayed = answers.filter { $0.headers["idempotency-replayed"] == "true" }
            #expect(replayed.count == 19)
            #expect(Set(answers.map(\.text)).count == 1)
        }
        #expect(try await bench.client.count("Patient") == 5)
    }

    @Test func keysHoldForBundlesToo() async throws {
        let bench = try await Bench.start("idempotency")
        for kind in ["transaction", "batch"] {
            let bundle = Data(
                Sample.bundle(
                    kind,
                    [
                        Sample.entry("POST", "Patient", patient("1")),
                        Sample.entry("POST", "Patient", patient("2")),
                    ]
                ).utf8)
            let key = ["Idempotency-Key": "bundle-\(kind)"]
            let first = try await bench.client.send("POST", "/fhir", bundle, headers: key)
            #expect(first.status == 200 && first.headers["idempotency-replayed"] == nil)
            try await bench.unchanged {
                let again = try await bench.client.send("POST", "/fhir", bundle, headers: key)
                #expect(again.headers["idempotency-replayed"] == "true")
                #expect(again.text == first.text)
            }
        }
        #expect(try await bench.client.count("Patient") == 4)
    }
}
