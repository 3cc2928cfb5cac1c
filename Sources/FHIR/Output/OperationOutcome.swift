/// FHIR's answer about what went wrong, or right.
package enum OperationOutcome {
    /// The JSON of an OperationOutcome. Without issues it says that all went well.
    package static func json(_ issues: [Issue]) -> [UInt8] {
        let issues =
            issues.isEmpty
            ? [Issue(.informational, severity: .information, "All OK")] : issues
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("resourceType", "OperationOutcome")
        writer.key("issue")
        writer.beginArray()
        for issue in issues { write(issue, to: &writer) }
        writer.endArray()
        writer.endObject()
        return writer.bytes
    }

    private static func write(_ issue: Issue, to writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("severity", issue.severity.rawValue)
        writer.member("code", issue.code.rawValue)
        writer.member("diagnostics", issue.diagnostics)
        if let expression = issue.expression {
            writer.key("expression")
            writer.beginArray()
            writer.string(expression)
            writer.endArray()
        }
        writer.endObject()
    }
}
