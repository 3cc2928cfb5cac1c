import FHIR
import Testing

/// What tells a server's own resources from those elsewhere, and entries of a bundle apart.
@Suite struct AddressTests {
    private func base() throws -> ServerBase {
        try #require(ServerBase("http://Localhost:8080/fhir"))
    }

    @Test(arguments: [
        ("http://localhost:8080/fhir/Patient/1", "Patient/1"),
        ("HTTPS://LOCALHOST:8080/fhir/Patient/1/_history/2", "Patient/1/_history/2"),
        ("http://localhost:8080/fhir/", nil), ("http://localhost:8080/fhir", nil),
        ("http://localhost:8080/fhir/x", nil), ("http://localhost:8080/FHIR/Patient/1", nil),
        ("http://localhost:8080/fhirx/Patient/1", nil), ("http://localhost:80/fhir/Patient/1", nil),
        ("http://localhost:8080.example.org/fhir/Patient/1", nil), ("Patient/1", nil),
        ("urn:uuid:1", nil), ("ftp://localhost:8080/fhir/Patient/1", nil),
        ("http://localhost:8080/fhir/Patient?name=x", nil),
    ])
    func ownResourcesAreTold(_ url: String, _ resource: String?) throws {
        #expect(try base().resource(url) == resource)
    }

    @Test func onlyWebAddressesAreBases() {
        #expect(ServerBase("http://") == nil)
        #expect(ServerBase("localhost/fhir") == nil)
        #expect(ServerBase("urn:uuid:1") == nil)
    }

    @Test(arguments: [
        ("http://x.org/fhir/Patient/1", "http://x.org/fhir", "http://x.org/fhir/Patient/1", nil),
        (
            "https://x.org/Patient/1/_history/2", "https://x.org", "https://x.org/Patient/1", "2"
        ),
    ])
    func urlsOfResourcesAreTakenApart(
        _ url: String, _ root: String, _ unversioned: String, _ version: String?
    ) throws {
        let parts = try #require(RESTfulURL(url))
        #expect(parts.root == root && parts.unversioned == unversioned)
        #expect(parts.version == version)
    }

    @Test(arguments: [
        "urn:uuid:1", "Patient/1", "http://x.org/fhir/Starship/1", "http://x.org/fhir/Patient",
        "http://x.org/fhir/Patient/1?x=y", "http://x.org/fhir/Patient/1#x", "",
    ])
    func otherTextsAreNone(_ url: String) { #expect(RESTfulURL(url) == nil) }

    @Test func searchesTakeOwnAddressesForReferences() throws {
        func query(_ value: String) throws -> SearchQuery {
            try SearchQuery(
                type: "Observation", parameters: [("patient", value)], base: try base())
        }
        let own = try query("http://localhost:8080/fhir/Patient/1,https://x.org/fhir/Patient/1")
        #expect(
            own.criteria.map(\.terms) == [
                [
                    .reference(type: "Patient", id: "1"),
                    .referenceURL("https://x.org/fhir/Patient/1"),
                ]
            ])
        #expect(
            try query("http://localhost:8080/fhir/Patient/1").canonicalCriteria
                == "patient=Patient/1")
        let token = try SearchQuery(
            type: "Patient", parameters: [("identifier", "http://localhost:8080/fhir/Patient/1|x")],
            base: try base())
        #expect(
            token.criteria.first?.terms == [
                .systemAndCode(system: "http://localhost:8080/fhir/Patient/1", code: "x")
            ])
    }

    @Test(arguments: [
        ("identifier=a", "identifier=a"), ("?identifier=a", "identifier=a"),
        ("Patient?identifier=a", "identifier=a"), ("/Patient?identifier=a", "identifier=a"),
        ("/fhir/Patient?identifier=a?b", "identifier=a?b"),
        ("http://localhost:8080/fhir/Patient?identifier=a", "identifier=a"),
        ("identifier=http://x.org?y|1", "identifier=http://x.org?y|1"),
        ("Observation?identifier=a", nil), ("/other/Patient?identifier=a", nil),
        ("http://x.org/fhir/Patient?identifier=a", nil),
    ])
    func criteriaAreReadInTheFormsThatClientsWrite(_ text: String, _ query: String?) throws {
        let base = try base()
        let found = ConditionalQuery.query(text, type: "Patient", base: base)
        #expect(found == query)
        if let found {
            #expect(ConditionalQuery.query(found, type: "Patient", base: base) == found)
        }
    }

    @Test func canonicalCriteriaReadAsTheQueryTheyCameFrom() throws {
        let query = try SearchQuery(
            type: "Patient", parameters: [("identifier", "http://x.org/a+b|1&2%3 4")])
        let again = try SearchQuery(
            type: "Patient", parameters: try QueryString.pairs(query.canonicalCriteria))
        #expect(again.criteria == query.criteria)
    }
}
