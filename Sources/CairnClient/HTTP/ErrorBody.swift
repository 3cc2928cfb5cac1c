import FHIR

/// Reads what an error answer says: an OperationOutcome under /fhir, `{"error":{…}}` elsewhere.
enum ErrorBody {
    /// Longest text that is passed on; a server's message is a line, not a page.
    static let textBytesMax = 1_000

    static func read(status: Int, _ body: [UInt8]) -> ClientError.Answer {
        var answer = ClientError.Answer(code: "http-\(status)", message: "", hint: "")
        if let root = try? JSONDocument(parsing: body).root {
            if let error = root["error"] {
                answer.code = error["code"]?.string ?? answer.code
                answer.message = error["message"]?.string ?? ""
                answer.hint = error["hint"]?.string ?? ""
            } else {
                outcome(root, into: &answer)
            }
        }
        if answer.message.isEmpty { answer.message = reason(status) }
        answer.message = cut(answer.message)
        answer.hint = cut(answer.hint)
        return answer
    }

    /// The first issue that is an error, else the first; further errors are counted.
    static func outcome(_ root: JSONView, into answer: inout ClientError.Answer) {
        guard root["resourceType"]?.isString("OperationOutcome") ?? false,
            let issues = root["issue"].map({ Array($0.elements) }), !issues.isEmpty
        else { return }
        let errors = issues.filter {
            ($0["severity"]?.isString("error") ?? false)
                || ($0["severity"]?.isString("fatal") ?? false)
        }
        let issue = errors.first ?? issues[0]
        answer.code = issue["code"]?.string ?? answer.code
        let text =
            issue["diagnostics"]?.string ?? issue["details"]?["text"]?.string ?? answer.code
        let place = issue["expression"]?.elements.first(where: { _ in true })?.string
        answer.message = place.map { text.contains($0) ? text : "\($0): \(text)" } ?? text
        if errors.count > 1 { answer.message += " (and \(errors.count - 1) more)" }
    }

    private static func cut(_ text: String) -> String {
        guard text.utf8.count > textBytesMax else { return text }
        return String(decoding: Array(text.utf8.prefix(textBytesMax)), as: UTF8.self) + "…"
    }

    private static func reason(_ status: Int) -> String {
        switch status {
        case 400: "the request is not understood"
        case 401: "the server does not know who asks"
        case 403: "the role does not allow this"
        case 404: "there is no such thing"
        case 409: "it conflicts with what is there"
        case 410: "it was deleted"
        case 412: "it was changed meanwhile"
        case 413: "it is too large"
        case 422: "the content breaks a rule"
        case 429: "the server is busy"
        case 503: "the server is not ready"
        case 507: "the server has no space left"
        default: "status \(status)"
        }
    }
}
