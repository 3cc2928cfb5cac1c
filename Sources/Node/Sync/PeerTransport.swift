package import Ordering

/// How this node reaches the node that orders. The transport itself (TLS, HTTP) is handed in: this
/// target knows no network.
package struct PeerTransport: Sendable {
    /// Streams blocks from a height on, and goes on with new ones as they come: hands each message
    /// to `take` until that or the connection fails.
    package var follow:
        @Sendable (_ from: UInt64, _ take: @Sendable ([UInt8]) async throws -> Void) async throws
            -> Void
    /// Hands a submission in for ordering.
    package var submit: @Sendable (_ submission: [UInt8]) async -> FollowedOrdering.Forwarded
    /// The newest checkpoint and the newest final one, as signed notes.
    package var checkpoints: @Sendable () async throws -> (newest: String, final: String?)
    /// Hands a cosigned note in.
    package var cosign: @Sendable (_ note: String) async throws -> Void

    package init(
        follow:
            @escaping @Sendable (UInt64, @Sendable ([UInt8]) async throws -> Void) async throws
            -> Void,
        submit: @escaping @Sendable ([UInt8]) async -> FollowedOrdering.Forwarded,
        checkpoints: @escaping @Sendable () async throws -> (newest: String, final: String?),
        cosign: @escaping @Sendable (String) async throws -> Void
    ) {
        self.follow = follow
        self.submit = submit
        self.checkpoints = checkpoints
        self.cosign = cosign
    }
}

/// The node that orders, as this node reports about it.
package struct FollowStatus: Sendable {
    /// Whether its blocks arrive.
    package var isConnected = false
    /// The height of its newest block, as it last said.
    package var leaderHeight: UInt64 = 0
    /// The time of that block, milliseconds since 1970.
    package var leaderTimeMs: UInt64 = 0
    /// The height and time of the newest block that was applied here.
    package var height: UInt64 = 0
    package var timeMs: UInt64 = 0
    /// When it was last heard, milliseconds since 1970; 0: never since the start.
    package var heardMs: UInt64 = 0
    /// How far the time of its newest block was from this node's clock when it came.
    package var driftMs: UInt64 = 0
    /// Why it cannot be followed at the moment; `nil` while all is well.
    package var problem: String?

    /// How many of the other node's blocks are not applied here, as far as it has said; `nil`
    /// while it has not been heard since the start.
    package var blocksBehind: UInt64? {
        heardMs == 0 ? nil : leaderHeight - min(height, leaderHeight)
    }

    /// By how many milliseconds the newest block here is older than the other node's newest; `nil`
    /// while that has not been heard since the start.
    package var msBehind: UInt64? {
        heardMs == 0 ? nil : leaderTimeMs - min(timeMs, leaderTimeMs)
    }
}
