import Synchronization

/// State behind a lock, and tasks that wait for it to change.
package final class Watched<State: Sendable>: Sendable {
    private struct Guarded {
        var state: State
        /// By ticket, so that a cancelled task finds its own.
        var waiters: [UInt64: CheckedContinuation<Void, Never>] = [:]
        var nextTicket: UInt64 = 0
    }

    private let guarded: Mutex<Guarded>

    package init(_ state: State) { guarded = Mutex(Guarded(state: state)) }

    /// Looks at the state, or changes what nobody waits for.
    package func withLock<Result: Sendable>(_ body: (inout State) -> Result) -> Result {
        guarded.withLock { body(&$0.state) }
    }

    /// Changes the state, and wakes all who wait.
    package func change<Result: Sendable>(_ body: (inout State) -> Result) -> Result {
        let (result, waiters) = guarded.withLock { guarded in
            let result = body(&guarded.state)
            defer { guarded.waiters = [:] }
            return (result, guarded.waiters)
        }
        for waiter in waiters.values { waiter.resume() }
        return result
    }

    /// Returns at once where the condition does not hold, and else after the next change, or when
    /// the task is cancelled. Whoever waits for more looks again.
    package func wait(while condition: @Sendable (borrowing State) -> Bool) async {
        let ticket = guarded.withLock { guarded in
            defer { guarded.nextTicket += 1 }
            return guarded.nextTicket
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                // Looked at and stored in one step, lest a change slips in between.
                let isDue = guarded.withLock { guarded in
                    if Task.isCancelled || !condition(guarded.state) { return true }
                    guarded.waiters[ticket] = continuation
                    return false
                }
                if isDue { continuation.resume() }
            }
        } onCancel: {
            guarded.withLock { $0.waiters.removeValue(forKey: ticket) }?.resume()
        }
    }
}
