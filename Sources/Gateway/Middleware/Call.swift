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
    var query: String?
    /// `nil` on open routes only.
    let caller: Caller?
    /// The browser session by which the caller came, where it was one.
    let session: Session?
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

    /// The server's address as the caller wrote it; with the scheme that a proxy in between names.
    ///
    /// Nobody vouches for any of it. It makes the links in the answer to this one client, and tells
    /// which references in its request are meant for this server; nothing else may rest on it.
    var origin: String { Origin.url(head) }

    /// The FHIR base, without a slash at the end.
    var fhirBase: String { origin + "/fhir" }

    /// The FHIR base as what tells the server's own resources from others.
    var serverBase: ServerBase? { ServerBase(fhirBase) }
}

/// Scheme and authority under which a request came.
enum Origin {
    private static let forwarded = HTTPField.Name.own("Forwarded")
    private static let forwardedScheme = HTTPField.Name.own("X-Forwarded-Proto")

    static func url(_ head: HTTPRequest) -> String {
        let authority = head.authority.flatMap { isAuthority($0) ? $0 : nil } ?? "localhost"
        return "\(scheme(head.headerFields))://\(authority)"
    }

    /// What the proxy nearest to the client says, in `Forwarded` (RFC 7239) or the older
    /// `X-Forwarded-Proto`; anything but https is http.
    private static func scheme(_ fields: HTTPFields) -> String {
        var said = first(fields[forwardedScheme] ?? "", before: ",")
        if let element = fields[forwarded].map({ first($0, before: ",") }) {
            for pair in element.split(separator: ";") {
                let parts = pair.split(separator: "=", maxSplits: 1).map { trimmed($0) }
                if parts.count == 2, parts[0] == "proto" { said = parts[1] }
            }
        }
        return said == "https" || said == "\"https\"" ? "https" : "http"
    }

    private static func first(_ text: String, before separator: Character) -> String {
        trimmed(text.prefix { $0 != separator })
    }

    private static func trimmed(_ text: Substring) -> String {
        String(decoding: text.utf8.filter { $0 != 0x20 && $0 != 0x09 }, as: UTF8.self).lowercased()
    }

    /// Whether a text is a host with or without a port (RFC 3986 section 3.2).
    static func isAuthority(_ text: String) -> Bool {
        var rest = text.utf8[...]
        if rest.first == UInt8(ascii: "[") {
            guard let end = rest.firstIndex(of: UInt8(ascii: "]")) else { return false }
            let inside = rest[..<end].dropFirst()
            let isPlain = inside.allSatisfy { isUnreserved($0) || $0 == UInt8(ascii: ":") }
            guard isPlain, !inside.isEmpty else { return false }
            rest = rest[rest.index(after: end)...]
        } else {
            let name = rest.prefix { $0 != UInt8(ascii: ":") }
            let others = Array("%!$&'()*+,;=".utf8)
            guard !name.isEmpty, name.allSatisfy({ isUnreserved($0) || others.contains($0) })
            else { return false }
            rest = rest[name.endIndex...]
        }
        guard let colon = rest.popFirst() else { return true }
        return colon == UInt8(ascii: ":") && rest.count <= 5
            && rest.allSatisfy { (0x30...0x39).contains($0) }
    }

    private static func isUnreserved(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, 0x2d, 0x2e, 0x5f, 0x7e: true
        default: false
        }
    }
}
