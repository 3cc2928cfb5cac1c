import Foundation
import Testing

/// A body that must be refused, and how.
struct BadBody: Sendable, CustomTestStringConvertible {
    let name: String
    let body: Data
    let status: Int
    let words: String
    var path = "/fhir/Patient"

    init(_ name: String, _ body: String, _ status: Int, _ words: String, path: String? = nil) {
        self.init(name, Data(body.utf8), status, words, path: path)
    }

    init(_ name: String, _ body: Data, _ status: Int, _ words: String, path: String? = nil) {
        self.name = name
        self.body = body
        self.status = status
        self.words = words
        self.path = path ?? self.path
    }

    var testDescription: String { name }

    static let notJSON = [
        BadBody("broken JSON", #"{"resourceType":"Patient""#, 400, "JSON"),
        BadBody("nothing", "", 400, ""),
        BadBody("blanks", "  \n ", 400, "JSON"),
        BadBody("an array", #"[{"resourceType":"Patient"}]"#, 400, "object"),
        BadBody("a string", #""Patient""#, 400, "object"),
        BadBody("a number", "12", 400, "object"),
        BadBody("null", "null", 400, "object"),
        BadBody("two objects", #"{"resourceType":"Patient"}{}"#, 400, "JSON"),
        BadBody("a comma too many", #"{"resourceType":"Patient",}"#, 400, "JSON"),
        BadBody("a comment", #"{"resourceType":"Patient"/* x */}"#, 400, "JSON"),
        BadBody("not a number", #"{"resourceType":"Patient","multipleBirthInteger":NaN}"#, 400, ""),
        BadBody(
            "a leading zero", #"{"resourceType":"Patient","multipleBirthInteger":01}"#, 400, ""),
        BadBody(
            "the same name twice", #"{"resourceType":"Patient","gender":"male","gender":"female"}"#,
            400, "twice"),
        BadBody(
            "invalid UTF-8",
            Data(#"{"resourceType":"Patient","gender":""#.utf8) + Data([0xc3, 0x28])
                + Data(#""}"#.utf8), 400, "UTF-8"),
        BadBody(
            "half a surrogate pair", #"{"resourceType":"Patient","language":"\ud800"}"#, 400, ""),
        BadBody(
            "a control character", "{\"resourceType\":\"Patient\",\"language\":\"a\u{1}b\"}", 400,
            ""),
        BadBody("100,000 brackets", String(repeating: "[", count: 100_000), 400, "JSON"),
        BadBody(
            "100,000 objects", String(repeating: #"{"a":"#, count: 100_000), 400, "JSON"),
        BadBody(
            "deep extensions",
            #"{"resourceType":"Patient","extension":"#
                + String(repeating: #"[{"url":"a","extension":"#, count: 2_000) + "[]"
                + String(repeating: "}]", count: 2_000) + "}", 400, ""),
    ]

    static let notFHIR = [
        BadBody("no resourceType", #"{"gender":"male"}"#, 400, "resourceType"),
        BadBody("another type", #"{"resourceType":"Observation"}"#, 400, "Patient"),
        BadBody("no type of FHIR", #"{"resourceType":"Patiend"}"#, 400, "type"),
        BadBody("unknown type", #"{"resourceType":"Starship"}"#, 404, "", path: "/fhir/Starship"),
        BadBody(
            "an abstract type", #"{"resourceType":"Resource"}"#, 404, "", path: "/fhir/Resource"),
        BadBody(
            "unknown element", #"{"resourceType":"Patient","nickname":"Ada"}"#, 422,
            "no such element"),
        BadBody(
            "unknown element inside", #"{"resourceType":"Patient","name":[{"surname":"x"}]}"#, 422,
            "Patient.name[0]"),
        BadBody(
            "two of a choice",
            #"{"resourceType":"Patient","deceasedBoolean":true,"deceasedDateTime":"2020"}"#, 422, ""
        ),
        BadBody(
            "a list where one belongs", #"{"resourceType":"Patient","gender":["male"]}"#, 422,
            "gender"),
        BadBody(
            "one where a list belongs", #"{"resourceType":"Patient","name":{"family":"x"}}"#, 422,
            "name"),
        BadBody("an empty list", #"{"resourceType":"Patient","name":[]}"#, 422, ""),
        BadBody("an empty object", #"{"resourceType":"Patient","name":[{}]}"#, 422, ""),
        BadBody("an empty string", #"{"resourceType":"Patient","gender":""}"#, 422, ""),
        BadBody(
            "no date", #"{"resourceType":"Patient","birthDate":"14.3.1979"}"#, 422, "birthDate"),
        BadBody(
            "no such day", #"{"resourceType":"Patient","birthDate":"2023-02-30"}"#, 422,
            "birthDate"),
        BadBody("no boolean", #"{"resourceType":"Patient","active":"true"}"#, 422, "active"),
        BadBody(
            "no code of the binding", #"{"resourceType":"Patient","gender":"m"}"#, 422, "gender"),
        BadBody(
            "no id", #"{"resourceType":"Patient","id":"a b"}"#, 422, "id"),
        BadBody(
            "required elements missing", #"{"resourceType":"Observation","status":"final"}"#, 422,
            "code", path: "/fhir/Observation"),
        BadBody(
            "a script in the narrative",
            ##"{"resourceType":"Patient","text":{"status":"generated","div":"<div xmlns=\"http://www.w3.org/1999/xhtml\"><script>x</script></div>"}}"##,
            422, "txt-1"),
    ]

    static func subject(
        _ name: String, _ reference: String, _ words: String = "", status: Int = 422
    ) -> BadBody {
        BadBody(
            name, Sample.observation(subject: reference), status, words, path: "/fhir/Observation")
    }

    static let badReferences = [
        subject("a malformed reference", "Patient", "reference"),
        subject("an unknown type", "Starship/1", "reference"),
        subject("a wrong target type", "Medication/1", "Patient"),
        subject("a bad id", "Patient/a b", "reference"),
        subject("an empty reference", "", ""),
        subject("a conditional reference to nobody", "Patient?identifier=x", status: 412),
        subject("a conditional reference by no parameter", "Patient?nickname=x", status: 400),
    ]
}

@Suite("What is not sound is refused, and leaves nothing", .serialized)
struct RequestBodyTests {
    @Test(arguments: [BadBody.notJSON, BadBody.notFHIR, BadBody.badReferences])
    func badBodiesAreRefused(_ bodies: [BadBody]) async throws {
        let bench = try await Bench.start("bodies")
        try await bench.unchanged {
            for body in bodies {
                let answer = try await bench.client.send("POST", body.path, body.body)
                Bench.expectRefusal(answer, body.status, saying: body.words, body.name)
            }
        }
    }

    /// A body that is refused by itself is refused inside a transaction too, and takes the sound
    /// entries with it.
    @Test(arguments: [BadBody.notFHIR, BadBody.badReferences])
    func oneBadEntryRefusesTheTransaction(_ bodies: [BadBody]) async throws {
        let bench = try await Bench.start("bodies")
        try await bench.unchanged {
            for body in bodies {
                let type = String(body.path.dropFirst("/fhir/".count))
                let bundle = Sample.bundle(
                    "transaction",
                    [
                        Sample.entry("POST", "Patient", Sample.patient(family: "Sound")),
                        Sample.entry("POST", type, String(decoding: body.body, as: UTF8.self)),
                    ])
                let answer = try await bench.client.send("POST", "/fhir", Data(bundle.utf8))
                #expect((400...422).contains(answer.status), "\(body.name): \(answer)")
                Bench.expectRefusal(answer, answer.status, body.name)
            }
        }
        #expect(try await bench.client.count("Patient") == 0)
    }

    @Test func unresolvedReferencesRefuseTheTransaction() async throws {
        let bench = try await Bench.start("bodies")
        _ = try await bench.create("Patient", Sample.patient(family: "Twin"))
        _ = try await bench.create("Patient", Sample.patient(family: "Twin"))
        let references = [
            "urn:uuid:7d1c0a2e-0000-4000-8000-000000000000", "Patient?identifier=nobody",
            "Patient?name=Twin", "Patient?nickname=x",
        ]
        try await bench.unchanged {
            for reference in references {
                let bundle = Sample.bundle(
                    "transaction",
                    [
                        Sample.entry("POST", "Patient", Sample.patient(family: "Sound")),
                        Sample.entry(
                            "POST", "Observation", Sample.observation(subject: reference)),
                    ])
                let answer = try await bench.client.send("POST", "/fhir", Data(bundle.utf8))
                #expect([400, 412, 422].contains(answer.status), "\(reference): \(answer)")
                Bench.expectRefusal(answer, answer.status, reference)
            }
        }
    }

    @Test func badBundlesAreRefused() async throws {
        let bench = try await Bench.start("bodies")
        let patient = Sample.patient(family: "Sound")
        let twice = Sample.entry("PUT", "Patient/a", Sample.patient(family: "x", id: "a"))
        let bundles = [
            Sample.bundle("collection", []), Sample.bundle("transactions", []),
            Sample.bundle("transaction", [#""resource":\#(patient)"#]),
            Sample.bundle("transaction", [Sample.entry("STEAL", "Patient", patient)]),
            Sample.bundle("transaction", [Sample.entry("POST", "Starship", patient)]),
            Sample.bundle("transaction", [Sample.entry("PUT", "Patient/b", patient)]),
            Sample.bundle("transaction", [Sample.entry("POST", "../Patient", patient)]),
            Sample.bundle("transaction", [twice, twice]),
            #"{"resourceType":"Bundle"}"#,
            #"{"resourceType":"Bundle","type":"transaction","entry":{}}"#,
            #"{"resourceType":"Bundle","type":"transaction","entry":[1]}"#, patient,
        ]
        try await bench.unchanged {
            for bundle in bundles {
                let answer = try await bench.client.send("POST", "/fhir", Data(bundle.utf8))
                #expect([400, 422].contains(answer.status), "\(bundle): \(answer)")
                Bench.expectRefusal(answer, answer.status, bundle)
            }
        }
    }

    @Test func otherMediaTypesAreRefused() async throws {
        let bench = try await Bench.start("bodies")
        let patient = Data(Sample.patient(family: "Sound").utf8)
        try await bench.unchanged {
            for type in ["application/xml", "application/fhir+xml", "text/plain", "image/png"] {
                try await bench.refused(415, "POST", "/fhir/Patient", patient, type: type)
            }
            let headers = ["Accept": "application/fhir+xml"]
            try await bench.refused(406, "GET", "/fhir/Patient", headers: headers)
            try await bench.refused(406, "GET", "/fhir/Patient?_format=xml")
            try await bench.refused(
                415, "POST", "/fhir/Patient", patient, headers: ["Content-Encoding": "gzip"])
        }
    }
}
