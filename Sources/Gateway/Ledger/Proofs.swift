import FHIR
import HTTPTypes
import Hummingbird
import Identity
import LedgerCore
import Node

/// Self-contained proofs of a record's versions.
extension Handlers {
    func proofOfRecord(_ call: Call) async throws -> Response {
        guard let record = Identifier(hex: call.argument(0)) else {
            throw NodeError(
                .badRequest, "this is no record id", hint: "it has 32 lowercase hex digits")
        }
        return try await proof(of: record, call)
    }

    func proofOfResource(_ call: Call) async throws -> Response {
        let type = try call.resourceType()
        return try await proof(of: try record(type: type, id: try call.resourceID()), call)
    }

    /// The record behind a FHIR id, deleted ones included.
    private func record(type: String, id: String) throws -> Identifier {
        if type == "Binary" { return try records.file(id: id).row.record }
        let page = try records.history(type: type, id: id, count: 1)
        guard let row = page.versions.first?.row else {
            throw NodeError(.notFound, "there is no \(type) with this id")
        }
        return row.record
    }

    private func proof(of record: Identifier, _ call: Call) async throws -> Response {
        let parameters = FHIRParameters(try call.parameters())
        try parameters.requireOnly(["version", "opening"])
        let version = try parameters.value("version").map { text in
            guard let number = UInt32(text), number > 0, String(number) == text else {
                throw NodeError(.badRequest, "version is a number from 1 on")
            }
            return number
        }
        let opening = parameters.value("opening") == "true"
        let caller = try call.requireCaller()
        if opening, !caller.roles.contains(where: Permissions.authors.contains) {
            throw NodeError(
                .forbidden, "your roles do not allow the record's content",
                hint: "ask without opening")
        }
        let bytes = try await node.proofs.proof(of: record, version: version, opening: opening)
        return Answer.bytes(bytes, mediaType: Answer.octets)
    }
}
