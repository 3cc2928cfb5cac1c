import FHIR
import HTTPTypes
import Hummingbird
import Identity
import Node

/// A request that was authenticated, permitted and routed, as handlers see it.
struct Call: Sendable {
    let operation: Operation
    /// What stands for the route's placeholders, in order.
    let arguments: [String]
    let head: HTTPRequest
    /// The path as sent, without the query.
    let path: String
    /// The query as sent, without the question mark.
    let query: String?
    /// `nil` on open routes only.
    let caller: Caller?
    let body: IncomingBody

    /// The caller of a route that is not open.
    func requireCaller() throws -> Caller {
        guard let caller else { throw NodeError(.unauthorized, "this needs a known person") }
        return caller
    }

    func argument(_ index: Int) -> String { index < arguments.count ? arguments[index] : "" }

    /// The value of a header field; several lines joined by a comma.
    func header(_ name: HTTPField.Name) -> String? { head.headerFields[name] }

    /// The query's parameters, decoded.
    func parameters() throws -> [(name: String, value: String)] {
        do {
            return try QueryString.pairs(query ?? "")
        } catch {
            throw NodeError(.badRequest, error.description)
        }
    }

    /// The server's address as the caller wrote it.
    var origin: String { "http://\(head.authority ?? "localhost")" }

    /// The FHIR base, without a slash at the end.
    var fhirBase: String { origin + "/fhir" }
}
