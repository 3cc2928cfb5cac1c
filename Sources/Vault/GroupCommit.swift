import Synchronization

/// Merges concurrent jobs into one commit each, so that they share its disk writes.
///
/// The first caller leads: it commits its own job together with what waits, wakes everyone it
/// committed for, and hands the lead to the first that came meanwhile. No task is spawned; a
/// cancelled caller still waits, for its job may be on disk already.
final class GroupCommit<Job: Sendable>: Sendable {
    private enum Wake: Sendable {
        case lead
        case done(Result<Void, any Error>)
    }

    private struct Waiter: Sendable {
        let job: Job
        let sizeBytes: Int
        let continuation: CheckedContinuation<Wake, Never>
    }

    private struct State {
        var waiting: [Waiter] = []
        var waitingBytes = 0
        var isLed = false
    }

    private let state = Mutex(State())
    private let commit: @Sendable ([Job]) async throws -> Void

    init(commit: @escaping @Sendable ([Job]) async throws -> Void) { self.commit = commit }

    /// Returns once the job is committed; throws what the commit of its group threw. Throws
    /// `busy` where too much waits already.
    func submit(_ job: Job, sizeBytes: Int) async throws {
        let wake = await withCheckedContinuation { continuation in
            let now: Wake? = state.withLock { state in
                if !state.isLed {
                    state.isLed = true
                    return .lead
                }
                if state.waitingBytes + sizeBytes > Limits.waitingBytes, !state.waiting.isEmpty {
                    return .done(.failure(VaultError.busy("too many writes are waiting")))
                }
                state.waiting.append(
                    Waiter(job: job, sizeBytes: sizeBytes, continuation: continuation))
                state.waitingBytes += sizeBytes
                return nil
            }
            if let now { continuation.resume(returning: now) }
        }
        switch wake {
        case .done(let result): try result.get()
        case .lead: try await lead(job, sizeBytes: sizeBytes)
        }
    }

    private func lead(_ job: Job, sizeBytes: Int) async throws {
        let others = takeOthers(beside: sizeBytes)
        let result: Result<Void, any Error>
        do {
            try await commit([job] + others.map(\.job))
            result = .success(())
        } catch { result = .failure(error) }
        for other in others { other.continuation.resume(returning: .done(result)) }
        let next: Waiter? = state.withLock { state in
            guard let next = state.waiting.first else {
                state.isLed = false
                return nil
            }
            state.waiting.removeFirst()
            state.waitingBytes -= next.sizeBytes
            return next
        }
        next?.continuation.resume(returning: .lead)
        try result.get()
    }

    /// What waits and fits into one pack with the leader's own job.
    private func takeOthers(beside sizeBytes: Int) -> [Waiter] {
        state.withLock { state in
            var total = sizeBytes
            let count =
                state.waiting.firstIndex { waiter in
                    total += waiter.sizeBytes
                    return total > Limits.packPlaintextBytes
                } ?? state.waiting.count
            let taken = Array(state.waiting.prefix(min(count, Limits.packVersions)))
            state.waiting.removeFirst(taken.count)
            state.waitingBytes -= taken.reduce(0) { $0 + $1.sizeBytes }
            return taken
        }
    }
}
