import FHIR
import HTTPTypes
import Hummingbird
import Node

/// The API's description, OpenAPI 3.1, made from the table of routes: what is not in that table
/// cannot be in here, and a route without a description does not compile.
enum APIDocument {
    /// The document of a server of this version.
    static func json(version: String) -> [UInt8] { tree(version: version).bytes }

    private static func tree(version: String) -> JSONTree {
        .object([
            ("openapi", .text("3.1.0")),
            (
                "info",
                .object([
                    ("title", .text("Cairn node")), ("version", .text(version)),
                    (
                        "description",
                        .text(
                            "FHIR R4, the ledger and its log, and the pages of a Cairn node. "
                                + "Times are milliseconds since 1970 unless they say otherwise. "
                                + "Path parameters that stand for several segments hold slashes.")
                    ),
                    ("license", .object([("name", .text("Apache-2.0"))])),
                ])
            ),
            ("paths", .object(paths())),
            (
                "components",
                .object([
                    ("schemas", .object(APISchema.all + APISchema.sharing)),
                    (
                        "securitySchemes",
                        .object([
                            (
                                "bearer",
                                .object([
                                    ("type", .text("http")), ("scheme", .text("bearer")),
                                    (
                                        "description",
                                        .text(
                                            "What POST /api/v1/tokens gives. A request signature "
                                                + "(RFC 9421) by a person's own key serves too, "
                                                + "and where it is said, that alone.")
                                    ),
                                ])
                            )
                        ])
                    ),
                ])
            ),
        ])
    }

    private static func paths() -> [(String, JSONTree)] {
        var order = [String]()
        var operations: [String: [(String, JSONTree)]] = [:]
        for route in RouteTable.routes {
            let path = plain(route.pattern)
            if operations[path] == nil { order.append(path) }
            operations[path, default: []].append(
                (route.method.rawValue.lowercased(), operation(route)))
        }
        return order.map { ($0, .object(operations[$0] ?? [])) }
    }

    /// A pattern as OpenAPI writes it.
    static func plain(_ pattern: String) -> String { pattern.replacing("...}", with: "}") }

    private static func operation(_ route: Route) -> JSONTree {
        let said = APIOperation.of(route.operation)
        let rule = Permissions.rule(route.operation)
        var members: [(String, JSONTree)] = [
            ("operationId", .text(route.operation.rawValue)), ("summary", .text(said.summary)),
            ("tags", .list([.text(tag(route.pattern))])),
        ]
        let parameters =
            pathParameters(route.pattern)
            + said.query.map { parameter($0, in: "query") }
            + said.headers.map { parameter($0, in: "header") }
        if !parameters.isEmpty { members.append(("parameters", .list(parameters))) }
        if !said.body.isEmpty {
            members.append(
                (
                    "requestBody",
                    .object([
                        ("required", .flag(said.bodyIsRequired)), ("content", content(said.body)),
                    ])
                ))
        }
        if rule != .open {
            members.append(
                ("security", .list([.object([("bearer", .list([]))])])))
        }
        members.append(("responses", .object(responses(said, isOpen: rule == .open))))
        return .object(members)
    }

    private static func tag(_ pattern: String) -> String {
        if pattern.hasPrefix("/fhir") { return "fhir" }
        if pattern.contains("/log/") || pattern.contains("/witness/") { return "log" }
        if pattern.contains("/ledger/") || pattern.contains("/proofs/") { return "ledger" }
        return pattern.hasPrefix("/api") || pattern.hasPrefix("/.well-known") ? "node" : "pages"
    }

    private static func responses(
        _ said: APIOperation, isOpen: Bool
    ) -> [(String, JSONTree)] {
        var all = said.answers.map { status, forms in (status, forms) }
        for status in ([400] + (isOpen ? [] : [401, 403]) + said.problems)
        where !all.contains(where: { $0.0 == status }) {
            all.append((status, problem(said.form)))
        }
        return all.sorted { $0.0 < $1.0 }.map { status, forms in
            var members = [("description", JSONTree.text(APIOperation.words(status)))]
            if !forms.isEmpty { members.append(("content", content(forms))) }
            return (String(status), .object(members))
        }
    }

    private static func problem(
        _ form: APIOperation.ProblemForm
    ) -> [(type: String, schema: JSONTree)] {
        switch form {
        case .error: [("application/json", APISchema.named("Error"))]
        case .outcome: [("application/fhir+json", APISchema.named("Resource"))]
        case .page:
            [("application/json", APISchema.named("Error")), ("text/html", APISchema.string)]
        }
    }

    private static func content(_ forms: [(type: String, schema: JSONTree)]) -> JSONTree {
        .object(forms.map { ($0.type, .object([("schema", $0.schema)])) })
    }

    private static func parameter(_ parameter: APIOperation.Parameter, in place: String) -> JSONTree
    {
        .object([
            ("name", .text(parameter.name)), ("in", .text(place)),
            ("required", .flag(parameter.isRequired)),
            ("description", .text(parameter.summary)), ("schema", parameter.schema),
        ])
    }

    private static func pathParameters(_ pattern: String) -> [JSONTree] {
        plain(pattern).split(separator: "/").compactMap { part in
            guard part.hasPrefix("{") else { return nil }
            let name = String(part.dropFirst().dropLast())
            return .object([
                ("name", .text(name)), ("in", .text("path")), ("required", .flag(true)),
                ("schema", name == "channel" ? channel : APISchema.string),
            ])
        }
    }

    private static let channel = JSONTree.object([
        ("type", .text("string")), ("enum", .list([.text(CairnNode.channel)])),
    ])
}

extension Handlers {
    /// GET /api/v1/openapi.json: the same for everyone.
    func openAPI(_ call: Call) throws -> Response {
        try requireNoQuery(call)
        return Answer.bytes(
            APIDocument.json(version: configuration.version),
            mediaType: "application/json; charset=utf-8")
    }
}
