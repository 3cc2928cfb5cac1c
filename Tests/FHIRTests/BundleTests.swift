import FHIR
import Testing

@Suite struct BundleTests {
    private func bundle(_ type: String, _ entries: String...) throws -> JSONView {
        let list = entries.joined(separator: ",")
        return try JSONDocument(
            parsing: #"{"resourceType":"Bundle","type":"\#(type)","entry":[\#(list)]}"#
        ).root
    }

    private let post =
        #"{"fullUrl":"urn:uuid:1","resource":{"resourceType":"Patient"},"request":{"method":"POST","url":"Patient","ifNoneExist":"Patient?identifier=a"}}"#
    private let put =
        #"{"resource": {"resourceType":"Patient","id":"2"} ,"request":{"method":"PUT","url":"Patient/2","ifMatch":"W/\"3\""}}"#
    private let delete = #"{"request":{"method":"DELETE","url":"Patient/3"}}"#
    private let get = #"{"request":{"method":"GET","url":"Patient?name=x","ifNoneMatch":"y"}}"#

    @Test func readsATransactionInFHIRsOrder() throws {
        let reader = try BundleReader(bundle("transaction", get, put, post, delete))
        #expect(reader.kind == .transaction)
        #expect(reader.transactionOrder.map(\.index) == [3, 2, 1, 0])
        #expect(
            reader.entries.compactMap { $0.request?.interaction } == [
                .search(type: "Patient", query: "name=x"), .update(type: "Patient", id: "2"),
                .create(type: "Patient"), .delete(type: "Patient", id: "3"),
            ])
        #expect(reader.entries[1].request?.ifMatch == "W/\"3\"")
        #expect(reader.entries[0].request?.ifNoneMatch == "y")
        #expect(reader.entries[2].request?.ifNoneExist == "identifier=a")
        let resource = try #require(reader.entries[1].resource)
        #expect(
            String(decoding: resource.rawBytes, as: UTF8.self)
                == #"{"resourceType":"Patient","id":"2"}"#)
    }

    @Test func refusesTransactionsThatContradictThemselves() throws {
        let same = #"{"request":{"method":"DELETE","url":"Patient/2"}}"#
        #expect { try BundleReader(bundle("transaction", put, same)) } throws: {
            ($0 as? FHIR.Issue)?.code == .duplicate
        }
        #expect { try BundleReader(bundle("transaction", post, post)) } throws: {
            ($0 as? FHIR.Issue)?.expression == "Bundle.entry[1].fullUrl"
        }
        #expect(try BundleReader(bundle("batch", put, same)).entries.count == 2)
    }

    @Test(arguments: [
        #"{"resource":{"resourceType":"Patient"},"request":{"method":"POST","url":"Patient","ifNoneExist":"Group?identifier=a"}}"#,
        #"{}"#, #"{"request":{"url":"Patient"}}"#,
        #"{"request":{"method":"FETCH","url":"Patient"}}"#,
        #"{"request":{"method":"GET"}}"#, #"{"request":{"method":"POST","url":"Patient"}}"#,
        #"{"resource":{"resourceType":"Group"},"request":{"method":"POST","url":"Patient"}}"#,
        #"{"resource":{"resourceType":"Patient","id":"1"},"request":{"method":"PUT","url":"Patient/2"}}"#,
        #"{"resource":{"resourceType":"Patient"},"request":{"method":"PUT","url":"Patient/2"}}"#,
        #"{"request":{"method":"DELETE","url":"Patient"}}"#,
        #"{"request":{"method":"GET","url":"Patent/1"}}"#,
        #"{"request":{"method":"GET","url":"Patient/$everything"}}"#,
    ])
    func refusesAnEntry(_ entry: String) throws {
        #expect(throws: FHIR.Issue.self) { try BundleReader(bundle("transaction", entry)) }
        let batch = try BundleReader(bundle("batch", entry, delete))
        #expect(batch.entries[0].problem?.isError == true)
        #expect(batch.entries[1].problem == nil)
    }

    @Test(
        arguments: [
            (BundleRequest.Method.get, "Patient/1", Interaction.read(type: "Patient", id: "1")),
            (.get, "Patient/1/_history/2", .vread(type: "Patient", id: "1", version: "2")),
            (.get, "Patient/1/_history", .historyInstance(type: "Patient", id: "1", query: nil)),
            (.put, "Patient?a=b", .conditionalUpdate(type: "Patient", query: "a=b")),
            (.delete, "Patient?a=b", .conditionalDelete(type: "Patient", query: "a=b")),
            (.patch, "Patient/1", .patch(type: "Patient", id: "1")),
            (.patch, "Patient?a=b", .conditionalPatch(type: "Patient", query: "a=b")),
            (.post, "Patient?a=b", nil), (.put, "Patient", nil), (.get, "", nil),
            (.put, "Patient/1/_history/2", nil), (.get, "Patient/a_b", nil),
            (.get, "Patient/", nil),
        ] as [(BundleRequest.Method, String, Interaction?)])
    func understandsRequests(_ method: BundleRequest.Method, _ url: String, _ wanted: Interaction?)
    {
        #expect(Interaction(method: method, path: url) == wanted)
    }

    @Test func refusesWhatIsNoBundle() throws {
        for json in [#"{"resourceType":"Patient"}"#, #"{"resourceType":"Bundle"}"#, "[]"] {
            let root = try JSONDocument(parsing: json).root
            #expect(throws: FHIR.Issue.self) { try BundleReader(root) }
        }
    }

    @Test(arguments: [
        ("Patient/1", ReferenceTarget.relative(type: "Patient", id: "1", version: nil)),
        ("Patient/1/_history/2", .relative(type: "Patient", id: "1", version: "2")),
        ("Patient?a=b", .conditional(type: "Patient", query: "a=b")),
        ("#", .contained(id: "")), ("#a", .contained(id: "a")),
        ("urn:uuid:x", .urn("urn:uuid:x")), ("urn:oid:1.2", .urn("urn:oid:1.2")),
        (
            "https://x.org/fhir/Patient/1/_history/4",
            .absolute(url: "https://x.org/fhir/Patient/1/_history/4", type: "Patient", id: "1")
        ),
        ("https://x.org/a", .absolute(url: "https://x.org/a", type: nil, id: nil)),
        ("", .malformed), ("Patient", .malformed), ("Patient/", .malformed), ("x/1", .malformed),
        ("Patient/1/2", .malformed), ("/Patient/1", .malformed), ("Patient?", .malformed),
        ("Patient/1 ", .malformed), ("urn:", .malformed),
    ])
    func classifiesReferences(_ text: String, _ target: ReferenceTarget) {
        #expect(ReferenceTarget(text) == target)
    }

    @Test func findsReferencesWithTheirBytes() throws {
        let json = #"""
            {"resourceType":"Observation","text":{"div":"<div><img src=\"urn:uuid:1\"/><a\n href='u:2'>x</a></div>"},
            "contained":[{"resourceType":"Patient","managingOrganization":{"reference":"Organization/1"}}],
            "extension":[{"url":"u:x","valueReference":{"reference":"urn:uuid:\u0031"}}],
            "code":{"coding":[{"system":"u:s","code":"reference"}]},
            "subject":{"reference":"Patient/1","display":"Patient/2"}}
            """#
        let root = try JSONDocument(parsing: json).root
        let found = ReferenceFinder.references(in: root)
        #expect(
            found.map(\.text) == [
                "urn:uuid:1", "u:2", "Organization/1", "u:x", "urn:uuid:1", "u:s", "Patient/1",
            ])
        #expect(
            found.map(\.kind) == [
                .narrative, .narrative, .reference, .uri, .reference, .uri, .reference,
            ])
        let bytes = root.document.bytes
        #expect(String(decoding: bytes[found[0].range], as: UTF8.self) == "urn:uuid:1")
        #expect(String(decoding: bytes[found[4].range], as: UTF8.self) == #""urn:uuid:\u0031""#)
    }
}
