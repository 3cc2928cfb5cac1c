import FHIR
import Testing

/// Input made to be slow costs about as much as honest input of its size. With a square cost any of
/// these would run for hours.
@Suite struct HostileInputTests {
    private static let many = 50_000

    private func list(_ element: String) -> String {
        Array(repeating: element, count: Self.many).joined(separator: ",")
    }

    @Test(.timeLimit(.minutes(1))) func nullsInPairsOfArrays() {
        let nulls = list("null")
        let ids = list(#"{"id":"x"}"#)
        let json = #"{"resourceType":"Patient","name":[{"given":[\#(nulls)],"_given":[\#(ids)]}]}"#
        #expect(ResourceValidator().validate(bytes: Array(json.utf8)) == [])
    }

    @Test(.timeLimit(.minutes(1))) func referencesWithoutEnd() throws {
        let members = (0..<Self.many).map { ##"{"entity":{"reference":"Patient/\##($0)"}}"## }
        let json = """
            {"resourceType":"Group","type":"person","actual":true,
            "member":[\(members.joined(separator: ","))]}
            """
        let root = try JSONDocument(parsing: json).root
        #expect(ResourceValidator().validate(root) == [])
        #expect(PatientCompartment.references(of: root).count == Self.many)
        #expect(ReferenceFinder.references(in: root).count == Self.many)
    }

    @Test(.timeLimit(.minutes(1))) func containedReferencesWithoutEnd() {
        let references = list(##"{"reference":"#x"}"##)
        let contained = list(#"{"resourceType":"Organization","id":"y"}"#)
        let json = """
            {"resourceType":"Patient","contained":[\(contained)],
            "generalPractitioner":[\(references)]}
            """
        let issues = ResourceValidator().validate(bytes: Array(json.utf8))
        #expect(issues.count == ResourceValidator.issuesMax)
    }

    @Test(.timeLimit(.minutes(1))) func tagsWithoutEnd() {
        for part in ["<p>", "<!--", "&amp;", "<a href='", "src='", "</div>"] {
            let div = "<div>" + Array(repeating: part, count: Self.many).joined()
            let json = #"{"resourceType":"Patient","text":{"status":"empty","div":"\#(div)"}}"#
            #expect(!ResourceValidator().validate(bytes: Array(json.utf8)).isEmpty)
        }
    }

    @Test(.timeLimit(.minutes(1))) func linksWithoutEnd() throws {
        for part in [" src='", #" src=\""#, " href=", " src='a"] {
            let div = Array(repeating: part, count: Self.many).joined()
            let json = #"{"resourceType":"Patient","text":{"div":"\#(div)"}}"#
            let root = try JSONDocument(parsing: json).root
            #expect(ReferenceFinder.references(in: root).count <= Self.many)
        }
    }
}
