import FHIR
import Node

/// The query of a FHIR request: what is for every interaction, and the rest.
struct FHIRParameters {
    /// `_format`.
    private(set) var format: String?
    /// What the interaction itself must know; anything it does not is refused.
    private(set) var rest: [(name: String, value: String)] = []

    init(_ pairs: [(name: String, value: String)]) {
        for pair in pairs {
            switch pair.name {
            case "_format": format = pair.value
            case "_pretty": break
            default: rest.append(pair)
            }
        }
    }

    /// Refuses parameters that the interaction does not know: one that is ignored changes the
    /// answer without a word.
    func requireOnly(_ names: Set<String>) throws {
        guard let unknown = rest.first(where: { !names.contains($0.name) }) else { return }
        let isName = unknown.name.utf8.count <= 64 && unknown.name.utf8.allSatisfy { $0 > 0x20 }
        let name = isName ? " \(unknown.name)" : ""
        throw NodeError(
            .badRequest, "the parameter\(name) is not known here", hint: "leave it out",
            issues: [])
    }

    func value(_ name: String) -> String? { rest.first { $0.name == name }?.value }
}

extension Call {
    /// Parameters and media types of a request that is answered with FHIR JSON.
    func fhirParameters() throws -> FHIRParameters {
        let parameters = FHIRParameters(try self.parameters())
        try ContentNegotiation.requireJSON(self, format: parameters.format)
        return parameters
    }

    /// The resource type that the path names.
    func resourceType() throws -> String {
        let type = argument(0)
        guard FHIRDefinitions.shared.isResourceType(type) else {
            throw NodeError(.notFound, "this is no resource type of FHIR R4")
        }
        return type
    }

    /// A logical id of the path.
    func resourceID(_ index: Int = 1) throws -> String {
        let id = argument(index)
        guard ReferenceTarget.isID(id) else {
            throw NodeError(
                .badRequest, "this is no FHIR id",
                hint: "ids have 1 to 64 letters, digits, hyphens and dots")
        }
        return id
    }
}
