import Synchronization

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
    private let state: Mutex<State>
    private let clock: @Sendable () -> UInt64
    private let pause: @Sendable (_ ms: UInt64) async -> Void
    private let check: @Sendable ([UInt8]) -> OrderingVerdict

    private struct State {
        var queue: BatchQueue
        /// Consumers that wait, by ticket; in order there is one.
        var waiters: [UInt64: CheckedContinuation<Void, Never>] = [:]
        var nextTicket: UInt64 = 0
    }

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
        let queue = BatchQueue(
            limits: limits, startHeight: startHeight, lastSealedMs: lastSealedMs,
            lastBatchSealed: lastBatchSealed)
        state = Mutex(State(queue: queue))
        self.clock = clock
        self.pause = pause
        self.check = check
    }

    package var status: OrderingStatus { state.withLock { $0.queue.status } }

    /// Queues an entry, or throws without keeping it. The bounds come before the check, so that a
    /// full queue costs nothing.
    package func submit(_ bytes: [UInt8]) throws(OrderingError) {
        try locked { (state: inout State) throws(OrderingError) in
            try state.queue.admits(bytes: bytes.count)
        }
        if case .refuse(let reason) = check(bytes) { throw .refused(reason: reason) }
        try locked { (state: inout State) throws(OrderingError) in try state.queue.submit(bytes) }
        wake()
    }

    /// The next batch; `nil` after `close()` once all is delivered, or if the task is cancelled.
    package func next() async -> OrderedBatch? {
        while !Task.isCancelled {
            let now = clock()
            switch state.withLock({ $0.queue.next(nowMs: now) }) {
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
        state.withLock { $0.queue.close() }
        wake()
    }

    /// `Task.sleep`, which ends early when its task is cancelled.
    package static func sleep(ms: UInt64) async {
        try? await Task.sleep(for: .milliseconds(Int64(clamping: ms)))
    }

    private func locked(
        _ body: (inout State) throws(OrderingError) -> Void
    ) throws(OrderingError) {
        let failure = state.withLock { state -> OrderingError? in
            do throws(OrderingError) { try body(&state) } catch { return error }
            return nil
        }
        if let failure { throw failure }
    }

    private func wake() {
        let waiters = state.withLock { state in
            defer { state.waiters = [:] }
            return state.waiters
        }
        for waiter in waiters.values { waiter.resume() }
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
        let ticket = state.withLock { state in
            defer { state.nextTicket += 1 }
            return state.nextTicket
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isDue = state.withLock { state in
                    // Looked at and stored in one step, lest an entry slips in between.
                    let status = state.queue.status
                    if Task.isCancelled || status.queuedEntries > 0 || status.isClosed {
                        return true
                    }
                    state.waiters[ticket] = continuation
                    return false
                }
                if isDue { continuation.resume() }
            }
        } onCancel: {
            state.withLock { $0.waiters.removeValue(forKey: ticket) }?.resume()
        }
    }
}
