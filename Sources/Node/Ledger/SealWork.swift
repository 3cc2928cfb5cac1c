import Contracts
import LedgerCore
import Storage
import Synchronization

/// Works out what seals that were begun come to, beside the blocks that follow them, and stores the
/// pages of the tree a few at a time, so that no block waits for all of them.
final class SealWork: Sendable {
    private let begun = Handoff<BegunSeal>(limit: EngineLimit.begunSeals)
    private let store: any LedgerStore
    private let state = Mutex(State())

    /// Pages that are stored together: a fraction of a millisecond.
    private static let pagesTogether = 64

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
        var sealed = try seal.sealed(page: store.stateNode)
        var rest = sealed.pages.compactMap { page in page.bytes.map { (page.name, $0) } }[...]
        while !rest.isEmpty {
            try store.store(nodes: Array(rest.prefix(SealWork.pagesTogether)))
            rest = rest.dropFirst(SealWork.pagesTogether)
        }
        sealed.pages = []
        return sealed
    }

    /// What the seal comes to: waits where it is being worked out, and does it where it was not.
    func sealed(_ seal: BegunSeal) throws -> SealedState {
        try state.withLock { state in
            state.taken = seal.height
            defer { state.done = nil }
            if let done = state.done, done.height == seal.height { return done.sealed }
            return try seal.sealed(page: store.stateNode)
        }
    }
}
