import Ordering
import Synchronization
import Testing

/// A clock that stands still until it is moved, and pauses that end when it passes them.
private final class TestClock: Sendable {
    private struct State {
        var now: UInt64 = 1_000
        var sleepers: [(until: UInt64, continuation: AsyncStream<Void>.Continuation)] = []
    }

    private let state = Mutex(State())

    var now: UInt64 { state.withLock { $0.now } }
    var sleeperCount: Int { state.withLock { $0.sleepers.count } }

    func advance(_ ms: UInt64) {
        state.withLock { state in
            state.now += ms
            for sleeper in state.sleepers where sleeper.until <= state.now {
                sleeper.continuation.finish()
            }
            state.sleepers.removeAll { $0.until <= state.now }
        }
    }

    /// Ends early when its task is cancelled, as a stream's iteration does.
    func pause(_ ms: UInt64) async {
        let (stream, continuation) = AsyncStream<Void>.makeStream()
        state.withLock { $0.sleepers.append(($0.now + ms, continuation)) }
        for await _ in stream {}
    }
}

private func make(
    _ clock: TestClock = TestClock(), limits: OrderingLimits = OrderingLimits(),
    check: @escaping @Sendable ([UInt8]) -> OrderingVerdict = { _ in .accept }
) -> LocalOrdering {
    LocalOrdering(
        startHeight: 1, lastSealedMs: 1_000, limits: limits, clock: { clock.now },
        pause: { await clock.pause($0) }, check: check)
}

@Suite(.timeLimit(.minutes(5))) struct LocalOrderingTests {
    @Test func aWaitingConsumerGetsWhatComes() async throws {
        let ordering = make()
        async let batch = ordering.next()
        try ordering.submit([7])
        #expect(await batch?.entries == [[7]])
    }

    @Test func whatComesWhileTheConsumerWorksIsOneBatch() async throws {
        let ordering = make()
        for number in 0..<100 as Range<UInt8> { try ordering.submit([number]) }
        let batch = await ordering.next()
        #expect(batch?.entries == (0..<100).map { [$0] })
        #expect(batch?.height == 1)
        #expect(ordering.status.nextHeight == 2)
    }

    @Test func theCheckRefusesBeforeTheQueue() throws {
        let ordering = make { $0.isEmpty ? .refuse(reason: "empty") : .accept }
        #expect(throws: OrderingError.refused(reason: "empty")) { try ordering.submit([]) }
        #expect(ordering.status.queuedEntries == 0)
    }

    @Test func aFullQueueShedsLoadWithoutChecking() throws {
        var limits = OrderingLimits()
        limits.queueEntriesMax = 2
        let seen = Shared()
        let ordering = make(limits: limits) { _ in
            seen.count()
            return .accept
        }
        try ordering.submit([1])
        try ordering.submit([2])
        #expect(throws: OrderingError.full(retryAfterMs: 500)) { try ordering.submit([3]) }
        #expect(seen.value == 2)
    }

    @Test func closingEndsAWaitingConsumer() async {
        let ordering = make()
        async let batch = ordering.next()
        ordering.close()
        #expect(await batch == nil)
        #expect(await ordering.next() == nil)
        #expect(throws: OrderingError.closed) { try ordering.submit([1]) }
    }

    @Test func cancellingEndsAWaitingConsumer() async {
        let ordering = make()
        let consumer = Task { await ordering.next() }
        await Task.yield()
        consumer.cancel()
        #expect(await consumer.value == nil)
    }

    @Test func anIdleSecondCutsOneEmptySeal() async throws {
        let clock = TestClock()
        let ordering = make(clock)
        for _ in 0..<65 { try ordering.submit([1]) }
        #expect(await ordering.next()?.seal == SealMark.none)
        async let seal = ordering.next()
        while clock.sleeperCount == 0 { await Task.yield() }
        clock.advance(999)
        #expect(clock.sleeperCount == 1)
        clock.advance(1)
        let expected = OrderedBatch(height: 2, timeMs: 2_000, seal: .now, entries: [])
        #expect(await seal == expected)
        // An entry ends the wait for it.
        clock.advance(1)
        for _ in 0..<65 { try ordering.submit([2]) }
        #expect(await ordering.next()?.seal == SealMark.none)
        async let next = ordering.next()
        while clock.sleeperCount == 0 { await Task.yield() }
        try ordering.submit([3])
        #expect(await next?.entries == [[3]])
    }

    @Test func everySubmitterKeepsItsOrderAndNothingIsLost() async throws {
        var limits = OrderingLimits()
        limits.queueEntriesMax = 200
        limits.batchEntriesMax = 37
        let ordering = make(limits: limits)
        let seen = await withTaskGroup(of: [[UInt8]].self) { group in
            group.addTask {
                var seen = [[UInt8]]()
                var height: UInt64 = 1
                while let batch = await ordering.next() {
                    #expect(batch.height == height)
                    height += 1
                    seen += batch.entries
                }
                return seen
            }
            await withTaskGroup(of: Void.self) { submitters in
                for submitter in 0..<4 as Range<UInt8> {
                    submitters.addTask {
                        for number in 0..<2_000 {
                            let entry = [submitter, UInt8(number >> 8), UInt8(number & 255)]
                            // At the time limit the test is cancelled and nobody takes any more.
                            while (try? ordering.submit(entry)) == nil, !Task.isCancelled {
                                await Task.yield()
                            }
                        }
                    }
                }
            }
            ordering.close()
            return await group.next() ?? []
        }
        #expect(seen.count == 8_000)
        for submitter in 0..<4 as Range<UInt8> {
            let own = seen.filter { $0[0] == submitter }.map { Int($0[1]) << 8 | Int($0[2]) }
            #expect(own == Array(0..<2_000))
        }
    }
}

private final class Shared: Sendable {
    private let number = Mutex(0)
    var value: Int { number.withLock { $0 } }
    func count() { number.withLock { $0 += 1 } }
}
