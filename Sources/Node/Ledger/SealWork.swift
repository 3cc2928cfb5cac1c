import Contracts
import Glibc
import LedgerCore
import Ordering
import Storage
import Synchronization

/// Works out what seals that were begun come to, beside the blocks that follow them, and stores the
/// pages of the tree as they come, so that no block waits for all of them.
///
/// The work is spread over the time that there is, part by part, until a block asks for the root:
/// in one go it would take one core from everybody for as long as it lasts.
final class SealWork: Sendable {
    private let begun = Handoff<BegunSeal>(limit: EngineLimit.begunSeals)
    private let store: any LedgerStore
    private let state = Mutex(State())
    /// A block waits for the seal.
    private let isUrgent = Atomic<Bool>(false)

    private struct State {
        var done: (height: UInt64, sealed: SealedState)?
        /// The newest seal that was asked for.
        var taken: UInt64 = 0
    }

    /// - Parameter store: has the pages of the state tree.
    init(store: any LedgerStore) { self.store = store }

    /// Runs until `close`.
    func run() async {
        while let seals = await begun.takeAll() {
            for seal in seals { finish(seal) }
        }
    }

    func begin(_ seal: BegunSeal) async { await begun.give(seal) }

    func close() { begun.close() }

    private func finish(_ seal: BegunSeal) {
        state.withLock { state in
            guard seal.height > state.taken else { return }
            // What fails here fails again, and is told, in the block that needs it.
            state.done = (try? storing(seal)).map { (seal.height, $0) }
        }
    }

    /// What the seal comes to, its pages stored already.
    private func storing(_ seal: BegunSeal) throws -> SealedState {
        let clock = ContinuousClock()
        let start = clock.now
        var parts = 0
        var sealed = try seal.sealed(
            page: store.stateNode,
            finished: { pages in
                try self.store(pages)
                if self.isUrgent.load(ordering: .relaxed) { return }
                parts += 1
                let due = start + SealWork.span * parts / StateTreeUpdate.finishedParts
                let early = (due - clock.now) / .microseconds(1)
                if early > SealWork.restMinMicroseconds { usleep(UInt32(early)) }
            })
        try store(sealed.pages)
        sealed.pages = []
        return sealed
    }

    /// The time over which the work is spread: less than there is from one seal to the next.
    private static let span = Duration.milliseconds(Int64(SealRule.intervalMs) * 7 / 10)
    /// A shorter pause costs more than it gives.
    private static let restMinMicroseconds = 500.0

    private func store(_ pages: [StateTree.PageWrite]) throws {
        try store.store(nodes: pages.compactMap { page in page.bytes.map { (page.name, $0) } })
    }

    /// What the seal comes to: waits where it is being worked out, and does it where it was not.
    func sealed(_ seal: BegunSeal) throws -> SealedState {
        isUrgent.store(true, ordering: .relaxed)
        defer { isUrgent.store(false, ordering: .relaxed) }
        return try state.withLock { state in
            state.taken = seal.height
            defer { state.done = nil }
            if let done = state.done, done.height == seal.height { return done.sealed }
            return try seal.sealed(page: store.stateNode)
        }
    }
}
