import HTTPTypes
import Identity
package import LedgerCore

/// The cookie that holds a session's secret.
///
/// Browsers keep cookies by host, not by port: the node's id in the name keeps the sessions of two
/// nodes on one machine apart.
package struct SessionCookie: Sendable {
    package let name: String

    /// The cookie of a node.
    package init(node: Identifier) { name = "cairn-\(node.description.prefix(8))" }

    /// The secret that a request carries; `nil` where there is none, or more than one.
    func secret(_ fields: HTTPFields) -> String? {
        var found: [Substring] = []
        for line in fields[values: .cookie] {
            for pair in line.split(separator: ";") {
                let pair = pair.drop { $0 == " " }
                if pair.hasPrefix(name + "=") { found.append(pair.dropFirst(name.count + 1)) }
            }
        }
        guard found.count == 1, found[0].utf8.count <= 64 else { return nil }
        return String(found[0])
    }

    /// Sets it: out of reach of scripts and of other sites, until the session's hard end.
    func set(_ secret: String, isSecure: Bool) -> String {
        attributes("\(name)=\(secret)", seconds: Sessions.sessionLifetimeMs / 1_000, isSecure)
    }

    /// Takes it away.
    func removal(isSecure: Bool) -> String { attributes("\(name)=", seconds: 0, isSecure) }

    private func attributes(_ pair: String, seconds: UInt64, _ isSecure: Bool) -> String {
        pair + "; Path=/; HttpOnly; SameSite=Strict; Max-Age=\(seconds)"
            + (isSecure ? "; Secure" : "")
    }
}

/// Whether a request with a session's cookie was made by the console itself.
///
/// The cookie alone says only which browser it was. Another site can make a browser send requests;
/// it cannot make it say that they are of the same origin, nor read the guard token.
enum SessionGuard {
    static let field = HTTPField.Name.own("X-Cairn-Guard")
    private static let site = HTTPField.Name.own("Sec-Fetch-Site")
    private static let mode = HTTPField.Name.own("Sec-Fetch-Mode")

    /// Whether reading is the console's own doing, or a person's who followed a link.
    static func allowsReading(_ head: HTTPRequest) -> Bool {
        guard let site = head.headerFields[site] else { return true }
        return site == "same-origin" || site == "none"
            || head.headerFields[mode] == "navigate"
    }

    /// Whether a change is the console's own doing.
    static func allowsChange(_ head: HTTPRequest, _ session: Session) -> Bool {
        isSameOrigin(head) && head.headerFields[field] == session.guardToken
    }

    /// What the browser says about who made the request. A client that is no browser says nothing,
    /// and has no cookie that it did not ask for.
    static func isSameOrigin(_ head: HTTPRequest) -> Bool {
        if let site = head.headerFields[site], site != "same-origin" { return false }
        guard let origin = head.headerFields[.origin] else { return true }
        let authority = head.authority ?? ""
        return origin == "http://\(authority)" || origin == "https://\(authority)"
    }

    static func isChange(_ method: HTTPRequest.Method) -> Bool {
        method != .get && method != .head
    }
}
