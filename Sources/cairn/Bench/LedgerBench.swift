import Contracts
import Identity
import LedgerCore
import Node

/// Transactions through the ledger in process: stamps verified, ordered, applied, durable. Content
/// and index take no part; `load` measures them.
enum LedgerBench {
    /// Transactions under way at once: enough for every stage of the pipeline to have work.
    static let inFlight = 8_192
    /// Transactions that are stamped ahead, per second measured; no machine of two cores does more.
    private static let rateMax = 40_000
    /// Most of them, whatever the time: bounds the memory.
    private static let preparedMax = 400_000

    /// - Parameters:
    ///   - writes: record versions in each transaction.
    ///   - prefill: transactions that the ledger holds before it is measured a second time.
    static func run(
        seconds: Int, writes: Int, prefill: Int, folder: BenchFolder
    ) async throws -> BenchResult {
        let data = DataDirectory(folder.path + "/data")
        let node = try CairnNode.open(
            NodeConfiguration(directory: data), clock: ServeCommand.clock)
        async let running: Void = node.engine.run { _ in }
        let author = try await LedgerLoad.enrol(node, data)
        let bound = await VerificationBound.measure(author.key)
        let count = min(seconds * rateMax, preparedMax)
        func full() async throws -> (Measured, processorSeconds: Double) {
            let prepared = try await LedgerLoad.prepare(
                count, writes: writes, author: author, node: node)
            let before = Machine.processorSeconds
            let measured = await LedgerLoad.submit(
                prepared, to: node, inFlight: inFlight, seconds: seconds)
            let used = (Machine.processorSeconds - before) / Double(max(measured.done, 1))
            await LedgerLoad.settle(node)
            return (measured, used)
        }
        let (measured, used) = try await full()
        let half = measured.perSecond / 2
        let paced = await pace(
            try await LedgerLoad.prepare(
                min(Int(half) * seconds, preparedMax), writes: writes, author: author, node: node),
            node: node, perSecond: half)
        var details: [BenchResult.Detail] = [
            .init(
                name: "cpu_us", words: "processor time beside the signature",
                value: (used - bound.processorSeconds) * 1e6, unit: "µs a transaction"),
            .init(
                name: "half_p50_ms", words: "at half that load: p50",
                value: paced.percentile(0.5), unit: "ms"),
            .init(
                name: "half_p99_ms", words: "at half that load: p99",
                value: paced.percentile(0.99), unit: "ms"),
        ]
        if prefill > 0 {
            try await Prefill.fill(node, to: prefill, writes: writes, author: author)
            let (later, _) = try await full()
            details += [
                .init(
                    name: "late_rate", words: "with \(prefill) transactions in it:",
                    value: later.perSecond, unit: "transactions/s"),
                .init(
                    name: "late_ratio", words: "ratio to the rate before:",
                    value: later.perSecond / max(measured.perSecond, 1), unit: ""),
            ]
            details += try Prefill.sizes(node, data)
        }
        node.engine.stop()
        try await running
        try node.close()
        if prefill > 0 { details += try Prefill.start(data) }
        return BenchResult(
            name: "ledger", value: measured.perSecond, unit: "transactions/s", bound: bound.rate,
            boundName: "P-256 verification alone, all cores",
            p50Ms: measured.latencies.percentile(0.5), p99Ms: measured.latencies.percentile(0.99),
            fsyncP99Ms: Machine.fsyncP99(folder: folder.path, bytes: 256 * 1024),
            sample: measured.done, seconds: measured.seconds, details: details)
    }

    /// Submits transactions one after the other, so many a second; times count from the moment at
    /// which each was due.
    private static func pace(
        _ prepared: [UnverifiedTransaction], node: CairnNode, perSecond: Double
    ) async -> Latencies {
        let clock = ContinuousClock()
        let start = clock.now
        return await withTaskGroup(of: Duration?.self) { group in
            for (index, transaction) in prepared.enumerated() {
                let due = start + .seconds(Double(index) / perSecond)
                if due > clock.now { try? await Task.sleep(until: due, clock: clock) }
                group.addTask {
                    let outcome = try? await node.engine.submit(transaction)
                    guard let outcome, outcome.refusal == nil else { return nil }
                    return clock.now - due
                }
            }
            var latencies = Latencies()
            for await latency in group { if let latency { latencies.add(latency) } }
            return latencies
        }
    }
}
