import HTTPTypes
import Hummingbird
import Node

/// POST, PUT and DELETE of one resource.
extension Handlers {
    func create(_ call: Call) async throws -> Response {
        try call.fhirParameters().requireOnly([])
        let type = try call.resourceType()
        try ContentNegotiation.requireJSONBody(call)
        let request = try writeRequest(call)
        let outcome = try await call.body.collect(limitBytes: GatewayLimits.jsonBodyBytesMax) {
            try await records.create(
                type: type, body: $0, ifNoneExist: call.header(.ifNoneExist), request)
        }
        return try answer(outcome, call)
    }

    func update(_ call: Call) async throws -> Response {
        try call.fhirParameters().requireOnly([])
        let type = try call.resourceType()
        let id = try call.resourceID()
        try ContentNegotiation.requireJSONBody(call)
        let request = try writeRequest(call)
        let outcome = try await call.body.collect(limitBytes: GatewayLimits.jsonBodyBytesMax) {
            try await records.update(
                type: type, id: id, body: $0, ifMatch: call.header(.ifMatch), request)
        }
        return try answer(outcome, call)
    }

    func delete(_ call: Call) async throws -> Response {
        try call.body.requireNone()
        try call.fhirParameters().requireOnly([])
        let outcome = try await records.delete(
            type: try call.resourceType(), id: try call.resourceID(),
            ifMatch: call.header(.ifMatch), try writeRequest(call))
        return try answer(outcome, call)
    }
}
