package import LedgerCore
import Synchronization

/// Browser sessions, and the one-time links that begin them.
///
/// Both are kept in memory alone, under the digest of their secret: a restart ends them all, and a
/// copy of the memory's log or disk holds nothing that could be used. A secret is 32 random bytes
/// in base64url.
package final class Sessions: Sendable {
    /// How long a link may be used: long enough to walk to another screen, no longer.
    package static let linkLifetimeMs: UInt64 = 600_000
    /// The hard end of a session: a working day. It is never prolonged.
    package static let sessionLifetimeMs: UInt64 = 8 * 3_600_000
    /// Links that wait to be used, at some 100 bytes each.
    package static let linksMax = 1_024
    /// Links that wait for one person; the oldest gives way.
    package static let linksPerPersonMax = 4
    /// Sessions at once, at some 200 bytes each.
    package static let sessionsMax = 16_384
    /// Sessions of one person (desk, ward, phone …); the oldest gives way.
    package static let sessionsPerPersonMax = 16

    private let state = Mutex(SessionState())

    /// None at first.
    package init() {}

    /// A link's secret for a person.
    ///
    /// - Throws: ``SessionProblem/busy`` where too many links wait.
    package func makeLink(
        for person: Identifier, nowMs: UInt64
    ) throws(SessionProblem) -> String {
        let secret = Sessions.secret()
        let isKept = state.withLock { $0.addLink(secret.digest, person, nowMs) }
        guard isKept else { throw .busy }
        return secret.text
    }

    /// Begins a session with a link's secret, which is used up by this.
    ///
    /// - Returns: the session's own secret, for the cookie, and the session.
    /// - Throws: ``SessionProblem``: `unknownLink` (wrong, used or too old), `busy`.
    package func begin(
        link: String, nowMs: UInt64
    ) throws(SessionProblem) -> (secret: String, session: Session) {
        let digest = Sessions.digest(link)
        let secret = Sessions.secret()
        var random = SystemRandomNumberGenerator()
        let guardToken = "\(Identifier(using: &random))"
        let result = state.withLock {
            $0.begin(link: digest, as: secret.digest, guardToken: guardToken, nowMs)
        }
        return (secret.text, try result.get())
    }

    /// The session of a cookie; `nil` where there is none or it has ended.
    package func session(_ secret: String, nowMs: UInt64) -> Session? {
        let digest = Sessions.digest(secret)
        return state.withLock { $0.session(digest, nowMs) }
    }

    /// Ends a session.
    package func end(_ session: Session) {
        state.withLock { _ = $0.sessions.removeValue(forKey: session.evidence) }
    }

    /// Sessions that have not ended, for metrics.
    package func count(nowMs: UInt64) -> Int {
        state.withLock { state in
            state.forget(nowMs)
            return state.sessions.count
        }
    }

    private static func secret() -> (text: String, digest: Digest) {
        var random = SystemRandomNumberGenerator()
        let bytes = Identifier(using: &random).bytes + Identifier(using: &random).bytes
        let text = Base64.encodeURL(bytes)
        return (text, digest(text))
    }

    /// Looked up by digest, so that the time of a look-up tells nothing about a secret.
    private static func digest(_ secret: String) -> Digest { .sha256(Array(secret.utf8)) }
}

/// One person's session in one browser.
package struct Session: Sendable, Hashable {
    package let person: Identifier
    /// What the browser's own script sends along with whatever changes something; another site's
    /// script cannot read it.
    package let guardToken: String
    /// Digest of the secret: names the session in attachments, and opens nothing.
    package let evidence: Digest
    /// Milliseconds since 1970.
    package let endsMs: UInt64
}

/// Why there is no session.
package enum SessionProblem: Error, Hashable, Sendable {
    /// The link is wrong, was used, or is too old: which of these is nobody's business but its
    /// owner's.
    case unknownLink
    case busy
}

/// The value inside ``Sessions``: no clock, no lock.
struct SessionState {
    private struct Link {
        let person: Identifier
        let endsMs: UInt64
    }

    private var links: [Digest: Link] = [:]
    var sessions: [Digest: Session] = [:]
    /// The latest time given: a clock that is set back prolongs nothing.
    private var latestMs: UInt64 = 0

    mutating func forget(_ nowMs: UInt64) {
        latestMs = max(latestMs, nowMs)
        links = links.filter { $0.value.endsMs > latestMs }
        sessions = sessions.filter { $0.value.endsMs > latestMs }
    }

    mutating func addLink(_ digest: Digest, _ person: Identifier, _ nowMs: UInt64) -> Bool {
        forget(nowMs)
        let own = links.filter { $0.value.person == person }
        if own.count >= Sessions.linksPerPersonMax,
            let oldest = own.min(by: { $0.value.endsMs < $1.value.endsMs })
        {
            links[oldest.key] = nil
        }
        guard links.count < Sessions.linksMax else { return false }
        links[digest] = Link(person: person, endsMs: latestMs + Sessions.linkLifetimeMs)
        return true
    }

    mutating func begin(
        link: Digest, as digest: Digest, guardToken: String, _ nowMs: UInt64
    ) -> Result<Session, SessionProblem> {
        forget(nowMs)
        guard let found = links.removeValue(forKey: link) else { return .failure(.unknownLink) }
        let own = sessions.filter { $0.value.person == found.person }
        if own.count >= Sessions.sessionsPerPersonMax,
            let oldest = own.min(by: { $0.value.endsMs < $1.value.endsMs })
        {
            sessions[oldest.key] = nil
        }
        guard sessions.count < Sessions.sessionsMax else { return .failure(.busy) }
        let session = Session(
            person: found.person, guardToken: guardToken, evidence: digest,
            endsMs: latestMs + Sessions.sessionLifetimeMs)
        sessions[digest] = session
        return .success(session)
    }

    mutating func session(_ digest: Digest, _ nowMs: UInt64) -> Session? {
        latestMs = max(latestMs, nowMs)
        guard let session = sessions[digest] else { return nil }
        guard session.endsMs > latestMs else {
            sessions[digest] = nil
            return nil
        }
        return session
    }
}
