import FHIR
import Foundation
import TestSupport
import Testing

@Suite(.enabled(if: SharedData.isPresent, Comment(rawValue: SharedData.absence)))
struct ValidationDataTests {
    /// Resources of the data that break base R4, and how.
    private static let exceptions: [String: String] = [
        "EventDefinition-example.json": "narrative of white space alone (txt-2)",
        "MedicationRequest-medrx0301.json":
            "dispenseRequest.performer is a Practitioner; R4 allows Organization",
        "HK_IPS_Sample1.json": "narrative with an unclosed div",
    ]

    @Test(arguments: ["synthea-r4", "fhir-r4-examples", "us-core-examples", "ips"])
    func acceptsRealResources(_ folder: String) throws {
        for url in SharedData.files(folder) {
            let issues = ResourceValidator().validate(bytes: try SharedData.bytes(url))
            let isException = Self.exceptions[url.lastPathComponent] != nil
            #expect(issues.contains(where: \.isError) == isException, "\(url.path): \(issues)")
        }
    }

    /// What the HL7 validator refuses by rules that are not base structure: terminology servers,
    /// profiles, bundle semantics, attachment sizes, HTML in strings.
    private static let outOfScope: Set<String> = [
        "attachment-with-wrong-size", "mr-covid-bnd1", "pat-security-bad-string", "obs-temp-bad",
        "mni-patientOverview-bundle-example1b", "bundle-duplicate-ids-not", "bundle-id-3",
        "bundle-id-5", "uk-msg", "maiden-name-extension",
    ]

    private struct Case: Decodable {
        let name: String
        let file: String
        let errors: Int
    }

    @Test func agreesWithTheReferenceValidator() throws {
        let root = try #require(SharedData.root).appendingPathComponent("vectors/validation")
        let data = try Data(contentsOf: root.appendingPathComponent("cases.json"))
        let cases = try JSONDecoder().decode([Case].self, from: data)
        for vector in cases where vector.file.hasSuffix(".json") {
            let bytes = try SharedData.bytes(root.appendingPathComponent(vector.file))
            let refused = ResourceValidator().validate(bytes: bytes).contains(where: \.isError)
            if Self.outOfScope.contains(vector.name) {
                #expect(!refused, "\(vector.name) is in scope by now")
            } else {
                #expect(refused == (vector.errors > 0), "\(vector.name)")
            }
        }
    }
}
