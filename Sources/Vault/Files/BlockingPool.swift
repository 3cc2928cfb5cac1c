import Dispatch
import Synchronization

/// Runs blocking system calls on threads of their own, so that a slow disk does not hold the
/// cooperative threads. Dispatch bounds the threads (64 a queue); the number of packs in flight
/// bounds the jobs.
enum BlockingPool {
    private static let queue = DispatchQueue(label: "cairn.vault.io", attributes: .concurrent)

    /// Runs one job.
    static func run<Value: Sendable>(
        _ job: @escaping @Sendable () throws -> Value
    ) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            queue.async { continuation.resume(with: Result { try job() }) }
        }
    }

    /// Runs jobs side by side and returns their results in the jobs' order, once all have ended.
    static func runAll<Value: Sendable>(
        _ jobs: [@Sendable () throws -> Value]
    ) async -> [Result<Value, any Error>] {
        let results = Results<Value>(count: jobs.count)
        await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
            let group = DispatchGroup()
            for (index, job) in jobs.enumerated() {
                queue.async(group: group) { results.set(index, Result { try job() }) }
            }
            group.notify(queue: queue) { continuation.resume() }
        }
        return results.all
    }

    private final class Results<Value: Sendable>: Sendable {
        private let slots: Mutex<[Result<Value, any Error>?]>

        init(count: Int) { slots = Mutex(Array(repeating: nil, count: count)) }

        func set(_ index: Int, _ result: Result<Value, any Error>) {
            slots.withLock { $0[index] = result }
        }

        var all: [Result<Value, any Error>] { slots.withLock { $0.compactMap { $0 } } }
    }
}
