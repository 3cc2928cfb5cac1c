/// Checks resources against base R4: structure, cardinality, primitive formats, required bindings,
/// extensions, references, contained resources, narrative.
///
/// Not checked: the FHIRPath invariants of the definitions, profiles, bindings that are not
/// required or whose codes cannot be enumerated (MIME types, UCUM units), the targets of absolute
/// references, whether a reference resolves (beyond contained ones).
package struct ResourceValidator: Sendable {
    /// Most findings per resource: enough to correct by, and a bound on the answer to a resource
    /// made of nothing but mistakes.
    package static let issuesMax = 50

    private let definitions: FHIRDefinitions

    /// Cheap: the definitions are shared.
    package init() {
        definitions = .shared
    }

    /// The findings, in document order; empty for a valid resource.
    ///
    /// `expectedType` is the type that the request names, nil where any will do.
    package func validate(_ view: JSONView, expectedType: String? = nil) -> [Issue] {
        guard view.kind == .object else {
            return [Issue(.structure, "A resource is a JSON object")]
        }
        guard let name = view["resourceType"]?.string else {
            return [Issue(.structure, "resourceType is missing or not a string")]
        }
        guard let type = definitions.resourceTypeNumber(name) else {
            return [Issue(.structure, "resourceType is not a resource type of FHIR R4")]
        }
        if let expectedType, expectedType != name {
            return [
                Issue(
                    .structure,
                    "The resource is \(withArticle(name)), the request wants \(expectedType)")
            ]
        }
        var pass = ValidationPass(document: view.document, definitions: definitions)
        pass.validateResource(view.index, type: type, isContained: false)
        return pass.issues
    }

    /// Parse and validate in one go; JSON errors become a structural finding.
    package func validate(
        bytes: [UInt8], expectedType: String? = nil, limits: JSONLimits = .default
    ) -> [Issue] {
        do throws(JSONError) {
            let document = try JSONDocument(parsing: bytes, limits: limits)
            return validate(document.root, expectedType: expectedType)
        } catch {
            return [Issue(.structure, severity: .fatal, error.description)]
        }
    }
}

/// `a Patient`, `an Observation`. The types of R4 that begin with a vowel are also spoken with one.
func withArticle(_ type: String) -> String {
    ("AEIOU".contains(type.prefix(1)) ? "an " : "a ") + type
}
