import Synchronization

/// Lets the writes of one resource go one after another, so that each is planned on what the one
/// before it wrote. Without that, all but one of those that are planned side by side are refused.
///
/// The contracts do not rely on it: whoever writes past it is refused or planned anew. What waits
/// is the requests under way, which the gateway bounds.
final class WriteTurns: Sendable {
    /// By resource; present while a write has its turn.
    private let waiting = Mutex<[String: [CheckedContinuation<Void, Never>]]>([:])

    /// The turn of one write, on all resources that it changes.
    struct Turn: Sendable {
        fileprivate let turns: WriteTurns
        fileprivate let resources: [String]

        /// Lets the next ones go. Called once.
        func end() {
            for resource in resources { turns.pass(resource) }
        }
    }

    /// Waits for the turn on all of `resources` (`Type/id`). They are taken in one order by
    /// everybody, so that no two wait for each other.
    func take(_ resources: some Sequence<String>) async -> Turn {
        let sorted = Set(resources).sorted()
        for resource in sorted { await wait(resource) }
        return Turn(turns: self, resources: sorted)
    }

    private func wait(_ resource: String) async {
        await withCheckedContinuation { continuation in
            let isFree = waiting.withLock { waiting in
                guard waiting[resource] != nil else {
                    waiting[resource] = []
                    return true
                }
                waiting[resource]?.append(continuation)
                return false
            }
            if isFree { continuation.resume() }
        }
    }

    private func pass(_ resource: String) {
        let next = waiting.withLock { waiting -> CheckedContinuation<Void, Never>? in
            guard var queue = waiting[resource], !queue.isEmpty else {
                waiting[resource] = nil
                return nil
            }
            let next = queue.removeFirst()
            waiting[resource] = queue
            return next
        }
        next?.resume()
    }
}
