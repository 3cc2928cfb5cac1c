import Testing

@testable import Ordering

private func makeQueue(
    entries: Int = 100, bytes: Int = 10_000, batchEntries: Int = 10, batchBytes: Int = 1_000,
    start: UInt64 = 1, lastSealed: UInt64 = 0, lastBatchSealed: Bool = true
) -> Box {
    var limits = OrderingLimits()
    limits.queueEntriesMax = entries
    limits.queueBytesMax = bytes
    limits.batchEntriesMax = batchEntries
    limits.batchBytesMax = batchBytes
    return Box(
        BatchQueue(
            limits: limits, startHeight: start, lastSealedMs: lastSealed,
            lastBatchSealed: lastBatchSealed))
}

/// Holds the value, for the macros cannot call what mutates one.
private final class Box {
    private var queue: BatchQueue

    init(_ queue: BatchQueue) { self.queue = queue }

    var status: OrderingStatus { queue.status }
    func submit(_ bytes: [UInt8]) throws { try queue.submit(bytes) }
    func close() { queue.close() }
    func next(nowMs: UInt64) -> BatchQueue.Next { queue.next(nowMs: nowMs) }

    func batch(_ nowMs: UInt64) -> OrderedBatch? {
        guard case .batch(let batch) = next(nowMs: nowMs) else { return nil }
        return batch
    }
}

@Suite struct BatchQueueTests {
    @Test func entriesComeInTheOrderOfSubmissionAtConsecutiveHeights() throws {
        let queue = makeQueue(start: 40)
        for number in 0..<25 as Range<UInt8> { try queue.submit([number]) }
        var seen = [UInt8]()
        for (height, count) in [(40, 10), (41, 10), (42, 5)] as [(UInt64, Int)] {
            let batch = try #require(queue.batch(5))
            #expect(batch.height == height)
            #expect(batch.timeMs == 5)
            #expect(batch.entries.count == count)
            seen += batch.entries.map { $0[0] }
        }
        #expect(seen == Array(0..<25))
        #expect(queue.next(nowMs: 9) == .wait(forMs: nil))
        #expect(queue.status.nextHeight == 43)
    }

    @Test func aBatchKeepsToItsBytes() throws {
        let queue = makeQueue(batchBytes: 100)
        for _ in 0..<3 { try queue.submit([UInt8](repeating: 1, count: 50)) }
        #expect(throws: OrderingError.tooLong(bytesMax: 100)) {
            try queue.submit([UInt8](repeating: 1, count: 101))
        }
        try queue.submit([UInt8](repeating: 2, count: 100))
        #expect(queue.status.queuedBytes == 250)
        #expect(queue.batch(1)?.entries.map(\.count) == [50, 50])
        #expect(queue.batch(1)?.entries.map(\.count) == [50])
        #expect(queue.batch(1)?.entries.map(\.count) == [100])
        #expect(queue.status.queuedBytes == 0)
    }

    @Test func theQueueIsBoundedByEntriesAndBytesAndOpensAgain() throws {
        let queue = makeQueue(entries: 3, bytes: 1_000, batchEntries: 2)
        for _ in 0..<3 { try queue.submit([1]) }
        #expect(throws: OrderingError.full(retryAfterMs: BatchQueue.retryAfterMs)) {
            try queue.submit([1])
        }
        _ = queue.batch(1)
        try queue.submit([UInt8](repeating: 1, count: 999))
        #expect(throws: OrderingError.self) { try queue.submit([1]) }
        #expect(queue.status.queuedEntries == 2)
        #expect(queue.status.queuedBytes == 1_000)
    }

    @Test func smallBatchesSealAndLargeOnesOnceASecond() throws {
        let queue = makeQueue(entries: 1_000, batchEntries: 65, lastSealed: 10_000)
        func fill(_ count: Int) throws { for _ in 0..<count { try queue.submit([1]) } }
        try fill(65)
        #expect(queue.batch(10_999)?.seal == SealMark.none)
        try fill(65)
        #expect(queue.batch(11_000)?.seal == .now)
        try fill(65)
        #expect(queue.batch(11_001)?.seal == SealMark.none)
        try fill(64)
        #expect(queue.batch(11_002)?.seal == .now)
        try fill(65)
        #expect(queue.batch(12_001)?.seal == SealMark.none)
        #expect(SealRule.smallBatchEntriesMax == 64 && SealRule.intervalMs == 1_000)
    }

    /// A root over much takes a while: it is begun, and out with the next seal.
    @Test func muchIsSealedInTwoSteps() throws {
        let queue = makeQueue(bytes: 1 << 20, batchBytes: 1 << 16, lastSealed: 10_000)
        let much = [UInt8](repeating: 7, count: SealRule.smallBytesMax + 1)
        try queue.submit(much)
        #expect(queue.batch(10_500)?.seal == SealMark.none)
        try queue.submit([1])
        #expect(queue.batch(11_000)?.seal == .begin)
        // Small batches do not wait for it.
        try queue.submit([1])
        #expect(queue.batch(11_001)?.seal == SealMark.none)
        try queue.submit(much)
        #expect(queue.batch(12_000)?.seal == .begin)
        #expect(queue.next(nowMs: 12_999) == .wait(forMs: 1))
        let last = OrderedBatch(height: 5, timeMs: 13_000, seal: .now, entries: [])
        #expect(queue.batch(13_000) == last)
        #expect(queue.next(nowMs: 99_000) == .wait(forMs: nil))
        try queue.submit([1])
        #expect(queue.batch(99_001)?.seal == .now)
    }

    @Test func anIdleQueueSealsOnceWhatIsOpen() throws {
        let queue = makeQueue(entries: 1_000, batchEntries: 65, lastSealed: 900)
        for _ in 0..<65 { try queue.submit([1]) }
        #expect(queue.batch(1_000)?.seal == SealMark.none)
        #expect(queue.next(nowMs: 1_400) == .wait(forMs: 600))
        let seal = OrderedBatch(height: 2, timeMs: 2_000, seal: .now, entries: [])
        #expect(queue.next(nowMs: 2_000) == .batch(seal))
        #expect(queue.next(nowMs: 9_000) == .wait(forMs: nil))
        let restarted = makeQueue(lastSealed: 100, lastBatchSealed: false)
        #expect(restarted.next(nowMs: 200) == .wait(forMs: 900))
        #expect(restarted.batch(1_100)?.entries == [])
    }

    @Test func aClockSetBackStillSeals() throws {
        let queue = makeQueue(entries: 1_000, batchEntries: 65, lastSealed: 1_000_000)
        for _ in 0..<130 { try queue.submit([1]) }
        #expect(queue.batch(5)?.seal == .now)
        #expect(queue.batch(6)?.seal == SealMark.none)
        #expect(queue.batch(4) == OrderedBatch(height: 3, timeMs: 4, seal: .now, entries: []))
    }

    @Test func closingDrainsAndCutsNoEmptyBatch() throws {
        let queue = makeQueue(entries: 1_000, batchEntries: 65, lastSealed: 900)
        for _ in 0..<70 { try queue.submit([1]) }
        queue.close()
        #expect(throws: OrderingError.closed) { try queue.submit([1]) }
        #expect(queue.batch(1_000)?.entries.count == 65)
        #expect(queue.batch(1_000)?.entries.count == 5)
        #expect(queue.next(nowMs: 99_000) == .finished)
    }

    @Test func nonsensicalLimitsStillLetEntriesThrough() throws {
        let queue = makeQueue(entries: 0, bytes: 0, batchEntries: 0, batchBytes: 0)
        try queue.submit([1])
        #expect(queue.batch(1)?.entries == [[1]])
    }
}
