import Hummingbird
import Node

/// GET of a resource, and of one version of it.
extension Handlers {
    func read(_ call: Call) throws -> Response {
        try call.body.requireNone()
        try call.fhirParameters().requireOnly([])
        let stored = try records.read(type: try call.resourceType(), id: try call.resourceID())
        return try ResourceAnswer.version(stored, call)
    }

    func vread(_ call: Call) throws -> Response {
        try call.body.requireNone()
        try call.fhirParameters().requireOnly([])
        let stored = try records.read(
            type: try call.resourceType(), id: try call.resourceID(), version: call.argument(2))
        return try ResourceAnswer.version(stored, call)
    }
}
