import FHIR
import Testing

@Suite struct EditsTests {
    private func served(_ json: String) throws -> String {
        let root = try JSONDocument(parsing: json).root
        let edits = ServerFields.edits(for: root, id: "new", versionId: 7, lastUpdatedMs: 0)
        let bytes = try Edits.apply(edits, to: Array(root.rawBytes))
        _ = try JSONDocument(parsing: bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    private static let version = #""versionId":"7""#
    private static let time = #""lastUpdated":"1970-01-01T00:00:00.000Z""#
    private static let fields = version + "," + time

    @Test(arguments: [
        (
            #"{"resourceType":"Basic"}"#,
            #"{"resourceType":"Basic","id":"new","meta":{\#(fields)}}"#
        ),
        (
            #"{"resourceType":"Basic","id":"old" , "x":1.00}"#,
            #"{"resourceType":"Basic","meta":{\#(fields)},"id":"new" , "x":1.00}"#
        ),
        (
            #"{"meta":{},"resourceType":"Basic"}"#,
            #"{"meta":{\#(fields)},"resourceType":"Basic","id":"new"}"#
        ),
        (
            #"{"resourceType":"Basic","meta":{ "profile":["u:x"]},"id":"old"}"#,
            #"{"resourceType":"Basic","meta":{\#(fields), "profile":["u:x"]},"id":"new"}"#
        ),
        (
            #"{"resourceType":"Basic","id":"old","meta":{"lastUpdated":"2020-01-01","tag":[],"versionId":"1"}}"#,
            #"{"resourceType":"Basic","id":"new","meta":{\#(time),"tag":[],\#(version)}}"#
        ),
        (
            #"{"resourceType":"Basic","id":"old","meta":{"versionId":"1"}}"#,
            #"{"resourceType":"Basic","id":"new","meta":{\#(time),\#(version)}}"#
        ),
        (
            #"{"id":"old","meta":null,"resourceType":"Basic"}"#,
            #"{"id":"new","meta":{\#(fields)},"resourceType":"Basic"}"#
        ),
        (#"{ }"#, #"{"id":"new","meta":{\#(fields)} }"#),
        (
            #"{"resourceType":"Basic","contained":[{"id":"c","meta":{}}]}"#,
            #"{"resourceType":"Basic","id":"new","meta":{\#(fields)},"contained":[{"id":"c","meta":{}}]}"#
        ),
    ])
    func setsServerFields(_ sent: String, _ wanted: String) throws {
        #expect(try served(sent) == wanted)
    }

    @Test func replacesReferencesInsideABundle() throws {
        let text = #"""
            {"resourceType":"Bundle","type":"collection","entry":[{"fullUrl":"urn:uuid:1",
            "resource":{"resourceType":"Patient"}},{"resource":{"resourceType":"DocumentReference",
            "text":{"div":"<div><img src=\"urn:uuid:1\"/></div>"},"content":[{"attachment":
            {"url":"urn:uuid:1"}}],"subject":{"reference":"urn:uuid:1"}}}]}
            """#
        let reader = try BundleReader(JSONDocument(parsing: text).root)
        let resource = try #require(reader.entries[1].resource)
        let found = ReferenceFinder.references(in: resource)
            .filter { $0.text == "urn:uuid:1" }.map { ($0, "Patient/\"x") }
        #expect(found.count == 3)
        let edits = ServerFields.edits(
            for: resource, id: "a", versionId: 1, lastUpdatedMs: 0, references: found)
        let bytes = try Edits.apply(edits, to: Array(resource.rawBytes))
        let root = try JSONDocument(parsing: bytes).root
        #expect(root["subject"]?["reference"]?.string == "Patient/\"x")
        #expect(root["text"]?["div"]?.string == "<div><img src=\"Patient/\"x\"/></div>")
        let content = root["content"]?.elements.first { _ in true }
        #expect(content?["attachment"]?["url"]?.string == "Patient/\"x")
    }

    @Test func checksEdits() throws {
        let content = Array("0123456789".utf8)
        let good = [
            Edit(offset: 0, deleted: 0, inserted: [65]), Edit(offset: 2, deleted: 3, inserted: []),
            Edit(offset: 5, deleted: 0, inserted: [66]),
            Edit(offset: 10, deleted: 0, inserted: [67]),
        ]
        #expect(String(decoding: try Edits.apply(good, to: content), as: UTF8.self) == "A01B56789C")
        #expect(try Edits.apply([], to: content) == content)
        #expect(throws: Edits.Failure.unordered) {
            try Edits.apply(
                [
                    Edit(offset: 2, deleted: 3, inserted: []),
                    Edit(offset: 4, deleted: 0, inserted: []),
                ], to: content)
        }
        for (offset, deleted) in [(11, 0), (9, 2), (0, Int.max)] {
            #expect(throws: Edits.Failure.outOfBounds) {
                try Edits.apply([Edit(offset: offset, deleted: deleted, inserted: [])], to: content)
            }
        }
    }
}
