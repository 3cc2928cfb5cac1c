import LedgerCore

/// Sends what a plan names to a node, several pieces at a time.
///
/// A load that is run again stores nothing twice. Each POST carries an idempotency key made of its
/// file's hash and the entry's number; a PUT is sent only where the server does not hold the same.
package struct Loader: Sendable {
    let client: CairnHTTPClient
    /// Stamps with the wallet.
    let stamps: StampBuilder
    package var options = Options()
    /// What the run under way names more than once.
    private(set) var twins = LoadTwins([])

    /// Largest JSON body that a server takes.
    package static let jsonBytesMax = 32 * 1024 * 1024

    package struct Options: Sendable {
        /// Requests under way at once.
        package var concurrency = 4
        /// The patient whom documents belong to: a FHIR id.
        package var patient: String?

        package init() {}
    }

    package init(client: CairnHTTPClient, stamps: StampBuilder) {
        self.client = client
        self.stamps = stamps
    }

    /// Runs the plan; failures are counted and passed over, until one that concerns all the rest.
    ///
    /// - Parameter report: called after each piece of work, from one task at a time.
    /// - Throws: `CancellationError` alone.
    package func run(
        _ plan: LoadPlan, report: @Sendable (LoadProgress) -> Void
    ) async throws -> LoadSummary {
        var run = Run(totalBytes: plan.sizeBytes)
        for problem in plan.unreadable {
            var result = LoadResult()
            result.fail(LoadPlace(problem.path), problem.error)
            report(run.add(result))
        }
        var loader = self
        loader.twins = LoadTwins(plan.phases[.resources] ?? [])
        for phase in LoadPlan.Phase.allCases where run.summary.stopped == nil {
            let files = plan.phases[phase] ?? []
            let width = phase == .information ? 1 : max(options.concurrency, 1)
            try await loader.send(LoadWorkReader(files), width: width, into: &run, report: report)
        }
        run.summary.seconds = run.seconds
        return run.summary
    }

    /// A window of `width` pieces under way.
    private func send(
        _ reader: LoadWorkReader, width: Int, into run: inout Run,
        report: @Sendable (LoadProgress) -> Void
    ) async throws {
        var reader = reader
        try await withThrowingTaskGroup(of: LoadResult.self) { group in
            var active = 0
            while true {
                while active < width, run.summary.stopped == nil, let work = reader.next() {
                    group.addTask { try await perform(work) }
                    active += 1
                }
                guard let result = try await group.next() else { return }
                active -= 1
                report(run.add(result))
            }
        }
    }

    private func perform(_ work: LoadWork) async throws -> LoadResult {
        switch work {
        case .file(let file): return try await send(file: file)
        case .document(let file): return try await send(document: file)
        case .entry(let place, let digest, let content, let size):
            var result = LoadResult()
            result.sizeBytes = size
            try await send(resource: content, place: place, file: digest, into: &result)
            return result
        case .unreadable(let place, let error, let size):
            var result = LoadResult()
            result.sizeBytes = size
            result.fail(place, error)
            return result
        }
    }

    /// The counts of a load under way.
    private struct Run {
        var summary = LoadSummary()
        private let totalBytes: Int
        private var doneBytes = 0
        private let start = ContinuousClock.now

        init(totalBytes: Int) { self.totalBytes = totalBytes }

        var seconds: Double { (ContinuousClock.now - start) / .seconds(1) }

        mutating func add(_ result: LoadResult) -> LoadProgress {
            summary.add(result)
            if summary.stopped == nil { summary.stopped = result.stops }
            doneBytes += result.sizeBytes
            return LoadProgress(
                resources: summary.created + summary.updated + summary.existing,
                failed: summary.failed, doneBytes: min(doneBytes, totalBytes),
                totalBytes: totalBytes, seconds: seconds, failures: result.failures)
        }
    }
}
