extension APIOperation {
    private static let json = "application/json"
    private static let protobuf = "application/x-protobuf"
    private static let octets = "application/octet-stream"

    private static func named(_ schema: String) -> JSONTree { APISchema.named(schema) }

    private static func page(_ limit: Int, _ start: Parameter) -> [Parameter] {
        [
            start,
            Parameter(
                name: "count", summary: "How many at most.",
                schema: APISchema.number(1, limit)),
        ]
    }

    private static let beforeHeight = Parameter(
        name: "before", summary: "Leave out this height and all above it.",
        schema: APISchema.count)

    /// The channel, its blocks and transactions.
    static func ledger(_ operation: Operation) -> APIOperation {
        switch operation {
        case .head:
            one("Where the channel stands.", json, named("Head"), problems: [404])
        case .blocks:
            one(
                "Blocks, the newest first.", json, named("Blocks"),
                query: page(GatewayLimits.pageItemsMax, beforeHeight), problems: [404])
        case .block:
            one(
                "One block's header, by height or hash.", json, named("Block"), problems: [404])
        case .blockTransactions:
            one(
                "A block's transactions, refused ones included.", json,
                named("BlockTransactions"),
                query: page(
                    GatewayLimits.pageTransactionsMax,
                    Parameter(
                        name: "from", summary: "The first index.", schema: APISchema.count)),
                problems: [404])
        case .transaction:
            APIOperation(
                summary: "One accepted transaction.",
                answers: [(200, [(json, named("Transaction")), (protobuf, APISchema.binary)])],
                problems: [404])
        case .transactionProof:
            one(
                "A transaction's place in the log of a final checkpoint.", json,
                named("TransactionProof"), problems: [404, 503])
        case .events:
            APIOperation(
                summary: "Blocks and checkpoints as they come: server-sent events. "
                    + "Last-Event-ID resumes after a height.",
                query: [
                    Parameter(
                        name: "blocks", summary: "End after so many blocks.",
                        schema: APISchema.number(1, Int(Int32.max)))
                ],
                headers: [
                    Parameter(
                        name: "Last-Event-ID", summary: "The height of the last block seen.",
                        schema: APISchema.count)
                ],
                answers: [(200, [("text/event-stream", APISchema.string)])],
                problems: [404, 429])
        case .submit:
            APIOperation(
                summary: "Hands in intents that their authors built and stamped "
                    + "(proto/cairn/v1/api.proto).",
                query: [wait], body: [(protobuf, APISchema.binary)],
                answers: [
                    (200, [(protobuf, APISchema.binary)]), (202, [(protobuf, APISchema.binary)]),
                ],
                problems: [404, 413, 415, 429, 503])
        default:
            log(operation)
        }
    }

    /// `wait=final` of every write.
    static let wait = Parameter(
        name: "wait", summary: "Wait until a quorum has cosigned what was written.",
        schema: .object([("type", .text("string")), ("enum", .list([.text("final")]))]))

    private static func log(_ operation: Operation) -> APIOperation {
        switch operation {
        case .logCheckpoint:
            one(
                "The newest published checkpoint (C2SP tlog-checkpoint).", "text/plain",
                APISchema.string, problems: [404])
        case .logTile:
            one(
                "A tile of hashes (C2SP tlog-tiles).", octets, APISchema.binary, problems: [404])
        case .logEntries:
            one(
                "A bundle of entries (C2SP tlog-tiles): digests of transactions and of headers.",
                octets, APISchema.binary, problems: [404])
        case .logConsistency:
            one(
                "That the log of `to` leaves begins with that of `from` leaves.", json,
                named("Consistency"),
                query: [
                    Parameter(
                        name: "from", summary: "The smaller size.", schema: APISchema.count,
                        isRequired: true),
                    Parameter(
                        name: "to", summary: "The larger; the published checkpoint's by default.",
                        schema: APISchema.count),
                ], problems: [404])
        case .logInclusion:
            one(
                "Where a leaf lies in the log of `size` leaves.", json, named("Inclusion"),
                query: [
                    Parameter(
                        name: "leaf", summary: "Counted from 0.", schema: APISchema.count,
                        isRequired: true),
                    Parameter(
                        name: "size", summary: "The published checkpoint's by default.",
                        schema: APISchema.count),
                ], problems: [404])
        case .logTimestamps:
            one(
                "Sizes of checkpoints that have a timestamp, the newest first.", json,
                named("Timestamps"),
                query: page(
                    GatewayLimits.pageItemsMax,
                    Parameter(
                        name: "before", summary: "Leave out this size and all above it.",
                        schema: APISchema.count)), problems: [404])
        case .stampedCheckpoint:
            one(
                "The signed note of a checkpoint that was stamped.", "text/plain",
                APISchema.string, problems: [404])
        case .timestamp:
            one(
                "The RFC 3161 response over the SHA-256 of that note.",
                "application/timestamp-reply", APISchema.binary, problems: [404])
        default:
            addCheckpoint
        }
    }

    private static var addCheckpoint: APIOperation {
        APIOperation(
            summary: "Has this node cosign another log's checkpoint (C2SP tlog-witness).",
            body: [("text/plain", APISchema.string)],
            answers: [
                (200, [("text/plain", APISchema.string)]),
                (409, [("text/x.tlog.size", APISchema.string)]),
            ],
            problems: [403, 404, 413, 422, 429, 503])
    }
}
