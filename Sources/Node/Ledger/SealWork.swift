import Contracts
import Synchronization

/// Works out what seals that were begun come to, beside the blocks that follow them.
final class SealWork: Sendable {
    private let begun = Handoff<BegunSeal>(limit: EngineLimit.begunSeals)
    private let page: @Sendable ([UInt8]) throws -> [UInt8]?
    private let state = Mutex(State())

    private struct State {
        var done: (height: UInt64, sealed: SealedState)?
        /// The newest seal that was asked for.
        var taken: UInt64 = 0
    }

    /// - Parameter page: reads stored pages of the state tree.
    init(page: @escaping @Sendable ([UInt8]) throws -> [UInt8]?) { self.page = page }

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
            state.done = (try? seal.sealed(page: page)).map { (seal.height, $0) }
        }
    }

    /// What the seal comes to: waits where it is being worked out, and does it where it was not.
    func sealed(_ seal: BegunSeal) throws -> SealedState {
        try state.withLock { state in
            state.taken = seal.height
            defer { state.done = nil }
            if let done = state.done, done.height == seal.height { return done.sealed }
            return try seal.sealed(page: page)
        }
    }
}
