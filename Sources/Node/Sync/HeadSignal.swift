import Synchronization

/// The height of the newest applied block, for those who wait for the next.
package final class HeadSignal: Sendable {
    private let state: Mutex<State>

    private struct State {
        var height: UInt64
        var isClosed = false
        var waiters: [UInt64: CheckedContinuation<Void, Never>] = [:]
        var nextTicket: UInt64 = 0
    }

    package init(height: UInt64) { state = Mutex(State(height: height)) }

    /// The height of the newest applied block.
    package var height: UInt64 { state.withLock { $0.height } }

    /// A block was applied.
    package func move(to height: UInt64) {
        wake { $0.height = max($0.height, height) }
    }

    /// Nobody waits any longer.
    package func close() {
        wake { $0.isClosed = true }
    }

    /// Waits until there is a block above `height`, at most so long.
    ///
    /// - Returns: whether there is one.
    package func wait(above height: UInt64, atMostMs ms: Int) async -> Bool {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.wait(above: height) }
            group.addTask { try? await Task.sleep(for: .milliseconds(ms)) }
            await group.next()
            group.cancelAll()
        }
        return self.height > height
    }

    private func wake(_ change: (inout State) -> Void) {
        let waiters = state.withLock { state in
            change(&state)
            defer { state.waiters = [:] }
            return state.waiters
        }
        for waiter in waiters.values { waiter.resume() }
    }

    private func wait(above height: UInt64) async {
        let ticket = state.withLock { state in
            defer { state.nextTicket += 1 }
            return state.nextTicket
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isDue = state.withLock { state in
                    if Task.isCancelled || state.isClosed || state.height > height { return true }
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
