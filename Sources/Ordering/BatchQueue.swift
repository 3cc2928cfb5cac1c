/// The state machine of local ordering: a bounded queue and the rules for cutting batches.
///
/// A pure value: it reads no clock and waits for nothing; the shell (`LocalOrdering`) does.
struct BatchQueue: Sendable {
    private let limits: OrderingLimits
    private var entries: [[UInt8]] = []
    /// Entries before this index were taken; they are dropped once they are half of the array.
    private var taken = 0
    private var queuedBytes = 0
    private var nextHeight: UInt64
    private var lastSealedMs: UInt64
    private var lastBatchMs: UInt64
    /// Whether everything delivered is under a root that is out.
    private var lastBatchSealed: Bool
    /// Bytes delivered since a seal was last made or begun.
    private var unsealedBytes = 0
    /// A seal was begun and its root is not out yet.
    private var hasBegun = false
    private var isClosed = false

    /// What the consumer does next.
    enum Next: Equatable {
        case batch(OrderedBatch)
        /// Wait for an entry or `close`, and ask again after `forMs` if that is given.
        case wait(forMs: UInt64?)
        case finished
    }

    init(limits: OrderingLimits, startHeight: UInt64, lastSealedMs: UInt64, lastBatchSealed: Bool) {
        self.limits = limits.usable
        nextHeight = startHeight
        self.lastSealedMs = lastSealedMs
        lastBatchMs = lastSealedMs
        self.lastBatchSealed = lastBatchSealed
        // How much there is, nobody knows any more.
        hasBegun = !lastBatchSealed
    }

    private var queuedEntries: Int { entries.count - taken }

    var status: OrderingStatus {
        OrderingStatus(
            queuedEntries: queuedEntries, queuedBytes: queuedBytes, nextHeight: nextHeight,
            isClosed: isClosed)
    }

    /// Whether an entry of that length would be queued now.
    func admits(bytes: Int) throws(OrderingError) {
        guard !isClosed else { throw .closed }
        guard bytes <= limits.batchBytesMax else { throw .tooLong(bytesMax: limits.batchBytesMax) }
        guard queuedEntries < limits.queueEntriesMax, queuedBytes + bytes <= limits.queueBytesMax
        else { throw .full(retryAfterMs: BatchQueue.retryAfterMs) }
    }

    mutating func submit(_ bytes: [UInt8]) throws(OrderingError) {
        try admits(bytes: bytes.count)
        entries.append(bytes)
        queuedBytes += bytes.count
    }

    /// Nothing is taken in from now on; what is queued is still delivered.
    mutating func close() { isClosed = true }

    mutating func next(nowMs: UInt64) -> Next {
        if queuedEntries > 0 { return .batch(cut(nowMs: nowMs)) }
        if isClosed { return .finished }
        if lastBatchSealed { return .wait(forMs: nil) }
        let waited = elapsed(since: lastBatchMs, nowMs)
        guard waited >= SealRule.intervalMs else {
            return .wait(forMs: SealRule.intervalMs - waited)
        }
        return .batch(deliver([], seal: mark(), nowMs))
    }

    private mutating func cut(nowMs: UInt64) -> OrderedBatch {
        var end = taken
        var bytes = 0
        while end < entries.count, end - taken < limits.batchEntriesMax,
            bytes + entries[end].count <= limits.batchBytesMax
        {
            bytes += entries[end].count
            end += 1
        }
        let batch = Array(entries[taken..<end])
        queuedBytes -= bytes
        taken = end
        if taken == entries.count || taken > entries.count / 2 {
            entries.removeFirst(taken)
            taken = 0
        }
        unsealedBytes += bytes
        let isSmall =
            !hasBegun && batch.count <= SealRule.smallBatchEntriesMax
            && unsealedBytes <= SealRule.smallBytesMax
        let isDue = isSmall || elapsed(since: lastSealedMs, nowMs) >= SealRule.intervalMs
        return deliver(batch, seal: isDue ? mark() : .none, nowMs)
    }

    /// How what was delivered since the last seal is sealed.
    private func mark() -> SealMark { unsealedBytes <= SealRule.smallBytesMax ? .now : .begin }

    private mutating func deliver(
        _ batch: [[UInt8]], seal: SealMark, _ nowMs: UInt64
    ) -> OrderedBatch {
        defer {
            nextHeight += 1
            lastBatchMs = nowMs
            lastBatchSealed = seal == .now
            if seal != .none {
                lastSealedMs = nowMs
                unsealedBytes = 0
                hasBegun = seal == .begin
            }
        }
        return OrderedBatch(height: nextHeight, timeMs: nowMs, seal: seal, entries: batch)
    }

    /// A clock that was set back counts as a whole interval: a seal too many does no harm, an hour
    /// without one would.
    private func elapsed(since past: UInt64, _ nowMs: UInt64) -> UInt64 {
        nowMs >= past ? nowMs - past : SealRule.intervalMs
    }

    /// About the time in which a full queue drains by one batch.
    static let retryAfterMs: UInt64 = 500
}
