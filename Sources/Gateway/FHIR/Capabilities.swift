import FHIR
import Hummingbird

/// GET metadata, for anyone.
extension Handlers {
    func capabilities(_ call: Call) throws -> Response {
        try call.body.requireNone()
        let parameters = try call.fhirParameters()
        try parameters.requireOnly(["mode"])
        return Answer.json(
            CapabilityStatement.json(
                baseURL: call.fhirBase, softwareVersion: configuration.version,
                dateMs: Int64(clamping: startedMs)), isFHIR: true)
    }
}
