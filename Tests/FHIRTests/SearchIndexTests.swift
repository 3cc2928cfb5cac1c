import FHIR
import Testing

@Suite struct SearchIndexTests {
    private func entries(_ json: String, _ parameter: String) throws -> [SearchValue] {
        let root = try JSONDocument(parsing: json).root
        return SearchIndexer.entries(of: root).filter { $0.parameter == parameter }.map(\.value)
    }

    @Test func readsAPatient() throws {
        let json = #"""
            {"resourceType":"Patient","identifier":[{"system":"s","value":"1"},{"value":"2"},
            {"system":"t"}],"name":[{"family":"Müller-Straße","given":["Zoë","ÅSA"]}],
            "gender":"female","birthDate":"1980-02"}
            """#
        #expect(
            try entries(json, "identifier") == [
                .token(system: "s", code: "1"), .token(system: nil, code: "2"),
            ])
        #expect(
            try entries(json, "name") == [
                .string(normalized: "muller-strasse", exact: "Müller-Straße"),
                .string(normalized: "zoe", exact: "Zoë"), .string(normalized: "asa", exact: "ÅSA"),
            ])
        #expect(
            try entries(json, "gender") == [
                .token(system: "http://hl7.org/fhir/administrative-gender", code: "female")
            ])
        let low = try #require(Instant.parse("1980-02-01T00:00:00Z"))
        let high = try #require(Instant.parse("1980-02-29T23:59:59.999Z"))
        #expect(try entries(json, "birthdate") == [.date(lowMs: low, highMs: high)])
    }

    @Test func readsReferencesOnlyOfTheWantedType() throws {
        let group = #"{"resourceType":"Observation","subject":{"reference":"Group/1"}}"#
        #expect(try entries(group, "patient") == [])
        #expect(try entries(group, "subject") == [.reference(type: "Group", id: "1")])
        let patient =
            #"{"resourceType":"Observation","subject":{"reference":"Patient/1/_history/2"}}"#
        #expect(try entries(patient, "patient") == [.reference(type: "Patient", id: "1")])
        let far =
            #"{"resourceType":"Observation","subject":{"reference":"http://x/fhir/Patient/1"}}"#
        #expect(try entries(far, "patient") == [.referenceURL("http://x/fhir/Patient/1")])
        let contained = ##"{"resourceType":"Observation","subject":{"reference":"#p"}}"##
        #expect(try entries(contained, "subject") == [])
    }

    @Test(
        arguments: [
            (#""effectiveDateTime":"2020-01-01T00:00:00Z""#, 1_577_836_800_000, 1_577_836_800_999),
            (
                #""effectiveDateTime":"2020-01-01T00:00:00.5Z""#, 1_577_836_800_500,
                1_577_836_800_599
            ),
            (
                #""effectiveInstant":"2020-01-01T01:00:00.123+01:00""#, 1_577_836_800_123,
                1_577_836_800_123
            ),
            (#""effectivePeriod":{"start":"2020-01-01"}"#, 1_577_836_800_000, Int64.max),
            (#""effectivePeriod":{"end":"2019"}"#, Int64.min, 1_577_836_799_999),
            (
                #""effectiveTiming":{"event":["2020-01-02","2020-01-01"]}"#, 1_577_836_800_000,
                1_578_009_599_999
            ),
        ] as [(String, Int64, Int64)])
    func readsChoicesOfDates(_ member: String, _ low: Int64, _ high: Int64) throws {
        let json = #"{"resourceType":"Observation",\#(member)}"#
        #expect(try entries(json, "date") == [.date(lowMs: low, highMs: high)])
    }

    @Test func readsCodesThroughCastsAndArrays() throws {
        let request = #"""
            {"resourceType":"MedicationRequest","medicationCodeableConcept":{"coding":[
            {"system":"rx","code":"1"},{"code":"2"},{"system":"rx","code":"1"}],"text":"x"}}
            """#
        #expect(
            try entries(request, "code") == [
                .token(system: "rx", code: "1"), .token(system: nil, code: "2"),
            ])
        let allergy = #"""
            {"resourceType":"AllergyIntolerance","reaction":[{"substance":{"coding":[{"code":"a"}]}},
            {"substance":{"coding":[{"code":"b"}]}}]}
            """#
        #expect(try entries(allergy, "code").count == 2)
    }

    @Test func foldsCaseAndAccents() {
        #expect(TextFolding.fold("ÀÉÎÕÜ Çñ ŁØ Æ œ ß İ ΑΒΓ Ж") == "aeiou cn lo ae oe ss i αβγ ж")
        #expect(TextFolding.fold("e\u{301}") == TextFolding.fold("é"))
    }

    @Test func findsThePatientOfAResource() throws {
        func subject(_ json: String) throws -> String? {
            PatientCompartment.subject(of: try JSONDocument(parsing: json).root)
        }
        #expect(
            try subject(#"{"resourceType":"Patient","link":[{"other":{"reference":"Patient/2"}}]}"#)
                == nil)
        #expect(
            try subject(
                #"{"resourceType":"Condition","asserter":{"reference":"Patient/2"},"subject":{"reference":"Patient/1"}}"#
            ) == "Patient/1")
        #expect(
            try subject(
                #"{"resourceType":"Observation","subject":{"reference":"urn:uuid:1"}}"#)
                == "urn:uuid:1")
        #expect(
            try subject(#"{"resourceType":"Observation","subject":{"reference":"Group/1"}}"#) == nil
        )
        #expect(
            try subject(
                #"{"resourceType":"Immunization","patient":{"reference":"http://x/fhir/Patient/1"}}"#
            ) == "http://x/fhir/Patient/1")
        #expect(try subject(#"{"resourceType":"Organization"}"#) == nil)
    }
}
