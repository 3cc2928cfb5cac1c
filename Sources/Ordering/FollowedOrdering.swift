/// Ordering by another node: entries are forwarded to it, and the batches that it cut are delivered
/// here as they come.
///
/// Contract:
/// - `submit` hands an entry to `forward`. What surely did not leave is refused and not kept; what
///   left, or may have left, is kept until a delivered batch holds it, and handed in again when the
///   other node is reached anew, for it may have lost it. What only may have left is handed in
///   again also while the other node stays reached. Whoever applies batches tells entries that come
///   twice by their content.
/// - `deliver` is for one producer, takes batches of consecutive heights, and waits while
///   `batchesMax` of them are not yet consumed.
package final class FollowedOrdering: OrderingService {
    /// What became of an entry that was sent on.
    package enum Forwarded: Sendable, Equatable {
        /// The other node has queued it.
        case taken
        /// The other node's queue is full; it kept nothing.
        case full
        /// The other node will not take it, ever.
        case refused(reason: String)
        /// It surely did not leave this node.
        case unreachable
        /// It may have arrived.
        case uncertain
    }

    /// Batches that wait for the consumer.
    package static let batchesMax = 8
    /// What may not have arrived is sent again after so long, at the next sign of life.
    package static let againMs: UInt64 = 1_000

    private let limits: OrderingLimits
    private let keepMs: UInt64
    private let clock: @Sendable () -> UInt64
    private let forward: @Sendable ([UInt8]) async -> Forwarded
    private let state: Watched<State>

    private struct Outstanding {
        let number: UInt64
        let sinceMs: UInt64
        /// When it was sent last, while it is not known to have arrived.
        var uncertainMs: UInt64?
    }

    private struct State: Sendable {
        var batches: [OrderedBatch] = []
        var nextHeight: UInt64
        var isConnected = false
        var isClosed = false
        var outstanding: [[UInt8]: Outstanding] = [:]
        var outstandingBytes = 0
        var nextNumber: UInt64 = 0

        /// What was sent some time ago and may not have arrived, in order.
        func uncertain(before now: UInt64) -> [[UInt8]] {
            outstanding.filter { _, entry in
                entry.uncertainMs.map { now > $0 + FollowedOrdering.againMs } ?? false
            }.sorted { $0.value.number < $1.value.number }.map(\.key)
        }

        mutating func forget(_ bytes: [UInt8]) {
            if outstanding.removeValue(forKey: bytes) != nil { outstandingBytes -= bytes.count }
        }
    }

    /// - Parameters:
    ///   - startHeight: the height of the first batch that will be delivered.
    ///   - keepMs: how long an entry that was not seen again can still be accepted; after that it
    ///     is dropped.
    ///   - clock: milliseconds since 1970.
    ///   - forward: sends an entry to the node that orders.
    package init(
        startHeight: UInt64, limits: OrderingLimits = OrderingLimits(), keepMs: UInt64,
        clock: @escaping @Sendable () -> UInt64,
        forward: @escaping @Sendable ([UInt8]) async -> Forwarded
    ) {
        self.limits = limits.usable
        self.keepMs = keepMs
        self.clock = clock
        self.forward = forward
        state = Watched(State(nextHeight: startHeight))
    }

    package var decidesElsewhere: Bool { true }

    package var status: OrderingStatus {
        state.withLock {
            OrderingStatus(
                queuedEntries: $0.outstanding.count, queuedBytes: $0.outstandingBytes,
                nextHeight: $0.nextHeight, isClosed: $0.isClosed)
        }
    }

    /// Whether the other node's batches arrive.
    package var isConnected: Bool { state.withLock { $0.isConnected } }

    package func submit(_ bytes: [UInt8]) async throws(OrderingError) {
        if let problem = keep(bytes) { throw problem }
        let problem: OrderingError
        switch await forward(bytes) {
        case .taken: return
        case .uncertain:
            let now = clock()
            return state.withLock { $0.outstanding[bytes]?.uncertainMs = now }
        case .full: problem = .full(retryAfterMs: BatchQueue.retryAfterMs)
        case .refused(let reason): problem = .refused(reason: reason)
        case .unreachable: problem = .unreachable
        }
        state.withLock { $0.forget(bytes) }
        throw problem
    }

    /// Keeps an entry before it leaves; why it may not leave, else.
    private func keep(_ bytes: [UInt8]) -> OrderingError? {
        let now = clock()
        return state.withLock { state in
            guard !state.isClosed else { return .closed }
            guard bytes.count <= limits.batchBytesMax else {
                return .tooLong(bytesMax: limits.batchBytesMax)
            }
            guard state.isConnected else { return .unreachable }
            guard state.outstanding.count < limits.queueEntriesMax,
                state.outstandingBytes + bytes.count <= limits.queueBytesMax
            else { return .full(retryAfterMs: BatchQueue.retryAfterMs) }
            if state.outstanding[bytes] == nil { state.outstandingBytes += bytes.count }
            state.outstanding[bytes] = Outstanding(number: state.nextNumber, sinceMs: now)
            state.nextNumber += 1
            return nil
        }
    }

    /// Takes a batch from the other node.
    ///
    /// - Returns: `false` where it is not the next one, or after `close`.
    package func deliver(_ batch: OrderedBatch) async -> Bool {
        while true {
            let taken: Bool? = state.change { state in
                guard !state.isClosed, batch.height == state.nextHeight else { return false }
                guard state.batches.count < FollowedOrdering.batchesMax else { return nil }
                state.batches.append(batch)
                state.nextHeight += 1
                for entry in batch.entries { state.forget(entry) }
                return true
            }
            if let taken { return taken }
            guard !Task.isCancelled else { return false }
            await state.wait { $0.batches.count >= FollowedOrdering.batchesMax && !$0.isClosed }
        }
    }

    /// The other node is reached and has sent all its batches: what it may have lost is handed in
    /// again, in order. Called at every sign of life.
    package func caughtUp() async {
        let now = clock()
        let entries: [[UInt8]] = state.withLock { state in
            for (bytes, entry) in state.outstanding where now > entry.sinceMs + keepMs {
                state.forget(bytes)
            }
            guard !state.isConnected else { return state.uncertain(before: now) }
            state.isConnected = true
            return state.outstanding.sorted { $0.value.number < $1.value.number }.map(\.key)
        }
        for entry in entries {
            guard isConnected else { return }
            let forwarded = await forward(entry)
            state.withLock { state in
                switch forwarded {
                case .refused: state.forget(entry)
                case .taken: state.outstanding[entry]?.uncertainMs = nil
                case .full, .unreachable, .uncertain: state.outstanding[entry]?.uncertainMs = now
                }
            }
        }
    }

    /// The other node is not reached any more: nothing leaves until `caughtUp`.
    package func disconnected() { state.withLock { $0.isConnected = false } }

    package func next() async -> OrderedBatch? {
        while !Task.isCancelled {
            let (batch, isOver): (OrderedBatch?, Bool) = state.change { state in
                guard !state.batches.isEmpty else { return (nil, state.isClosed) }
                return (state.batches.removeFirst(), false)
            }
            if let batch { return batch }
            if isOver { return nil }
            await state.wait { $0.batches.isEmpty && !$0.isClosed }
        }
        return nil
    }

    package func close() {
        state.change { $0.isClosed = true }
    }
}
