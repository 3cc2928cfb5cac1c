import Contracts
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

    /// What the state holds under a key, or that it holds nothing there.
    func stateProof(_ call: Call) async throws -> Response {
        try requireChannel(call)
        let parameters = FHIRParameters(try call.parameters())
        try parameters.requireOnly(["height"])
        let height = try parameters.value("height").map { text in
            guard let number = UInt64(text), String(number) == text else {
                throw NodeError(.badRequest, "height is a number from 0 on")
            }
            return number
        }
        guard let kind = StateEntryText.Kind(rawValue: call.argument(1)) else {
            throw NodeError(
                .badRequest, "the state has no such kind of entry",
                hint: StateEntryText.Kind.allCases.map(\.rawValue).joined(separator: ", "))
        }
        // What stands once has no id; a path has no empty part.
        let text = kind == .parameters && call.argument(2) == "network" ? "" : call.argument(2)
        guard let id = Hex.decode(text), let key = kind.key(id) else {
            throw NodeError(
                .badRequest, "this is no id of that kind",
                hint: kind == .parameters
                    ? "write parameters/network" : "it has \(2 * kind.idBytes) lowercase hex digits"
            )
        }
        return Answer.bytes(
            try await node.proofs.proof(ofState: key, height: height), mediaType: Answer.octets)
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
        try parameters.requireOnly(["version", "opening", "state"])
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
        let bytes = try await node.proofs.proof(
            of: record, version: version, opening: opening,
            state: parameters.value("state") == "true")
        return Answer.bytes(bytes, mediaType: Answer.octets)
    }
}
