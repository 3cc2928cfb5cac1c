import Ordering
import Synchronization
import Testing

@Suite(.timeLimit(.minutes(5))) struct FollowedOrderingTests {
    /// The node at the other end.
    private final class Other: Sendable {
        let got = Mutex<[[UInt8]]>([])
        let answer = Mutex(FollowedOrdering.Forwarded.taken)
        let now = Mutex<UInt64>(1_000)

        func make() -> FollowedOrdering {
            FollowedOrdering(startHeight: 1, keepMs: 6_000, clock: { self.now.withLock { $0 } }) {
                bytes in
                self.got.withLock { $0.append(bytes) }
                return self.answer.withLock { $0 }
            }
        }
    }

    private func batch(_ height: UInt64, _ entries: [[UInt8]] = []) -> OrderedBatch {
        OrderedBatch(
            height: height, timeMs: 1, seal: .now, entries: entries, header: [UInt8(height)])
    }

    @Test func nothingLeavesWhileTheOtherIsAway() async throws {
        let other = Other()
        let ordering = other.make()
        await #expect(throws: OrderingError.unreachable) { try await ordering.submit([1]) }
        await ordering.caughtUp()
        try await ordering.submit([2])
        ordering.disconnected()
        await #expect(throws: OrderingError.unreachable) { try await ordering.submit([3]) }
        #expect(other.got.withLock { $0 } == [[2]])
    }

    @Test func whatWasNotSeenInABatchGoesOutAgainInOrder() async throws {
        let other = Other()
        let ordering = other.make()
        await ordering.caughtUp()
        for byte: UInt8 in 1...4 { try await ordering.submit([byte]) }
        #expect(await ordering.deliver(batch(1, [[2], [9]])))
        ordering.disconnected()
        await ordering.caughtUp()
        #expect(other.got.withLock { Array($0.dropFirst(4)) } == [[1], [3], [4]])
        // Not for ever: after its longest window it cannot be accepted any more.
        other.now.withLock { $0 += 6_001 }
        ordering.disconnected()
        await ordering.caughtUp()
        #expect(other.got.withLock { $0.count } == 7)
        #expect(ordering.status.queuedEntries == 0)
    }

    @Test func whatMayNotHaveArrivedGoesOutAgainWhileTheOtherIsReached() async throws {
        let other = Other()
        let ordering = other.make()
        await ordering.caughtUp()
        other.answer.withLock { $0 = .uncertain }
        try await ordering.submit([1])
        func pass(_ ms: UInt64) async -> [[UInt8]] {
            other.now.withLock { $0 += ms }
            await ordering.caughtUp()
            return other.got.withLock { $0 }
        }
        #expect(await pass(100) == [[1]])
        other.answer.withLock { $0 = .taken }
        #expect(await pass(FollowedOrdering.againMs) == [[1], [1]])
        // It has arrived: nothing goes out a third time.
        #expect(await pass(FollowedOrdering.againMs + 1) == [[1], [1]])
    }

    @Test func whatSurelyDidNotArriveIsNotKept() async throws {
        let other = Other()
        let ordering = other.make()
        await ordering.caughtUp()
        for (answer, error) in [
            (FollowedOrdering.Forwarded.unreachable, OrderingError.unreachable),
            (.full, .full(retryAfterMs: 500)), (.refused(reason: "no"), .refused(reason: "no")),
        ] {
            other.answer.withLock { $0 = answer }
            await #expect(throws: error) { try await ordering.submit([7]) }
            #expect(ordering.status.queuedEntries == 0)
        }
        other.answer.withLock { $0 = .uncertain }
        try await ordering.submit([8])
        #expect(ordering.status.queuedEntries == 1)
    }

    @Test func batchesComeInOrderAndTheProducerWaits() async throws {
        let ordering = Other().make()
        #expect(await !ordering.deliver(batch(2)))
        for height in 1...UInt64(FollowedOrdering.batchesMax) {
            #expect(await ordering.deliver(batch(height)))
        }
        let next = UInt64(FollowedOrdering.batchesMax) + 1
        async let waiting = ordering.deliver(batch(next))
        #expect(await ordering.next() == batch(1))
        #expect(await waiting)
        ordering.close()
        var last: UInt64 = 1
        while let batch = await ordering.next() {
            #expect(batch.height == last + 1)
            last = batch.height
        }
        #expect(last == next)
        #expect(await !ordering.deliver(batch(next + 1)))
        await #expect(throws: OrderingError.closed) { try await ordering.submit([1]) }
    }
}
