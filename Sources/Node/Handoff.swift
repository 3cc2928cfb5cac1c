import Synchronization

/// A bounded queue between two stages of the pipeline: the one before waits while it is full, the
/// one after takes everything that waits.
package final class Handoff<Element: Sendable>: Sendable {
    private let limit: Int
    private let state = Mutex(State())

    private struct State {
        var waiting: [Element] = []
        var closed = false
        var taker: CheckedContinuation<Void, Never>?
        var givers: [CheckedContinuation<Void, Never>] = []
    }

    /// At most `limit` elements wait.
    package init(limit: Int) { self.limit = limit }

    /// Hands an element over; waits while the queue is full.
    package func give(_ element: Element) async {
        while true {
            let given: Bool = state.withLock { state in
                guard state.waiting.count < limit || state.closed else { return false }
                state.waiting.append(element)
                state.taker?.resume()
                state.taker = nil
                return true
            }
            if given { return }
            await withCheckedContinuation { continuation in
                let room = state.withLock { state in
                    if state.waiting.count < limit || state.closed { return true }
                    state.givers.append(continuation)
                    return false
                }
                if room { continuation.resume() }
            }
        }
    }

    /// Hands an element over where there is room; `false` where there is none or the queue is
    /// closed.
    package func offer(_ element: Element) -> Bool {
        state.withLock { state in
            guard state.waiting.count < limit, !state.closed else { return false }
            state.waiting.append(element)
            state.taker?.resume()
            state.taker = nil
            return true
        }
    }

    /// Hands elements over where there is room for all of them; `false` where there is not or the
    /// queue is closed.
    package func offer(contentsOf elements: [Element]) -> Bool {
        state.withLock { state in
            guard state.waiting.count + elements.count <= limit, !state.closed else { return false }
            state.waiting += elements
            state.taker?.resume()
            state.taker = nil
            return true
        }
    }

    /// Everything that waits, at least one element; `nil` once closed and empty. One caller at a
    /// time.
    package func takeAll() async -> [Element]? {
        while true {
            let taken: [Element]?? = state.withLock { state in
                if state.waiting.isEmpty { return state.closed ? .some(nil) : nil }
                let all = state.waiting
                state.waiting.removeAll()
                for giver in state.givers { giver.resume() }
                state.givers.removeAll()
                return .some(all)
            }
            if let taken { return taken }
            await withCheckedContinuation { continuation in
                let ready = state.withLock { state in
                    if !state.waiting.isEmpty || state.closed { return true }
                    state.taker = continuation
                    return false
                }
                if ready { continuation.resume() }
            }
        }
    }

    /// Nothing more will be given; what waits is still taken.
    package func close() {
        state.withLock { state in
            state.closed = true
            state.taker?.resume()
            state.taker = nil
            for giver in state.givers { giver.resume() }
            state.givers.removeAll()
        }
    }
}
