import Synchronization

/// A bounded number of places for packs in memory. Whoever finds none free waits in line, for a
/// while.
final class PackRoom: Sendable {
    /// A place that is held until this is let go.
    final class Place: Sendable {
        private let room: PackRoom

        fileprivate init(_ room: PackRoom) { self.room = room }

        deinit { room.leave() }
    }

    private struct Waiter: Sendable {
        let ticket: Int
        let continuation: CheckedContinuation<Bool, Never>
    }

    private struct State {
        var free: Int
        var nextTicket = 0
        var waiting: [Waiter] = []
    }

    private let state: Mutex<State>
    private let waitSeconds: Int

    init(places: Int, waitSeconds: Int) {
        state = Mutex(State(free: places))
        self.waitSeconds = waitSeconds
    }

    /// Takes a place, first come, first served. Throws `busy` where none came free in time.
    func enter() async throws -> Place {
        let ticket: Int? = state.withLock { state in
            if state.free > 0 {
                state.free -= 1
                return nil
            }
            state.nextTicket += 1
            return state.nextTicket
        }
        guard let ticket else { return Place(self) }
        let admitted = await withTaskGroup(of: Void.self) { group in
            group.addTask {
                try? await Task.sleep(for: .seconds(self.waitSeconds))
                self.giveUp(ticket)
            }
            let admitted = await self.wait(ticket)
            group.cancelAll()
            return admitted
        }
        guard admitted else { throw VaultError.busy("no memory came free for another pack") }
        return Place(self)
    }

    private func wait(_ ticket: Int) async -> Bool {
        await withCheckedContinuation { continuation in
            let isFree = state.withLock { state in
                guard state.free > 0 else {
                    state.waiting.append(Waiter(ticket: ticket, continuation: continuation))
                    return false
                }
                state.free -= 1
                return true
            }
            if isFree { continuation.resume(returning: true) }
        }
    }

    private func giveUp(_ ticket: Int) {
        let waiter = state.withLock { state in
            state.waiting.firstIndex { $0.ticket == ticket }.map { state.waiting.remove(at: $0) }
        }
        waiter?.continuation.resume(returning: false)
    }

    /// Hands the place to the one that waits longest.
    private func leave() {
        let next: Waiter? = state.withLock { state in
            guard !state.waiting.isEmpty else {
                state.free += 1
                return nil
            }
            return state.waiting.removeFirst()
        }
        next?.continuation.resume(returning: true)
    }
}
