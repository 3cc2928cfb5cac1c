extension APIOperation {
    private static let fhir = "application/fhir+json"
    private static let resource = APISchema.named("Resource")

    private static let format = Parameter(
        name: "_format", summary: "json, in any of its names.",
        schema: .object([
            ("type", .text("string")), ("enum", .list([.text("json"), .text("application/json")])),
        ]))

    private static func read(
        _ summary: String, query: [Parameter] = [], problems: [Int] = [404, 406, 410]
    ) -> APIOperation {
        APIOperation(
            summary: summary, query: [format] + query,
            answers: [(200, [(fhir, resource)]), (304, [])], problems: problems, form: .outcome)
    }

    private static func write(
        _ summary: String, body: [String], statuses: [Int]
    ) -> APIOperation {
        APIOperation(
            summary: summary, query: [format, wait], body: body.map { ($0, resource) },
            answers: statuses.map { ($0, $0 == 204 ? [] : [(fhir, resource)]) } + [
                (202, [(fhir, resource)])
            ],
            problems: [404, 406, 409, 410, 412, 413, 415, 422, 429, 503, 507], form: .outcome)
    }

    /// The FHIR interface. The CapabilityStatement says what each resource type knows.
    static func fhir(_ operation: Operation) -> APIOperation {
        switch operation {
        case .capabilities: read("The CapabilityStatement.", problems: [406])
        case .bundle: write("A transaction or batch.", body: [fhir], statuses: [200])
        case .create: write("Makes a resource.", body: [fhir], statuses: [200, 201, 204])
        case .update:
            write("Makes or replaces a resource.", body: [fhir], statuses: [200, 201, 204])
        case .delete: write("Deletes a resource.", body: [], statuses: [200, 204])
        case .search:
            APIOperation(
                summary: "Searches resources of a type.", query: [format],
                answers: [(200, [(fhir, resource)])], problems: [404, 406], form: .outcome)
        case .searchForm:
            APIOperation(
                summary: "Searches by a form.", query: [format],
                body: [("application/x-www-form-urlencoded", APISchema.any)],
                bodyIsRequired: false, answers: [(200, [(fhir, resource)])],
                problems: [404, 406, 413, 415, 429, 503], form: .outcome)
        case .history:
            read(
                "The versions of a resource, the newest first.",
                query: [
                    Parameter(
                        name: "_count", summary: "How many at most.",
                        schema: APISchema.number(1, 1_000))
                ])
        case .vread: read("One version of a resource.")
        case .createBinary, .updateBinary:
            upload(operation == .createBinary ? "Keeps a file." : "Keeps a file under an id.")
        case .readBinary: download("A file, whole or a part.")
        case .vreadBinary: download("One version of a file.")
        default: read("One resource.")
        }
    }

    /// What is sent as a resource comes back as one, a file does not.
    private static func upload(_ summary: String) -> APIOperation {
        var operation = write(summary, body: [fhir], statuses: [200, 201, 204])
        operation.body.append(("*/*", APISchema.binary))
        operation.bodyIsRequired = false
        operation.answers = operation.answers.map { ($0.status, []) }
        return operation
    }

    private static func download(_ summary: String) -> APIOperation {
        APIOperation(
            summary: summary, query: [format],
            answers: [
                (200, [(fhir, resource), ("*/*", APISchema.anything)]),
                (206, [("*/*", APISchema.anything)]), (304, []),
            ],
            problems: [404, 406, 410, 416], form: .outcome)
    }
}
