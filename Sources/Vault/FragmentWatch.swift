import Dispatch
import LedgerCore
import Synchronization

/// Keeps an eye on the fragments of packs that are read, also while the cache answers.
///
/// The first read of a pack has its fragments checked in the background; every later one only
/// compares the files' sizes and times with what they were then. A fragment found missing, or
/// changed, is made again under its name before the read returns. What rots below an unchanged file
/// is found at the next start's first read, or by a scrub.
final class FragmentWatch: Sendable {
    private struct Watched: Sendable {
        let record: PackRecord
        let files: [String]
        /// What the files looked like when they were last good; `nil` until then.
        var look: Int?
        /// After a mend that failed: no other before this moment.
        var retryAt: ContinuousClock.Instant?
    }

    private struct State {
        var packs: [Identifier: Watched] = [:]
        var queued = 0
        var isClosed = false
    }

    private let fragments: FragmentStore
    private let state = Mutex(State())
    private let mending = Stripes()
    private let queue = DispatchQueue(label: "cairn.vault.watch")
    private let mendedTotal = Mutex(0)

    /// Fragments made again since the start.
    var mended: Int { mendedTotal.withLock { $0 } }

    init(_ fragments: FragmentStore) { self.fragments = fragments }

    /// Ends the background work; checks that wait are dropped.
    func close() {
        state.withLock { $0.isClosed = true }
        queue.sync {}
    }

    /// Returns once the checks that were waiting are done.
    func waitForChecks() { queue.sync {} }

    /// Called with every read of a pack; `record` is asked for once.
    func look(_ pack: Identifier, record: () throws -> PackRecord) {
        if let watched = state.withLock({ $0.packs[pack] }) {
            let look = Self.look(of: watched.files)
            if look != nil, look == watched.look || watched.look == nil { return }
            if let retryAt = watched.retryAt, ContinuousClock.now < retryAt { return }
            check(watched.record)
        } else if let record = try? record().withoutEntries {
            let files = record.fragments.indices.compactMap { fragments.file(record, $0) }
            remember(Watched(record: record, files: files))
            if Self.look(of: files) == nil {
                check(record)
            } else {
                checkLater(record)
            }
        }
    }

    /// Stops watching a pack; none of its fragments is made again after this.
    func forget(_ pack: Identifier) {
        mending.withLock(pack) { state.withLock { $0.packs[pack] = nil } }
    }

    private func remember(_ watched: Watched) {
        state.withLock { state in
            if state.packs.count >= Limits.watchedPacks { state.packs.removeAll() }
            state.packs[watched.record.pack] = watched
        }
    }

    private func checkLater(_ record: PackRecord) {
        let isRoom = state.withLock { state in
            guard !state.isClosed, state.queued < Limits.waitingChecks else {
                state.packs[record.pack] = nil
                return false
            }
            state.queued += 1
            return true
        }
        guard isRoom else { return }
        queue.async { [self] in
            let isClosed = state.withLock { state in
                state.queued -= 1
                return state.isClosed
            }
            if !isClosed { check(record) }
        }
    }

    /// Reads all fragments of a pack, makes bad ones again, and remembers how good ones look.
    /// Nothing is done where somebody else just did it.
    private func check(_ record: PackRecord) {
        mending.withLock(record.pack) {
            guard let watched = state.withLock({ $0.packs[record.pack] }) else { return }
            let isDone = watched.look != nil && Self.look(of: watched.files) == watched.look
            if isDone || (watched.retryAt.map { ContinuousClock.now < $0 } ?? false) { return }
            let mended = fragments.mend(record)
            mendedTotal.withLock { $0 += mended.count }
            let look = mended.isWhole ? Self.look(of: watched.files) : nil
            state.withLock { state in
                state.packs[record.pack]?.look = look
                state.packs[record.pack]?.retryAt =
                    look == nil ? .now + .seconds(Limits.mendRetrySeconds) : nil
            }
        }
    }

    /// The files' sizes, inodes and times in one value; `nil` where one is missing.
    private static func look(of files: [String]) -> Int? {
        var hasher = Hasher()
        for file in files {
            guard let look = Posix.look(file) else { return nil }
            hasher.combine(look)
        }
        return hasher.finalize()
    }
}
