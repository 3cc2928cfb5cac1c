import Synchronization

/// Holds the next submission back while one waits to be taken into a block, so that each holds all
/// that came meanwhile: one signature for a block's worth of transactions, whatever the load.
final class SubmissionGate: Sendable {
    private let limit: Int
    private let state = Mutex(State())

    private struct State {
        var waiting = 0
        var isClosed = false
        var entrant: CheckedContinuation<Void, Never>?
    }

    /// At most `limit` submissions wait.
    init(limit: Int) { self.limit = limit }

    /// Returns once another submission may be made. One caller at a time.
    func enter() async {
        await withCheckedContinuation { continuation in
            let isOpen = state.withLock { state in
                if state.waiting < limit || state.isClosed {
                    state.waiting += 1
                    return true
                }
                state.entrant = continuation
                return false
            }
            if isOpen { continuation.resume() }
        }
    }

    /// One that waited was taken, or was not made.
    func leave() {
        let entrant = state.withLock { state in
            state.waiting -= 1
            defer { state.entrant = nil }
            if state.entrant != nil { state.waiting += 1 }
            return state.entrant
        }
        entrant?.resume()
    }

    /// Holds nobody back any more.
    func close() {
        let entrant = state.withLock { state in
            state.isClosed = true
            defer { state.entrant = nil }
            return state.entrant
        }
        entrant?.resume()
    }
}
