package import LedgerCore
import Synchronization
package import Vault

/// Collects what was sealed and never accepted: the keys, packs, fragments and catalogue entries
/// of versions whose transactions were refused, or never ordered, or whose request a crash cut off.
///
/// Contract:
/// - A version is an orphan once the window of the transaction that names it has ended in a block
///   *applied here* and no applied block accepted it: no later block can. No clock is asked.
/// - A node that has halted collects nothing: its state may not be what it should be.
/// - A crash anywhere is harmless; the next round goes on. A failure is kept in `problem`, and the
///   round is made again.
package final class OrphanCollector: Sendable {
    /// What was collected since the start.
    package struct Tally: Hashable, Sendable {
        /// Versions whose keys were destroyed.
        package var versions = 0
        /// Packs that were removed whole.
        package var packs = 0
        /// Fragments that no record named.
        package var fragments = 0

        package init() {}
    }

    /// Versions that one round settles.
    private static let roundVersions = 1_024
    /// Accepted versions that wait to be settled; what is beyond is looked up on the ledger later.
    private static let acceptedMax = 65_536
    private static let pauseMs = 1_000
    private static let shortPauseMs = 20
    /// Pause before a provider that did not let go is asked again, and a failed step repeated.
    private static let retrySeconds = 60

    private let vault: Vault
    private let appliedMs: @Sendable () -> UInt64?
    private let accepted: @Sendable (Digest) throws -> Set<Identifier>
    private let hold: @Sendable () -> DataDirectoryLock?

    private struct State {
        var accepted: [NamedVersion] = []
        var tally = Tally()
        var problem: String?
        /// When packs whose collection has begun are looked at; `nil`: with the next that begins.
        var retryAt: ContinuousClock.Instant? = .now
    }
    private let state = Mutex(State())

    /// - Parameters:
    ///   - appliedMs: the time of the newest applied block, milliseconds since 1970; `nil` where
    ///     nothing may be collected.
    ///   - accepted: the locators that an accepted transaction names; none where the applied blocks
    ///     accepted no transaction of that id. The id alone says too little: of two submissions of
    ///     one intent, the other may be the accepted one.
    ///   - hold: held while a round of the background's work goes on; `nil` while a backup copies
    ///     what a round could remove.
    package init(
        vault: Vault, appliedMs: @escaping @Sendable () -> UInt64?,
        accepted: @escaping @Sendable (Digest) throws -> Set<Identifier>,
        hold: @escaping @Sendable () -> DataDirectoryLock?
    ) {
        self.hold = hold
        self.vault = vault
        self.appliedMs = appliedMs
        self.accepted = accepted
    }

    /// What was collected since the start.
    package var tally: Tally { state.withLock { $0.tally } }

    /// Why the newest round failed; `nil` where it did not.
    package var problem: String? { state.withLock { $0.problem } }

    /// Takes note of versions that a block accepted: they stay, and need not be looked up.
    package func note(_ accepted: [NamedVersion]) {
        state.withLock { state in
            guard state.accepted.count + accepted.count <= OrphanCollector.acceptedMax else {
                return
            }
            state.accepted += accepted
        }
    }

    /// Works in the background until it is cancelled.
    func run() async {
        var sweep = vault.needsSweep ? FragmentSweep(vault) : nil
        while !Task.isCancelled {
            var isMore = false
            guard let held = hold() else {
                try? await Task.sleep(for: .milliseconds(OrphanCollector.pauseMs))
                continue
            }
            do {
                isMore = try round()
                if sweep != nil, appliedMs() != nil {
                    let removed = try sweep?.step() ?? 0
                    state.withLock { $0.tally.fragments += removed }
                    isMore = isMore || sweep?.isLooking == true
                    if sweep?.isDone == true { sweep = nil }
                }
                state.withLock { $0.problem = nil }
            } catch {
                state.withLock { $0.problem = (error as? NodeError)?.message ?? "\(error)" }
            }
            held.release()
            let pauseMs = isMore ? OrphanCollector.shortPauseMs : OrphanCollector.pauseMs
            try? await Task.sleep(for: .milliseconds(pauseMs))
        }
        try? settleAccepted()
    }

    /// One bounded piece of work. Returns whether more is due. For one caller at a time.
    package func round() throws -> Bool {
        try settleAccepted()
        if let retryAt = state.withLock({ $0.retryAt }), retryAt <= .now { try removeDoomed() }
        return try appliedMs().map(collect(before:)) ?? false
    }

    private func settleAccepted() throws {
        let accepted = state.withLock { state in
            defer { state.accepted.removeAll() }
            return state.accepted
        }
        try vault.settle(accepted)
    }

    /// Settles versions whose windows ended before an applied block.
    private func collect(before timeMs: UInt64) throws -> Bool {
        let ended = try vault.takeEnded(before: timeMs, limit: OrphanCollector.roundVersions)
        guard !ended.isEmpty else { return false }
        do {
            let kept = Set(try stillNamed(ended))
            try vault.settle(Array(kept))
            let orphans = ended.filter { !kept.contains($0) }
            if !orphans.isEmpty {
                try vault.forget(orphans)
                state.withLock { $0.tally.versions += orphans.count }
                CrashPoint.afterForgetting.pass()
                try removeDoomed()
            }
        } catch {
            vault.revisit(ended)
            throw error
        }
        return ended.count == OrphanCollector.roundVersions
    }

    /// Those of the versions that the ledger has accepted.
    private func stillNamed(_ versions: [NamedVersion]) throws -> [NamedVersion] {
        var last: (transaction: Digest, locators: Set<Identifier>)?
        return try versions.filter { version in
            let transaction = version.naming.transaction
            if last?.transaction != transaction {
                last = (transaction, try accepted(transaction))
            }
            return last?.locators.contains(version.locator) == true
        }
    }

    /// Removes packs whose collection has begun, now or before a crash.
    private func removeDoomed() throws {
        // Also where a step fails.
        state.withLock { $0.retryAt = .now + .seconds(OrphanCollector.retrySeconds) }
        let doomed = try vault.doomed(limit: OrphanCollector.roundVersions)
        var isLeft = false
        for pack in doomed {
            try vault.strike(pack)
            CrashPoint.afterStriking.pass()
            guard vault.removeCopies(of: pack) else {
                isLeft = true
                continue
            }
            CrashPoint.afterRemoving.pass()
            try vault.finish(pack)
            state.withLock { $0.tally.packs += 1 }
        }
        guard !isLeft else {
            throw NodeError(.unavailable, "a provider has not let go of a collected pack")
        }
        let isMore = doomed.count == OrphanCollector.roundVersions
        state.withLock { $0.retryAt = isMore ? .now : nil }
    }
}
