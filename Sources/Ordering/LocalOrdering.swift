/// Ordering in one process: entries come out in the order in which they went in, in batches of
/// consecutive heights.
///
/// Contract:
/// - `submit` never waits. An entry it takes is delivered exactly once, unless the process ends
///   before: nothing here is durable, and the submitter MUST NOT acknowledge before the consumer
///   has made the batch durable.
/// - `next` is for one consumer. While it works on a batch the queue fills, and the next batch
///   takes everything queued up to the limits: one sync of the disk per batch, whatever the load.
/// - A batch holds at least one entry, except that one is cut empty, to seal, when the last batch
///   did not seal and nothing has come for `SealRule.intervalMs`.
/// - After `close` nothing is taken in; `next` delivers the rest and then `nil`.
package final class LocalOrdering: OrderingService {
    private let queue: Watched<BatchQueue>
    private let clock: @Sendable () -> UInt64
    private let pause: @Sendable (_ ms: UInt64) async -> Void
    private let check: @Sendable ([UInt8]) -> OrderingVerdict

    /// - Parameters:
    ///   - startHeight: the height of the first batch.
    ///   - lastSealedMs: the time of the newest block that sealed; 0 if there is none.
    ///   - lastBatchSealed: whether the newest block sealed; if not, a seal follows once it is
    ///     idle.
    ///   - clock: milliseconds since 1970.
    ///   - pause: waits that long, less if its task is cancelled; tests inject their own.
    ///   - check: called once for each submitted entry on the submitter's thread.
    package init(
        startHeight: UInt64, lastSealedMs: UInt64, lastBatchSealed: Bool = true,
        limits: OrderingLimits = OrderingLimits(), clock: @escaping @Sendable () -> UInt64,
        pause: @escaping @Sendable (_ ms: UInt64) async -> Void = LocalOrdering.sleep,
        check: @escaping @Sendable ([UInt8]) -> OrderingVerdict
    ) {
        queue = Watched(
            BatchQueue(
                limits: limits, startHeight: startHeight, lastSealedMs: lastSealedMs,
                lastBatchSealed: lastBatchSealed))
        self.clock = clock
        self.pause = pause
        self.check = check
    }

    package var decidesElsewhere: Bool { false }

    package var status: OrderingStatus { queue.withLock { $0.status } }

    /// Queues an entry, or throws without keeping it. The bounds come before the check, so that a
    /// full queue costs nothing.
    package func submit(_ bytes: [UInt8]) throws(OrderingError) {
        let full = queue.withLock { $0.problem(admitting: bytes.count) }
        if let full { throw full }
        if case .refuse(let reason) = check(bytes) { throw .refused(reason: reason) }
        let problem = queue.change { $0.problem(queueing: bytes) }
        if let problem { throw problem }
    }

    /// The next batch; `nil` after `close()` once all is delivered, or if the task is cancelled.
    package func next() async -> OrderedBatch? {
        while !Task.isCancelled {
            let now = clock()
            switch queue.withLock({ $0.next(nowMs: now) }) {
            case .batch(let batch): return batch
            case .finished: return nil
            case .wait(forMs: nil): await waitForEntry()
            case .wait(forMs: let ms?): await waitForEntry(atMostMs: ms)
            }
        }
        return nil
    }

    /// Takes nothing in from now on. A second call does nothing.
    package func close() {
        queue.change { $0.close() }
    }

    /// `Task.sleep`, which ends early when its task is cancelled.
    package static func sleep(ms: UInt64) async {
        try? await Task.sleep(for: .milliseconds(Int64(clamping: ms)))
    }

    private func waitForEntry(atMostMs ms: UInt64) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.waitForEntry() }
            group.addTask { await self.pause(ms) }
            await group.next()
            group.cancelAll()
        }
    }

    /// Returns when there is something to do, or the task is cancelled.
    private func waitForEntry() async {
        await queue.wait { $0.status.queuedEntries == 0 && !$0.status.isClosed }
    }
}

extension BatchQueue {
    fileprivate mutating func problem(queueing bytes: [UInt8]) -> OrderingError? {
        do throws(OrderingError) { try submit(bytes) } catch { return error }
        return nil
    }

    fileprivate func problem(admitting bytes: Int) -> OrderingError? {
        do throws(OrderingError) { try admits(bytes: bytes) } catch { return error }
        return nil
    }
}
