import FHIR
import HTTPTypes
import Hummingbird
import LedgerCore
import Node

/// Turns what went wrong into an answer. Nothing of an unknown error but its type leaves, and that
/// only into the log, under the request's id.
enum ProblemAnswer {
    static func response(
        _ error: any Error, isFHIR: Bool, requestID: String, observer: RequestObserver
    ) -> Response {
        switch error {
        case let error as NodeError: return response(error, isFHIR: isFHIR)
        case let error as MethodNotAllowed:
            var response = response(
                NodeError(.methodNotAllowed, "this path does not take this method"), isFHIR: isFHIR)
            response.headers[.allow] = error.allowed.map(\.rawValue).joined(separator: ", ")
            return response
        case let error as MalformedBytes:
            return response(NodeError(.badRequest, error.description), isFHIR: isFHIR)
        default:
            observer.unexpected(error, requestID: requestID)
            return response(
                NodeError(
                    .damaged, "the node could not do this (incident \(requestID))",
                    hint: "tell the operator this incident's number"), isFHIR: isFHIR)
        }
    }

    static func response(_ error: NodeError, isFHIR: Bool) -> Response {
        var headers = HTTPFields()
        if error.code == .unauthorized {
            headers[.wwwAuthenticate] = "Bearer realm=\"cairn\""
        }
        if let seconds = ProblemTable.retryAfterSeconds(error.code) {
            headers[.retryAfter] = String(seconds)
        }
        if let existing = error.existing {
            headers[.cairnRecord] = existing.record
            headers[.cairnVersion] = String(existing.version)
        }
        return Answer.json(
            bytes(error, isFHIR: isFHIR), status: ProblemTable.status(error.code), isFHIR: isFHIR,
            headers: headers)
    }

    static func bytes(_ error: NodeError, isFHIR: Bool) -> [UInt8] {
        isFHIR
            ? OperationOutcome.json(ProblemTable.issues(error))
            : json(error.code.rawValue, error.message, hint: error.hint)
    }

    /// The body of an error outside of FHIR.
    static func json(_ code: String, _ message: String, hint: String?) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("error")
        writer.beginObject()
        writer.member("code", code)
        writer.member("message", message)
        if let hint { writer.member("hint", hint) }
        writer.endObject()
        writer.endObject()
        return writer.bytes
    }
}
