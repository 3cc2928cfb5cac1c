extension APIOperation {
    /// What is said of an operation.
    static func of(_ operation: Operation) -> APIOperation {
        switch operation {
        case .livez, .readyz, .metrics, .discovery, .issueToken, .people, .person, .oneself,
            .genesis, .invite, .joinRequests, .proofOfRecord, .proofOfResource, .openAPI:
            node(operation)
        case .head, .submit, .transaction, .transactionProof, .blocks, .block, .blockTransactions,
            .events, .logCheckpoint, .logTile, .logEntries, .logConsistency, .logInclusion,
            .logTimestamps, .stampedCheckpoint, .timestamp, .addCheckpoint:
            ledger(operation)
        case .contracts, .proposals, .proposal, .snapshot, .audit, .stateProof:
            sharing(operation)
        case .capabilities, .bundle, .create, .search, .searchForm, .read, .update, .delete,
            .history, .vread, .createBinary, .updateBinary, .readBinary, .vreadBinary:
            fhir(operation)
        case .home, .asset, .openSession, .closeSession, .makeLink, .findPatients, .patientPage,
            .patientTimeline, .patientRecord, .patientProof, .patientFile, .patientFileProof,
            .network:
            pages(operation)
        }
    }

    private static let json = "application/json"

    private static func proof(_ summary: String) -> APIOperation {
        one(
            summary, "application/octet-stream", APISchema.binary,
            query: [
                Parameter(
                    name: "version", summary: "The newest by default.",
                    schema: APISchema.number(1, Int(UInt32.max))),
                Parameter(
                    name: "opening", summary: "Whether the content goes along.",
                    schema: APISchema.flag),
                Parameter(
                    name: "state", summary: "Whether what the state says goes along.",
                    schema: APISchema.flag),
            ],
            problems: [404, 410, 503])
    }

    private static func node(_ operation: Operation) -> APIOperation {
        switch operation {
        case .livez: one("The process answers.", "text/plain", APISchema.string)
        case .readyz:
            APIOperation(
                summary: "Whether the node takes work.",
                answers: [
                    (200, [("text/plain", APISchema.string)]),
                    (503, [("text/plain", APISchema.string)]),
                ])
        case .metrics: one("Figures for Prometheus.", "text/plain", APISchema.string)
        case .discovery: one("Network, node and keys.", json, APISchema.named("Discovery"))
        case .openAPI: one("This document.", json, APISchema.any)
        case .issueToken:
            APIOperation(
                summary: "A bearer token, for a request under one's own key.",
                body: [(json, APISchema.object([]))], bodyIsRequired: false,
                answers: [(200, [(json, APISchema.named("Token"))])], problems: [413, 429, 503])
        case .people: one("Everybody on the ledger.", json, APISchema.named("People"))
        case .person:
            one("One person.", json, APISchema.named("Person"), problems: [404])
        case .oneself: one("Who asks.", json, APISchema.named("Person"), problems: [404])
        case .genesis:
            one(
                "The file that founded the network.", "application/octet-stream",
                APISchema.binary)
        case .invite:
            one(
                "Invites a member, under one's own key.", json, APISchema.named("Invitation"),
                status: 201, problems: [409, 429])
        case .joinRequests:
            one("Who waits to be admitted.", json, APISchema.named("JoinRequests"))
        case .proofOfRecord: proof("A proof of a record (docs/PROOFS.md).")
        default: proof("A proof of a resource (docs/PROOFS.md).")
        }
    }

    private static func page(_ summary: String, problems: [Int] = [404]) -> APIOperation {
        one(
            summary, "text/html", APISchema.string, problems: problems, form: .page)
    }

    private static func pages(_ operation: Operation) -> APIOperation {
        switch operation {
        case .home:
            APIOperation(
                summary: "Where a person begins.",
                answers: [(200, [("text/html", APISchema.string)]), (303, [])], form: .page)
        case .asset:
            APIOperation(
                summary: "Scripts and styles of the pages.",
                answers: [(200, [("*/*", APISchema.anything)]), (304, [])], problems: [404])
        case .openSession:
            APIOperation(
                summary: "Uses a log-in link up.",
                body: [(json, APISchema.object([("token", APISchema.string)]))],
                answers: [(204, [])], problems: [401, 403, 413, 429, 503])
        case .closeSession:
            APIOperation(summary: "Ends a session.", answers: [(204, [])])
        case .makeLink:
            APIOperation(
                summary: "A log-in link, under one's own key.",
                body: [(json, APISchema.object([("person?", APISchema.id)]))],
                bodyIsRequired: false,
                answers: [(200, [(json, APISchema.named("Link"))])],
                problems: [404, 413, 429, 503])
        case .findPatients: page("Finds patients.")
        case .patientPage: page("A patient's page.", problems: [404, 410])
        case .network: page("Who keeps the ledger.")
        case .patientTimeline:
            one("The points of a patient's timeline.", json, APISchema.any, problems: [404, 410])
        case .patientRecord:
            one("One record of a patient.", json, APISchema.any, problems: [404, 410])
        case .patientFile:
            APIOperation(
                summary: "A file that a record names.",
                answers: [
                    (200, [("*/*", APISchema.anything)]),
                    (206, [("*/*", APISchema.anything)]),
                ],
                problems: [404, 410, 416])
        default:
            one(
                "A proof of a patient's record, or of a file that it names.",
                "application/octet-stream", APISchema.binary, problems: [404, 410, 413, 503])
        }
    }
}
