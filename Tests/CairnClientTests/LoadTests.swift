import FHIR
import LedgerCore
import Testing

@testable import CairnClient

@Suite struct HeldComparisonTests {
    private func compare(_ sent: String, _ held: String) throws -> HeldComparison {
        HeldComparison(
            sent: try JSONDocument(parsing: sent).root, held: try JSONDocument(parsing: held).root)
    }

    @Test(arguments: [
        (#"{"a":1.0}"#, #"{"a":1.0}"#, true),
        // Digits are kept, so other digits are another content.
        (#"{"a":1.0}"#, #"{"a":1.00}"#, false), (#"{"a":1}"#, #"{"a":"1"}"#, false),
        (#"{"a":1,"b":[true,null]}"#, #"{ "b": [true, null], "a": 1 }"#, true),
        (#"{"b":[1,2]}"#, #"{"b":[2,1]}"#, false), (#"{"b":[1]}"#, #"{"b":[1,2]}"#, false),
        (#"{"a":"\u00e9"}"#, #"{"a":"é"}"#, true), (#"{"a":true}"#, #"{"a":false}"#, false),
        (#"{"a":1}"#, #"{"a":1,"b":2}"#, false), (#"{"a":1,"b":2}"#, #"{"a":1}"#, false),
        (#"{"a":{"b":{"c":1}}}"#, #"{"a":{"b":{"c":2}}}"#, false),
        // What the server sets itself.
        (
            #"{"id":"x","a":1}"#, #"{"id":"x","meta":{"versionId":"3","lastUpdated":"t"},"a":1}"#,
            true
        ),
        (#"{"meta":{"versionId":"9"}}"#, #"{"meta":{"versionId":"3","lastUpdated":"t"}}"#, true),
        (#"{"meta":{"tag":[1]}}"#, #"{"meta":{"versionId":"3","tag":[1]}}"#, true),
        (#"{"meta":{"tag":[1]}}"#, #"{"meta":{"versionId":"3","tag":[2]}}"#, false),
        (#"{}"#, #"{"meta":{"versionId":"3","tag":[2]}}"#, false),
        // Only the resource's own id and meta.
        (#"{"contained":[{"id":"1"}]}"#, #"{"contained":[{"id":"2"}]}"#, false),
    ]) func contentDecides(_ sent: String, _ held: String, _ isEqual: Bool) throws {
        #expect(try compare(sent, held).isEqual == isEqual)
    }

    @Test func resolvedReferencesAreLeftToASearch() throws {
        let query = "Patient?identifier=a%7Cb"
        let comparison = try compare(
            #"{"subject":{"reference":"\#(query)"}}"#, #"{"subject":{"reference":"Patient/1"}}"#)
        #expect(comparison.isEqual)
        #expect(comparison.conditional == [.init(query: query, held: "Patient/1")])
        // The same words elsewhere are just words, and a literal reference is never replaced.
        #expect(try !compare(#"{"a":"\#(query)"}"#, #"{"a":"Patient/1"}"#).isEqual)
        #expect(
            try !compare(#"{"reference":"Patient/2"}"#, #"{"reference":"Patient/1"}"#).isEqual)
    }
}

@Suite struct LoadDocumentTests {
    @Test func keysTellDocumentsApart() {
        let file = Digest.sha256([1])
        let documents = [
            LoadDocument(title: "a", mediaType: "text/plain", patient: nil),
            LoadDocument(title: "b", mediaType: "text/plain", patient: nil),
            LoadDocument(title: "a", mediaType: "text/html", patient: nil),
            LoadDocument(title: "a", mediaType: "text/plain", patient: "p"),
            LoadDocument(title: "p", mediaType: "text/plain", patient: "a"),
        ]
        #expect(Set(documents.map { $0.key(file: file) }).count == documents.count)
        #expect(documents[0].key(file: file) == documents[0].key(file: Digest.sha256([1])))
        #expect(documents[0].key(file: file) != documents[0].key(file: Digest.sha256([2])))
    }
}
