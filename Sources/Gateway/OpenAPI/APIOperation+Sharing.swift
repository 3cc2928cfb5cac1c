extension APIOperation {
    private static let json = "application/json"
    private static let octets = "application/octet-stream"

    /// What the ledger runs, what waits on it, and what goes to whoever begins or checks.
    static func sharing(_ operation: Operation) -> APIOperation {
        switch operation {
        case .contracts:
            one(
                "The contracts and their versions.", json, APISchema.named("Contracts"),
                problems: [404])
        case .proposals:
            one("What waits for stamps.", json, APISchema.named("Proposals"), problems: [404])
        case .proposal:
            one("One proposal.", json, APISchema.named("Proposal"), problems: [404])
        case .stateProof:
            one(
                "A proof of what the state says of an entry (docs/PROOFS.md).", octets,
                APISchema.binary,
                query: [place("height", "A height; the newest state by default.")],
                problems: [404, 410, 503])
        case .snapshot:
            one(
                "The ledger's state with what shows that it holds (docs/SNAPSHOTS.md).", octets,
                APISchema.binary, problems: [404, 409, 410, 429, 503])
        default:
            one(
                "What the log holds between two states, with what shows it.", octets,
                APISchema.binary,
                query: [
                    place("from", "Height of the first state."),
                    place("fromSize", "Or its number of leaves."),
                    place("to", "Height of the second; the newest by default."),
                    place("toSize", "Or its number of leaves."),
                ],
                problems: [404, 409, 410, 503])
        }
    }

    private static func place(_ name: String, _ summary: String) -> Parameter {
        Parameter(name: name, summary: summary, schema: APISchema.count)
    }
}

extension APISchema {
    private static let version = object([
        ("name", string), ("newest", integer), ("oldest", integer),
    ])

    /// Those of `APIOperation.sharing`.
    static let sharing: [(String, JSONTree)] = [
        (
            "Contracts",
            object([
                ("height", integer), ("members", integer),
                (
                    "contracts",
                    list(
                        object([
                            ("name", string), ("oldest", integer), ("newest", integer),
                            ("paused", flag),
                        ]))
                ),
                (
                    "pending?",
                    object([
                        ("height", integer), ("release", string), ("versions", list(version)),
                    ])
                ),
                ("program", list(object([("name", string), ("newest", integer)]))),
            ])
        ),
        ("Proposals", object([("proposals", list(named("Proposal")))])),
        (
            "Proposal",
            object([
                ("id", digest),
                ("standing", pattern("^(carried-out|refused|expired|waiting)$")),
                ("proposer", id), ("sinceMs", integer), ("deadlineMs", integer),
                ("intent?", string), ("policy?", string), ("decided?", digest),
                ("reason?", string),
                (
                    "stamps",
                    list(
                        object([
                            ("person", id), ("key", digest), ("untilMs", integer),
                            ("refusal?", string),
                        ]))
                ),
            ])
        ),
    ]
}
