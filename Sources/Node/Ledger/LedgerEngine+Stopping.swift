import Contracts
import LedgerCore
import Ordering
import Synchronization

/// When the engine gives up: on a version that this program lacks, or on a decision that does not
/// come.
extension LedgerEngine {
    /// Whether this program has what the next block needs. Where it has not, nothing more is taken;
    /// what is applied is still published and answered.
    func hasVersions() throws -> Bool {
        let next = head.tip.height + 1
        guard let lacked = try ContractVersions.lacked(at: next, state.overlay) else { return true }
        shared.withLock { shared in
            if shared.stopped == nil { shared.stopped = lacked.halt(before: next) }
        }
        arrivals.close()
        gate.close()
        ordering.close()
        return false
    }

    /// Answers those who have waited too long for another node's decision: it may still come.
    func expire() async {
        while true {
            try? await Task.sleep(for: .milliseconds(EngineLimit.expiryPauseMs))
            if Task.isCancelled { return }
            let oldest = ContinuousClock.now - .milliseconds(EngineLimit.decisionWaitMs)
            let late = shared.withLock { shared in
                shared.waiters.filter { $0.value.contains { $0.since < oldest } }.map(\.key)
            }
            for digest in late { fail(digest, OrderingProblem.undecided) }
        }
    }
}
