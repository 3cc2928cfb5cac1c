import Glibc
import Synchronization

/// Named places of the write pipeline, and of the collection of orphans, at which a test can kill
/// the process, to show that a crash there loses nothing that was acknowledged and leaves nothing
/// half-done.
///
/// Off unless the environment variable `CAIRN_CRASH_AT` names one: `NAME` or `NAME:COUNT`, the
/// process kills itself (SIGKILL) when it passes that place for the COUNT-th time.
package enum CrashPoint: String, CaseIterable, Sendable {
    case beforeVault = "before-vault"
    case afterVault = "after-vault"
    case afterOrdering = "after-ordering"
    case afterExecution = "after-execution"
    case afterChainAppend = "after-chain-append"
    case afterChainSync = "after-chain-sync"
    case afterState = "after-state"
    case afterIndex = "after-index"
    case afterAnswer = "after-answer"
    case afterForgetting = "after-forgetting"
    case afterStriking = "after-striking"
    case afterRemoving = "after-removing"

    private static let armed: CrashPoint? = {
        guard let text = getenv("CAIRN_CRASH_AT") else { return nil }
        let parts = String(cString: text).split(separator: ":", maxSplits: 1)
        guard let name = parts.first, let point = CrashPoint(rawValue: String(name)) else {
            return nil
        }
        if parts.count == 2, let count = Int(parts[1]) {
            countdown.store(count, ordering: .relaxed)
        }
        return point
    }()

    private static let countdown = Atomic(1)

    /// Passes this place.
    package func pass() {
        guard CrashPoint.armed == self else { return }
        if CrashPoint.countdown.subtract(1, ordering: .relaxed).newValue == 0 {
            kill(getpid(), SIGKILL)
        }
    }
}
