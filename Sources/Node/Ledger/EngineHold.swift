import Synchronization

/// Why an engine takes no transaction in for now, if it does not.
final class EngineHold: Sendable {
    private let reason = Mutex<NodeError?>(nil)

    var current: NodeError? {
        get { reason.withLock { $0 } }
        set { reason.withLock { $0 = newValue } }
    }
}

extension LedgerEngine {
    /// Why no transaction is taken in for now; `nil` while all is well.
    package var held: NodeError? { holding.current }

    /// Takes no transaction in until `letGo`.
    package func hold(because error: NodeError) { holding.current = error }

    /// Takes transactions in again.
    package func letGo() { holding.current = nil }
}
