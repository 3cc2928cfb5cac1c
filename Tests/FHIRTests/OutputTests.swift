import FHIR
import Testing

@Suite struct OutputTests {
    private func expectValid(_ bytes: [UInt8], _ type: String) throws -> JSONView {
        #expect(ResourceValidator().validate(bytes: bytes, expectedType: type) == [])
        return try JSONDocument(parsing: bytes).root
    }

    @Test func outcomesAreValidFHIR() throws {
        let root = try expectValid(
            OperationOutcome.json([
                FHIR.Issue(.required, at: "Patient.name", "x \"y\""),
                FHIR.Issue(.codeInvalid, severity: .warning, "z"),
            ]), "OperationOutcome")
        #expect(root["issue"]?.elements.map { $0["code"]?.string } == ["required", "code-invalid"])
        _ = try expectValid(OperationOutcome.json([]), "OperationOutcome")
    }

    @Test(arguments: [
        FHIR.Issue.Code.structure, .invalid, .required, .value, .invariant, .codeInvalid, .tooLong,
        .tooCostly, .notFound, .deleted, .duplicate, .conflict, .forbidden, .login, .throttled,
        .exception, .informational, .multipleMatches, .notSupported, .businessRule, .processing,
        .security, .timeout, .transient, .unknown, .expired, .suppressed,
    ])
    func everyIssueCodeIsOfFHIR(_ code: FHIR.Issue.Code) throws {
        _ = try expectValid(OperationOutcome.json([FHIR.Issue(code, "x")]), "OperationOutcome")
    }

    @Test func bundlesAreValidFHIR() throws {
        var search = BundleWriter(
            .searchset, id: "b", lastUpdatedMs: 0, total: 2, selfLink: "http://x/Patient?a=\"",
            nextLink: "http://x/next")
        let patient = Array(#"{"resourceType":"Patient","id":"1"}"#.utf8)
        search.append(.init(fullUrl: "http://x/Patient/1", resource: patient, searchMode: .match))
        search.append(.init(resource: OperationOutcome.json([]), searchMode: .outcome))
        let root = try expectValid(search.finish(), "Bundle")
        #expect(root["total"]?.numberText == "2")
        #expect(
            root["entry"]?.elements.map { $0["search"]?["mode"]?.string } == ["match", "outcome"])
        var response = BundleWriter(.transactionResponse)
        response.append(
            .init(
                fullUrl: "urn:uuid:1",
                response: .init(
                    status: "201 Created", location: "Patient/1/_history/1", etag: "W/\"1\"",
                    lastModifiedMs: 0, outcome: OperationOutcome.json([]))))
        _ = try expectValid(response.finish(), "Bundle")
        var history = BundleWriter(.history, total: 1)
        history.append(
            .init(
                fullUrl: "http://x/Patient/1", request: .init(method: .delete, url: "Patient/1"),
                response: .init(status: "204")))
        _ = try expectValid(history.finish(), "Bundle")
        let empty = try expectValid(BundleWriter(.searchset, total: 0).finish(), "Bundle")
        #expect(empty["entry"] == nil)
    }

    @Test func capabilityStatementNamesEveryType() throws {
        let root = try expectValid(
            CapabilityStatement.json(
                baseURL: "http://x/fhir", softwareVersion: "1.0", dateMs: 0),
            "CapabilityStatement")
        let resources = try #require(root["rest"]?.elements.first { _ in true }?["resource"])
        let types = resources.elements.compactMap { $0["type"]?.string }
        #expect(types == FHIRDefinitions.shared.resourceTypes)
        #expect(types.count == 146)
        for resource in resources.elements {
            #expect(resource["referencePolicy"]?.elements.map(\.string) == ["literal", "logical"])
            #expect(resource["conditionalUpdate"]?.bool == false)
            #expect(resource["conditionalDelete"]?.string == "not-supported")
        }
        let binary = try #require(resources.elements.first { $0["type"]?.string == "Binary" })
        #expect(binary["documentation"]?.string?.contains("If-None-Exist") == true)
        let security = root["rest"]?.elements.first { _ in true }?["security"]
        #expect(security?["cors"]?.bool == false)
        #expect(security?["service"] == nil)
        #expect(security?["description"]?.string?.contains("bearer token") == true)
        let observation = try #require(
            resources.elements.first { $0["type"]?.string == "Observation" })
        let names = observation["searchParam"]?.elements.compactMap { $0["name"]?.string }
        #expect(
            names == ["_id", "_lastUpdated", "code", "date", "identifier", "patient", "subject"])
    }
}
