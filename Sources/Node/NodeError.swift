package import FHIR

/// Why a node did not do what it was asked: one stable code, what happened, what to do next.
///
/// Texts name elements, limits and ids of the request, never content.
package struct NodeError: Error, Sendable {
    package let code: Code
    package let message: String
    package let hint: String?
    /// What validation found, for FHIR's OperationOutcome.
    package let issues: [Issue]
    /// The record and version that stand in the way, where a stamped write met one.
    package var existing: (record: String, version: UInt32)?

    /// What kind of failure it is; each has one HTTP status.
    package enum Code: String, Sendable, CaseIterable {
        case badRequest = "bad-request"
        case unauthorized = "unauthorized"
        case forbidden = "forbidden"
        case notFound = "not-found"
        case methodNotAllowed = "method-not-allowed"
        case notAcceptable = "not-acceptable"
        case conflict = "conflict"
        case gone = "gone"
        case preconditionFailed = "precondition-failed"
        case tooLarge = "too-large"
        case unsupportedMediaType = "unsupported-media-type"
        case rangeNotSatisfiable = "range-not-satisfiable"
        case unprocessable = "unprocessable"
        case busy = "busy"
        case damaged = "damaged"
        case unavailable = "unavailable"
        case halted = "halted"
        case storageFull = "storage-full"
        case refusedByLedger = "refused-by-ledger"
    }

    package init(
        _ code: Code, _ message: String, hint: String? = nil, issues: [Issue] = []
    ) {
        self.code = code
        self.message = message
        self.hint = hint
        self.issues = issues
    }
}
