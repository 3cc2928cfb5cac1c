import Node
import Synchronization

/// Room for bodies in memory: whoever wants more than is free waits in line, for a while.
package final class ByteBudget: Sendable {
    private let state: Mutex<State>
    private let capacity: Int
    private let waitSeconds: Int

    private struct State {
        var free: Int
        var nextTicket = 0
        var waiting: [Waiter] = []
    }

    private struct Waiter {
        let ticket: Int
        let bytes: Int
        let resume: CheckedContinuation<Bool, Never>
    }

    /// - Parameter waitSeconds: How long somebody waits in line.
    package init(capacity: Int, waitSeconds: Int = GatewayLimits.budgetWaitSeconds) {
        self.capacity = capacity
        self.waitSeconds = waitSeconds
        state = Mutex(State(free: capacity))
    }

    /// Bytes that are taken, for metrics.
    package var taken: Int { state.withLock { capacity - $0.free } }

    /// Runs `body` while `bytes` of room are held. Small amounts are not counted.
    ///
    /// - Throws: `NodeError.unavailable` where no room came free in time, or too many wait.
    package func holding<Result>(
        _ bytes: Int, _ body: () async throws -> Result
    ) async throws -> Result {
        guard bytes > GatewayLimits.uncountedBodyBytes else { return try await body() }
        let bytes = min(bytes, capacity)
        try await acquire(bytes)
        defer { release(bytes) }
        return try await body()
    }

    private func acquire(_ bytes: Int) async throws {
        let ticket: Int? = state.withLock { state in
            if state.waiting.isEmpty, state.free >= bytes {
                state.free -= bytes
                return nil
            }
            state.nextTicket += 1
            return state.nextTicket
        }
        guard let ticket else { return }
        let admitted = await withTaskGroup(of: Void.self) { group in
            group.addTask {
                try? await Task.sleep(for: .seconds(self.waitSeconds))
                self.giveUp(ticket)
            }
            let admitted = await self.wait(ticket, bytes)
            group.cancelAll()
            return admitted
        }
        guard admitted else {
            throw NodeError(
                .unavailable, "too many large requests are under way", hint: "try again soon")
        }
    }

    private func wait(_ ticket: Int, _ bytes: Int) async -> Bool {
        await withCheckedContinuation { continuation in
            let answer: Bool? = state.withLock { state in
                if state.waiting.isEmpty, state.free >= bytes {
                    state.free -= bytes
                    return true
                }
                guard state.waiting.count < GatewayLimits.budgetWaitersMax else { return false }
                state.waiting.append(Waiter(ticket: ticket, bytes: bytes, resume: continuation))
                return nil
            }
            if let answer { continuation.resume(returning: answer) }
        }
    }

    private func giveUp(_ ticket: Int) {
        let (left, admitted) = state.withLock { state -> (Waiter?, [Waiter]) in
            guard let index = state.waiting.firstIndex(where: { $0.ticket == ticket }) else {
                return (nil, [])
            }
            return (state.waiting.remove(at: index), ByteBudget.admit(&state))
        }
        left?.resume.resume(returning: false)
        for waiter in admitted { waiter.resume.resume(returning: true) }
    }

    private func release(_ bytes: Int) {
        let admitted = state.withLock { state in
            state.free += bytes
            return ByteBudget.admit(&state)
        }
        for waiter in admitted { waiter.resume.resume(returning: true) }
    }

    /// First come, first served: a large body is not overtaken for ever.
    private static func admit(_ state: inout State) -> [Waiter] {
        var admitted = [Waiter]()
        while let first = state.waiting.first, state.free >= first.bytes {
            state.free -= first.bytes
            admitted.append(state.waiting.removeFirst())
        }
        return admitted
    }
}
