package import HTTPTypes
package import Identity
import LedgerCore
package import Node

/// Establishes who makes a request, before anything else is looked at.
///
/// The proof is a request signature (RFC 9421, tier 2), a bearer token (tier 0) or the cookie of a
/// browser session (tier 1). Whose it is, and
/// which roles that person holds, is read off the ledger at this moment: a role that was removed,
/// or a key that was revoked, counts at once, for tokens under way too.
package struct Authenticator: Sendable {
    let people: PeopleDirectory
    let tokens: TokenVerifier
    let replays: ReplayGuard
    let sessions: Sessions
    let cookie: SessionCookie
    /// Whom tokens must be meant for.
    let audience: String

    package init(
        people: PeopleDirectory, tokens: TokenVerifier, replays: ReplayGuard, sessions: Sessions,
        cookie: SessionCookie, audience: String
    ) {
        self.people = people
        self.tokens = tokens
        self.replays = replays
        self.sessions = sessions
        self.cookie = cookie
        self.audience = audience
    }

    /// A caller, and the signature whose content digest the body must have.
    package struct Outcome: Sendable {
        package let caller: Caller
        package let signature: ParsedRequestSignature?
        /// The browser session, where that was the proof.
        package let session: Session?
    }

    /// - Throws: `NodeError.unauthorized` with what to do; `busy` where no signature can be
    ///   remembered.
    package func authenticate(_ head: HTTPRequest, nowMs: UInt64) throws -> Outcome {
        guard let parts = SignedRequestParts(head) else {
            throw Authenticator.refusal("the request names no host", hint: "send a Host header")
        }
        if RequestVerifier.isSigned(parts) { return try signed(parts, nowMs: nowMs) }
        let fields = head.headerFields[values: .authorization]
        if fields.isEmpty, let secret = cookie.secret(head.headerFields) {
            return try inSession(secret, head, nowMs: nowMs)
        }
        guard fields.count == 1, let token = Authenticator.bearer(fields[0]) else {
            throw Authenticator.refusal(
                "this needs to know who asks",
                hint: "send `Authorization: Bearer` with what `cairn token` prints, or sign the "
                    + "request with a wallet key (RFC 9421)")
        }
        return try bearing(token, nowMs: nowMs)
    }

    private func signed(_ parts: SignedRequestParts, nowMs: UInt64) throws -> Outcome {
        let parsed: ParsedRequestSignature
        let person: PeopleDirectory.Person
        do throws(RequestSignatureError) {
            parsed = try RequestVerifier.parse(parts)
        } catch { throw Authenticator.refusal(error) }
        guard let holder = try people.holder(ofKey: parsed.keyId) else {
            throw Authenticator.refusal(
                "the signing key is not, or no longer, registered",
                hint: "use a wallet whose key an administrator has registered in this network")
        }
        person = holder.person
        guard let scheme = UInt8(exactly: holder.key.scheme.rawValue).flatMap(KeyScheme.init),
            let key = WalletPublicKey(scheme: scheme, bytes: holder.key.bytes)
        else { throw Authenticator.refusal(.wrongKey) }
        do throws(RequestSignatureError) {
            try RequestVerifier.check(parsed, publicKey: key)
            try replays.admit(parsed, nowSeconds: Int64(clamping: nowMs / 1_000))
        } catch { throw Authenticator.refusal(error) }
        let caller = Caller(
            person: person.id, member: person.member, roles: Authenticator.roles(person),
            tier: .ownKey, key: parsed.keyId, evidence: parsed.evidence)
        return Outcome(caller: caller, signature: parsed, session: nil)
    }

    private func bearing(_ token: String, nowMs: UInt64) throws -> Outcome {
        let verified: VerifiedToken
        do throws(TokenError) {
            verified = try tokens.verify(
                token, nowMs: Int64(clamping: nowMs), audience: audience)
        } catch {
            throw Authenticator.refusal(
                error.description, hint: "ask for a new one: `cairn token`")
        }
        guard let person = try people.person(verified.claims.person),
            person.keys.contains(where: { !$0.revoked })
        else {
            throw Authenticator.refusal(
                "the token's person is not, or no longer, known here",
                hint: "ask an administrator of this member")
        }
        let caller = Caller(
            person: person.id, member: person.member, roles: Authenticator.roles(person),
            tier: .bearer, key: nil, evidence: verified.evidence)
        return Outcome(caller: caller, signature: nil, session: nil)
    }

    private func inSession(
        _ secret: String, _ head: HTTPRequest, nowMs: UInt64
    ) throws -> Outcome {
        guard let session = sessions.session(secret, nowMs: nowMs) else {
            throw Authenticator.refusal(
                "the session has ended", hint: "open a new log-in link: `cairn link` makes one")
        }
        let isAllowed =
            SessionGuard.isChange(head.method)
            ? SessionGuard.allowsChange(head, session) : SessionGuard.allowsReading(head)
        guard isAllowed else {
            throw NodeError(
                .forbidden, "a session's cookie alone does not suffice for this request",
                hint: "reload the page and try again; other programs use a token")
        }
        guard let person = try people.person(session.person),
            person.keys.contains(where: { !$0.revoked })
        else {
            sessions.end(session)
            throw Authenticator.refusal(
                "the session's person is not, or no longer, known here",
                hint: "ask an administrator of this member")
        }
        let caller = Caller(
            person: person.id, member: person.member, roles: Authenticator.roles(person),
            tier: .bound, key: nil, evidence: session.evidence)
        return Outcome(caller: caller, signature: nil, session: session)
    }

    /// A node never acts on a role that it does not know.
    private static func roles(_ person: PeopleDirectory.Person) -> Set<Role> {
        Set(person.roles.compactMap(Role.init(rawValue:)))
    }

    /// The credentials of `Bearer …` (RFC 6750 section 2.1); the scheme in any case.
    private static func bearer(_ value: String) -> String? {
        let parts = value.utf8.split(separator: UInt8(ascii: " "))
        guard parts.count == 2, Substring(parts[0]).lowercased() == "bearer" else { return nil }
        return String(Substring(parts[1]))
    }

    private static func refusal(_ error: RequestSignatureError) -> NodeError {
        if error == .busy {
            return NodeError(.busy, error.description, hint: "try again in a second")
        }
        return refusal(error.description, hint: "sign the request anew and send it once")
    }

    private static func refusal(_ message: String, hint: String) -> NodeError {
        NodeError(.unauthorized, message, hint: hint)
    }
}
