import Node

/// How far a node is behind, as people read it.
enum FollowWords {
    /// Of this node behind the one that orders.
    static func lag(_ status: FollowStatus) -> String {
        guard let blocks = status.blocksBehind, let ms = status.msBehind else {
            return "the ordering node was not heard since the start"
        }
        guard blocks > 0 else {
            return status.isConnected ? "no block behind" : "no block behind when last heard"
        }
        return "\(FollowWords.blocks(blocks)) and \(ms / 1_000) s behind"
            + (status.isConnected ? "" : " when last heard")
    }

    /// That a timestamp is late, and why.
    static func timestamps(_ status: Timestamps.Status) -> String {
        "no timestamp from outside covers what was written \(status.pendingMs / 1_000) s ago"
            + (status.problem.map { ": \($0)" } ?? "")
            + (status.isClosed ? "; no writes are taken" : "")
    }

    /// "1 block", "12 blocks".
    static func blocks(_ count: UInt64) -> String { count == 1 ? "1 block" : "\(count) blocks" }

    /// A member's newest cosignature behind the head; `nil` blocks: none has come since the start.
    static func cosignature(_ blocks: UInt64?) -> String {
        guard let blocks else { return "not heard yet" }
        return blocks == 0 ? "none" : FollowWords.blocks(blocks)
    }
}
