/// What the API's document says of one operation, beside its path and who may do it.
struct APIOperation: Sendable {
    let summary: String
    var query: [Parameter] = []
    var headers: [Parameter] = []
    /// Media types that the body may have, each with its schema; empty for no body.
    var body: [(type: String, schema: JSONTree)] = []
    var bodyIsRequired = true
    /// By status: media types with their schemas; none for an answer without a body.
    var answers: [(status: Int, forms: [(type: String, schema: JSONTree)])]
    /// Failures beside those of every route: 400, and, unless it is open, 401 and 403.
    var problems: [Int] = []
    var form = ProblemForm.error

    /// How its failures look.
    enum ProblemForm: Sendable {
        /// `{"error": …}`
        case error
        /// An OperationOutcome.
        case outcome
        /// `{"error": …}`, and a page for browsers.
        case page
    }

    /// A value in the query or the head.
    struct Parameter: Sendable {
        let name: String
        let summary: String
        let schema: JSONTree
        var isRequired = false
    }

    /// One answer, of one media type.
    static func one(
        _ summary: String, _ type: String, _ schema: JSONTree, status: Int = 200,
        query: [Parameter] = [], problems: [Int] = [], form: ProblemForm = .error
    ) -> APIOperation {
        APIOperation(
            summary: summary, query: query, answers: [(status, [(type, schema)])],
            problems: problems, form: form)
    }

    /// What a status says to a person.
    static func words(_ status: Int) -> String {
        switch status {
        case 200: "Done."
        case 201: "Made."
        case 202: "Durable, and not yet final: the answer to wait=final."
        case 204: "Done; there is nothing to show."
        case 206: "A part of the file."
        case 303: "It lies elsewhere."
        case 304: "Not changed."
        case 400: "The request is malformed, or a parameter is not known."
        case 401: "It is not known who asks."
        case 403: "Who asks may not do this."
        case 404: "There is nothing of this name."
        case 406: "Only JSON is served."
        case 409: "It conflicts with what is there."
        case 410: "It was deleted."
        case 412: "It is not the version that was expected."
        case 413: "The body is too large."
        case 415: "The body has another media type."
        case 416: "The file has no such part."
        case 422: "The content breaks a rule."
        case 429: "Too much at once; try again."
        case 503: "Not at the moment; try again."
        case 507: "The disk is full; nothing was stored."
        default: "Not possible."
        }
    }
}
