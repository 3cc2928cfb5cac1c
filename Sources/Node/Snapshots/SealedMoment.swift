import Contracts
import LedgerCore
import Storage

/// The state entries of a block whose state root a header carries.
struct SealedMoment: Sendable {
    /// The block whose state it is.
    let stateHeight: UInt64
    /// The block whose header carries the root.
    let rootHeight: UInt64
    let entries: StateMoment

    /// A seal follows within a second of the last write; under load one is begun every second, and
    /// the next one brings its root.
    static let waitSeconds = 30.0
    private static let pollMs = 100

    /// Waits until the state is sealed, or a seal that was begun is in a header.
    static func next(
        engine: LedgerEngine, reader: LedgerReader, waitSeconds: Double = waitSeconds
    ) async throws -> SealedMoment {
        let end = ContinuousClock.now + .seconds(waitSeconds)
        while ContinuousClock.now < end {
            let tip = engine.head.tip
            if tip.isSealed, let entries = try moment(at: tip.height, engine) {
                if let root = try newestRoot(upTo: tip.height, reader) {
                    return SealedMoment(
                        stateHeight: root.height - root.lag, rootHeight: root.height,
                        entries: entries)
                }
                entries.release()
            } else if tip.begun?.height == tip.height,
                let entries = try moment(at: tip.height, engine)
            {
                if let root = try await nextRoot(after: tip.height, engine, reader, until: end),
                    root.height - root.lag == tip.height
                {
                    return SealedMoment(
                        stateHeight: tip.height, rootHeight: root.height, entries: entries)
                }
                entries.release()
                continue
            }
            _ = await engine.heads.wait(above: tip.height, atMostMs: pollMs)
        }
        throw NodeError(
            .unavailable, "the ledger's state was not sealed in \(Int(waitSeconds)) seconds",
            hint: "a stopped node whose last second was cut off seals after its next start")
    }

    /// The entries of exactly that height; `nil` where a block came meanwhile.
    private static func moment(
        at height: UInt64, _ engine: LedgerEngine
    ) throws -> StateMoment? {
        let store = engine.state.store
        guard try store.head()?.height == height else { return nil }
        let entries = try store.stateMoment()
        // A block that was being committed before would be the head by now.
        guard try store.head()?.height == height else {
            entries.release()
            return nil
        }
        return entries
    }

    private static func newestRoot(
        upTo height: UInt64, _ reader: LedgerReader
    ) throws -> (height: UInt64, lag: UInt64)? {
        var height = height
        while let header = try reader.header(height) {
            if header.stateRoot != nil { return (height, header.stateLag) }
            guard height > 0 else { return nil }
            height -= 1
        }
        return nil
    }

    private static func nextRoot(
        after height: UInt64, _ engine: LedgerEngine, _ reader: LedgerReader,
        until end: ContinuousClock.Instant
    ) async throws -> (height: UInt64, lag: UInt64)? {
        var next = height + 1
        while ContinuousClock.now < end {
            while next <= engine.heads.height, let header = try reader.header(next) {
                if header.stateRoot != nil { return (next, header.stateLag) }
                next += 1
            }
            _ = await engine.heads.wait(above: next - 1, atMostMs: pollMs)
        }
        return nil
    }
}
