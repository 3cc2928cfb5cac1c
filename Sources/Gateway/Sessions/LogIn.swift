import FHIR
import HTTPTypes
import Hummingbird
import Identity
import LedgerCore
import Node

/// Links, sessions and the start page.
extension Handlers {
    /// POST /console/links: a one-time link for oneself; in a sample network an administrator makes
    /// them for others too.
    func makeLink(_ call: Call) async throws -> Response {
        try requireNoQuery(call)
        let caller = try call.requireCaller()
        let whom = try await call.body.collect(limitBytes: GatewayLimits.tokenBodyBytesMax) {
            try LinkRequest(body: $0).person
        }
        let person = try linked(whom ?? caller.person, by: caller)
        let token: String
        do {
            token = try sessions.makeLink(for: person, nowMs: clock())
        } catch {
            throw NodeError(.busy, "too many log-in links wait to be used", hint: "try again soon")
        }
        var writer = JSONWriter(capacityBytes: 512)
        writer.beginObject()
        writer.member("person", "\(person)")
        // Behind the #: browsers send it to no server, and no proxy logs it.
        writer.member("path", "/#login=\(token)")
        writer.key("expiresInSeconds")
        writer.integer(Int(Sessions.linkLifetimeMs / 1_000))
        writer.endObject()
        return Answer.json(writer.bytes, isFHIR: false)
    }

    /// Whom a caller may make a link for. Whoever could make one for somebody else could act as
    /// them unnoticed: that is for sample people alone.
    private func linked(_ person: Identifier, by caller: Caller) throws -> Identifier {
        guard person == caller.person || node.identity.genesis.body.parameters.sample else {
            throw NodeError(
                .forbidden, "a log-in link for somebody else exists in sample networks only",
                hint: "let them run `cairn link` with their own wallet")
        }
        guard person == caller.person || caller.holds(.administrator) else {
            throw NodeError(
                .forbidden, "a log-in link for a sample person takes an administrator",
                hint: "use an administrator's wallet")
        }
        guard let found = try node.people.person(person) else {
            throw NodeError(.notFound, "the ledger knows no such person")
        }
        guard found.member == node.identity.member, caller.member == found.member else {
            throw NodeError(
                .forbidden, "this person belongs to another member",
                hint: "make the link at a node of that member")
        }
        return found.id
    }

    /// POST /console/session: uses a link up.
    func openSession(_ call: Call) async throws -> Response {
        try requireNoQuery(call)
        guard SessionGuard.isSameOrigin(call.head) else {
            throw NodeError(
                .forbidden, "another site asked for this session",
                hint: "open the log-in link itself")
        }
        let token = try await call.body.collect(limitBytes: GatewayLimits.tokenBodyBytesMax) {
            try LinkRequest.token(body: $0)
        }
        do {
            let (secret, session) = try sessions.begin(link: token, nowMs: clock())
            guard let person = try node.people.person(session.person),
                person.keys.contains(where: { !$0.revoked })
            else {
                sessions.end(session)
                throw SessionProblem.unknownLink
            }
            return Answer.empty(
                .noContent,
                headers: [.setCookie: cookie.set(secret, isSecure: call.isSecure)])
        } catch SessionProblem.busy {
            throw NodeError(.busy, "too many sessions are open", hint: "try again later")
        } catch is SessionProblem {
            throw NodeError(
                .unauthorized,
                "this log-in link was used already, is older than ten minutes, or another node's",
                hint: "make a new one with cairn link")
        }
    }

    /// DELETE /console/session: ends the session by which it is asked.
    func closeSession(_ call: Call) throws -> Response {
        try requireNoQuery(call)
        if let session = call.session { sessions.end(session) }
        return Answer.empty(
            .noContent, headers: [.setCookie: cookie.removal(isSecure: call.isSecure)])
    }

    /// GET /: where a person of each role begins; the log-in page for everyone else.
    func home(_ call: Call) throws -> Response {
        let known = try? call.caller ?? authenticator.authenticate(call.head, nowMs: clock()).caller
        guard let caller = known else {
            return LogInPage.answer(network: node.identity.genesis.body.name)
        }
        let isHere = caller.member == node.identity.member
        if isHere, caller.roles.contains(where: Permissions.authors.contains) {
            return Answer.redirect("/patients")
        }
        if isHere, caller.holds(.patient),
            let own = try records.patients(ofPerson: caller.person).first
        {
            return Answer.redirect("/patients/\(own.fhirID)")
        }
        return Answer.redirect("/network")
    }
}

extension Call {
    /// Whether the browser came by https, as far as the proxy in between says.
    var isSecure: Bool { origin.hasPrefix("https:") }
}

/// The bodies of the log-in routes: JSON objects with one member, or none.
struct LinkRequest {
    /// For whom; `nil` for oneself.
    let person: Identifier?

    init(body: [UInt8]) throws {
        guard !body.isEmpty else {
            person = nil
            return
        }
        let root = try LinkRequest.object(body, only: "person", hint: "send {} or {\"person\": ID}")
        guard let value = root["person"] else {
            person = nil
            return
        }
        guard let id = value.string.flatMap({ Identifier(hex: $0) }) else {
            throw NodeError(
                .badRequest, "this is no person id", hint: "it has 32 lowercase hex digits")
        }
        person = id
    }

    /// The secret of a link.
    static func token(body: [UInt8]) throws -> String {
        let hint = "send {\"token\": what stands behind #login= in the link}"
        let root = try object(body, only: "token", hint: hint)
        guard let token = root["token"]?.string, (1...64).contains(token.utf8.count) else {
            throw NodeError(.badRequest, "the body names no log-in token", hint: hint)
        }
        return token
    }

    private static func object(_ body: [UInt8], only name: String, hint: String) throws -> JSONView
    {
        guard let root = try? JSONDocument(parsing: body).root, root.kind == .object,
            root.members.allSatisfy({ $0.key.string == name })
        else { throw NodeError(.badRequest, "the body is not what this takes", hint: hint) }
        return root
    }
}

/// The page for whom the node does not know.
enum LogInPage {
    static func answer(network: String, problem: NodeError? = nil) -> Response {
        let page = ConsolePage(title: "Log in", kind: "login", network: network)
        let html = page.html { html in
            html.element("section", [("class", "notice")]) { html in
                html.element("h1", "Welcome to \(network)")
                html.element("p", [("id", "state"), ("role", "status")]) { html in
                    if let problem {
                        html.text("\(LogInPage.sentence(problem.message)) ")
                    }
                    html.text("You get in with a log-in link: it works once, for ten minutes.")
                }
                html.element("p", [("class", "quiet")]) { html in
                    html.text("With a wallet on this machine, make one: ")
                    html.element("code", "cairn link")
                    html.text(". Otherwise ask whoever looks after your account.")
                }
                html.raw("<noscript><p>Logging in needs JavaScript: ")
                html.raw("the link's secret never reaches a server's log that way.</p></noscript>")
            }
        }
        return Answer.page(html, status: problem == nil ? .ok : .unauthorized)
    }

    /// A message of an error as a sentence.
    static func sentence(_ message: String) -> String {
        message.prefix(1).uppercased() + message.dropFirst() + "."
    }
}
