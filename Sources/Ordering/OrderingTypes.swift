/// What a batch asks for beside its entries.
package enum SealMark: Int, Sendable {
    case none = 0
    /// A root of the state as it is after this batch.
    case now = 1
    /// The root of the seal that was begun last, if it is not out yet; one of this batch begins.
    case begin = 2
}

/// An ordered batch of opaque entries, as the single consumer gets it.
package struct OrderedBatch: Sendable, Equatable {
    /// The height of the block that the batch becomes.
    package let height: UInt64
    /// When it was cut, milliseconds since 1970 by this node's clock; the consumer makes block time
    /// of it (never earlier than the previous block's).
    package let timeMs: UInt64
    package let seal: SealMark
    /// In the order of submission. Empty only in a batch that was cut to seal.
    package let entries: [[UInt8]]
    /// The header that another node made of this batch: the consumer must come to the same one.
    /// `nil` where the consumer is the first to make it.
    package let header: [UInt8]?

    package init(
        height: UInt64, timeMs: UInt64, seal: SealMark, entries: [[UInt8]],
        header: [UInt8]? = nil
    ) {
        self.height = height
        self.timeMs = timeMs
        self.seal = seal
        self.entries = entries
        self.header = header
    }
}

/// What the check says of an entry before it is queued.
package enum OrderingVerdict: Sendable, Equatable {
    case accept
    /// A reason for the submitter; it MUST NOT carry content.
    case refuse(reason: String)
}

/// Why an entry was not queued. Nothing of it is kept.
package enum OrderingError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The queue is at its bound; try again after the given time.
    case full(retryAfterMs: UInt64)
    /// The check refused it.
    case refused(reason: String)
    /// Longer than a batch may be.
    case tooLong(bytesMax: Int)
    /// The service is shutting down.
    case closed
    /// The node that orders cannot be reached; the entry has not left this node.
    case unreachable

    package var description: String {
        switch self {
        case .full(let retryAfterMs): "the ordering queue is full; retry after \(retryAfterMs) ms"
        case .refused(let reason): "refused: \(reason)"
        case .tooLong(let bytesMax): "an entry may have at most \(bytesMax) bytes"
        case .closed: "the ordering service is closed"
        case .unreachable: "the ordering node is not reachable"
        }
    }
}

/// The bounds of the queue and of one batch.
package struct OrderingLimits: Sendable, Equatable {
    /// Queued entries: some seconds of work at full load, then load is shed.
    package var queueEntriesMax = 16_384
    /// Queued bytes: memory is bounded by this.
    package var queueBytesMax = 64 << 20
    /// Entries of a batch; a block's own limit.
    package var batchEntriesMax = 4_096
    /// Bytes of a batch: below the chain's longest record with room for a header.
    package var batchBytesMax = 8 << 20

    package init() {}

    /// Bounds below one would never let anything through.
    var usable: OrderingLimits {
        var limits = self
        limits.queueEntriesMax = max(1, queueEntriesMax)
        limits.batchEntriesMax = max(1, batchEntriesMax)
        limits.batchBytesMax = max(1, batchBytesMax)
        limits.queueBytesMax = max(limits.batchBytesMax, queueBytesMax)
        return limits
    }
}

/// When a batch seals the state.
package enum SealRule {
    /// A seal at least this often while blocks come, and once after them: a state root costs a pass
    /// over the state tree's changed paths, which pays for itself when many blocks share it.
    package static let intervalMs: UInt64 = 1_000
    /// A batch this small seals at once: the pass is cheap, and its submitters wait for the proof.
    package static let smallBatchEntriesMax = 64
    /// Where more than this was ordered since the last seal, the pass takes a while: the seal is
    /// only begun, and a later batch carries its root.
    package static let smallBytesMax = 24 << 10
}

/// What an operator sees.
package struct OrderingStatus: Sendable, Equatable {
    package let queuedEntries: Int
    package let queuedBytes: Int
    /// The height of the next batch.
    package let nextHeight: UInt64
    package let isClosed: Bool
}
