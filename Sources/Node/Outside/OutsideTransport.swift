package import Identity
package import LedgerCore

/// How this node reaches services outside of the network: witnesses and timestamp authorities. The
/// client itself is handed in: this target knows no HTTP.
package struct OutsideTransport: Sendable {
    /// Posts a body and gives whatever answer comes, at most `limitBytes` of it.
    package var post:
        @Sendable (_ url: String, _ mediaType: String, _ body: [UInt8], _ limitBytes: Int)
            async throws -> OutsideAnswer

    package init(
        post:
            @escaping @Sendable (String, String, [UInt8], Int) async throws -> OutsideAnswer
    ) {
        self.post = post
    }
}

/// What a service answered.
package struct OutsideAnswer: Sendable {
    package let status: Int
    package let body: [UInt8]

    package init(status: Int, body: [UInt8]) {
        self.status = status
        self.body = body
    }
}

/// A witness that this node shows its checkpoints to (C2SP tlog-witness).
package struct OutsideWitness: Sendable, Hashable {
    /// Its submission prefix, without a slash at the end.
    package let url: String
    package let key: NoteKey

    package init(url: String, key: NoteKey) {
        self.url = url
        self.key = key
    }
}

/// Timestamps from outside over this node's checkpoints (RFC 3161).
package struct TimestampPlan: Sendable {
    package let url: String
    package let authority: TimestampAuthority
    /// How often a checkpoint is stamped, where the log has grown.
    package var intervalMs: UInt64
    /// How long a block may stand without a timestamp.
    package var windowMs: UInt64
    /// What happens beyond that: whether writes are refused.
    package var isRequired: Bool

    /// Once an hour: public authorities ask for moderation.
    package static let intervalMsUsual: UInt64 = 3_600_000
    /// An authority that is away for a few hours is not yet news.
    package static let windowMsUsual: UInt64 = 4 * 3_600_000

    package init(
        url: String, authority: TimestampAuthority, intervalMs: UInt64 = intervalMsUsual,
        windowMs: UInt64 = windowMsUsual, isRequired: Bool = false
    ) {
        self.url = url
        self.authority = authority
        self.intervalMs = intervalMs
        self.windowMs = windowMs
        self.isRequired = isRequired
    }
}
