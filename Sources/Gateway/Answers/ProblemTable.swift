import FHIR
import HTTPTypes
import Node

/// How failures look over HTTP: one row for each code.
enum ProblemTable {
    static func status(_ code: NodeError.Code) -> HTTPResponse.Status {
        switch code {
        case .badRequest: .badRequest
        case .unauthorized: .unauthorized
        case .forbidden: .forbidden
        case .notFound: .notFound
        case .methodNotAllowed: .methodNotAllowed
        case .notAcceptable: .notAcceptable
        case .conflict, .refusedByLedger: .conflict
        case .gone: .gone
        case .preconditionFailed: .preconditionFailed
        case .tooLarge: .contentTooLarge
        case .unsupportedMediaType: .unsupportedMediaType
        case .rangeNotSatisfiable: .rangeNotSatisfiable
        case .unprocessable: .unprocessableContent
        case .busy: .tooManyRequests
        case .damaged: .internalServerError
        case .unavailable, .halted: .serviceUnavailable
        case .storageFull: .init(code: 507, reasonPhrase: "Insufficient Storage")
        }
    }

    /// When to come back, where that helps.
    static func retryAfterSeconds(_ code: NodeError.Code) -> Int? {
        switch code {
        case .busy: 1
        case .unavailable: 2
        default: nil
        }
    }

    /// FHIR's issue type, where the error brings no issues of its own.
    static func issueCode(_ code: NodeError.Code) -> Issue.Code {
        switch code {
        case .badRequest, .rangeNotSatisfiable: .invalid
        case .unauthorized: .login
        case .forbidden: .forbidden
        case .notFound: .notFound
        case .methodNotAllowed, .notAcceptable, .unsupportedMediaType: .notSupported
        case .conflict, .preconditionFailed: .conflict
        case .gone: .deleted
        case .tooLarge: .tooLong
        case .unprocessable: .processing
        case .busy: .throttled
        case .unavailable: .transient
        case .damaged, .storageFull, .halted: .exception
        case .refusedByLedger: .businessRule
        }
    }

    /// What an OperationOutcome says: the findings, else the error itself.
    static func issues(_ error: NodeError) -> [Issue] {
        if !error.issues.isEmpty { return error.issues }
        let text = error.hint.map { "\(error.message): \($0)" } ?? error.message
        return [Issue(issueCode(error.code), text)]
    }
}
