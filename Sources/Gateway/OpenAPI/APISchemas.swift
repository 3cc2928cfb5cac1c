/// The shapes of what goes in and out: JSON Schema, as OpenAPI 3.1 takes it.
enum APISchema {
    static let integer = JSONTree.object([("type", .text("integer")), ("minimum", .number(0))])
    static let string = JSONTree.object([("type", .text("string"))])
    static let flag = JSONTree.object([("type", .text("boolean"))])
    static let binary = JSONTree.object([("type", .text("string")), ("format", .text("binary"))])
    /// A file, of which nothing is known.
    static let anything = JSONTree.object([])
    static let any = JSONTree.object([("type", .text("object"))])

    static func pattern(_ pattern: String) -> JSONTree {
        .object([("type", .text("string")), ("pattern", .text(pattern))])
    }

    static let digest = pattern("^[0-9a-f]{64}$")
    static let id = pattern("^[0-9a-f]{32}$")
    /// A hash as C2SP writes it.
    static let hash = pattern("^[A-Za-z0-9+/]{43}=$")

    static func number(_ minimum: Int, _ maximum: Int) -> JSONTree {
        .object([
            ("type", .text("integer")), ("minimum", .number(minimum)),
            ("maximum", .number(maximum)),
        ])
    }

    /// A number that the API's 63 bits hold.
    static let count = number(0, Int(Int64.max))

    static func list(_ items: JSONTree) -> JSONTree {
        .object([("type", .text("array")), ("items", items)])
    }

    /// An object with these members and no others; those whose name ends with `?` may be missing.
    static func object(_ members: [(String, JSONTree)]) -> JSONTree {
        let named = members.map { name, schema in
            (name.hasSuffix("?") ? String(name.dropLast()) : name, schema)
        }
        let required = members.map(\.0).filter { !$0.hasSuffix("?") }
        return .object([
            ("type", .text("object")), ("properties", .object(named)),
            ("required", .list(required.map { .text($0) })),
            ("additionalProperties", .flag(false)),
        ])
    }

    static func named(_ name: String) -> JSONTree {
        .object([("$ref", .text("#/components/schemas/\(name)"))])
    }

    /// An object of FHIR R4, whose rules the node has on its own.
    private static let resource = JSONTree.object([
        ("type", .text("object")),
        ("properties", .object([("resourceType", string)])),
        ("required", .list([.text("resourceType")])),
    ])

    private static let path = list(hash)

    /// By name, in the order of the document.
    static let all: [(String, JSONTree)] = [
        (
            "Error",
            object([
                (
                    "error",
                    object([("code", string), ("message", string), ("hint?", string)])
                )
            ])
        ),
        ("Resource", resource),
        (
            "Head",
            object([
                ("height", integer), ("hash", digest), ("timeMs", integer), ("logSize", integer),
                ("logRoot", digest), ("stateRoot?", digest), ("stateHeight?", integer),
                ("finalSize?", integer), ("cosignedMs?", integer), ("checkpoint", string),
            ])
        ),
        ("BlockSummary", object(summary)),
        (
            "Blocks", object([("blocks", list(named("BlockSummary"))), ("before?", integer)])
        ),
        (
            "Block",
            object(
                summary + [
                    ("acceptedRoot", digest), ("refusedRoot", digest),
                    ("logRootBeforeSeal", digest), ("stateWrites", digest),
                    ("stateRoot?", digest), ("stateHeight?", integer), ("batch", digest),
                    ("header", string),
                ])
        ),
        (
            "BlockTransactions",
            object([
                ("height", integer),
                (
                    "transactions",
                    list(
                        object([
                            ("index", integer), ("id", digest), ("contract", string),
                            ("author", id), ("leaf?", integer), ("refused?", string),
                        ]))
                ),
                ("from?", integer),
            ])
        ),
        (
            "Transaction",
            object([
                ("id", digest), ("height", integer), ("index?", integer), ("leaf?", integer),
                ("timeMs", integer), ("contract", string), ("author", id),
                (
                    "stamps",
                    list(
                        object([
                            ("scheme", string), ("purpose", string), ("key", digest),
                            ("receiver?", digest),
                        ]))
                ),
                ("holder?", id), ("node", id),
                (
                    "writes",
                    list(object([("record", id), ("previous", integer), ("commitment", digest)]))
                ),
            ])
        ),
        (
            "TransactionProof",
            object([
                ("id", digest), ("digest", digest), ("leaf", integer), ("path", path),
                ("checkpoint", string),
            ])
        ),
        (
            "Consistency",
            object([
                ("from", integer), ("to", integer), ("fromRoot", hash), ("toRoot", hash),
                ("path", path),
            ])
        ),
        (
            "Inclusion",
            object([
                ("leaf", integer), ("size", integer), ("leafHash", hash), ("root", hash),
                ("path", path),
            ])
        ),
        ("Timestamps", object([("sizes", list(integer)), ("before?", integer)])),
        ("Person", object(person)),
        ("People", object([("people", list(named("Person")))])),
        (
            "Discovery",
            object([
                ("name", string), ("network", digest), ("channel", string), ("member", id),
                ("node", id), ("version", string), ("sample", flag),
                ("checkpointKeys", list(string)), ("witnessKey", string),
                ("outsideWitnessKeys", list(string)),
            ])
        ),
        (
            "Token",
            object([("access_token", string), ("token_type", string), ("expires_in", integer)])
        ),
        (
            "Invitation",
            object([("url", string), ("invitation", string), ("expiresMs", integer)])
        ),
        (
            "JoinRequests",
            object([
                (
                    "requests",
                    list(
                        object([
                            ("member", id), ("name", string), ("authorityFingerprint", digest),
                            ("invitation", string), ("admit", string),
                        ]))
                )
            ])
        ),
        (
            "Link",
            object([("person", id), ("path", string), ("expiresInSeconds", integer)])
        ),
    ]

    private static let summary: [(String, JSONTree)] = [
        ("height", integer), ("hash", digest), ("previous", digest), ("timeMs", integer),
        ("accepted", integer), ("refused", integer), ("logSize", integer),
    ]

    private static let person: [(String, JSONTree)] = [
        ("id", id), ("member", id), ("roles", list(string)),
        ("keys", list(object([("id", digest), ("scheme", string), ("revoked", flag)]))),
    ]
}
