/// One finding about a resource or a request, as an OperationOutcome carries it.
///
/// Texts name elements, codes and limits of the specification, never a value: those are patient
/// data.
package struct Issue: Error, Sendable, Equatable {
    /// FHIR's issue severities.
    package enum Severity: String, Sendable {
        case fatal, error, warning, information
    }

    /// FHIR's issue types (http://hl7.org/fhir/issue-type) that the server uses.
    package enum Code: String, Sendable {
        /// Not a resource at all: no JSON, no resourceType, an unknown or another type. HTTP 400.
        case structure
        /// Content that the definition of its type does not know or allow there. HTTP 422.
        case invalid
        case required, value, invariant
        case codeInvalid = "code-invalid"
        case tooLong = "too-long"
        case tooCostly = "too-costly"
        case notFound = "not-found"
        case deleted, duplicate, conflict, forbidden, login, throttled, exception, informational
        case multipleMatches = "multiple-matches"
        case notSupported = "not-supported"
        case businessRule = "business-rule"
        case processing, security, timeout, transient, unknown, expired, suppressed
    }

    /// Whether it refuses the content.
    package var severity: Severity
    /// What sort of problem it is.
    package var code: Code
    /// Where, as a simple FHIRPath such as `Patient.name[0].family`.
    package var expression: String?
    /// Text for people.
    package var diagnostics: String

    /// An error unless said otherwise.
    package init(
        _ code: Code, severity: Severity = .error, at expression: String? = nil,
        _ diagnostics: String
    ) {
        self.severity = severity
        self.code = code
        self.expression = expression
        self.diagnostics = diagnostics
    }

    /// Whether the finding refuses the content.
    package var isError: Bool { severity == .error || severity == .fatal }

    /// Whether the content is no resource (HTTP 400) rather than one that breaks a rule (422).
    package var isStructural: Bool { isError && code == .structure }
}
