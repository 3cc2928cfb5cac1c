import Synchronization

/// Whether the gateway takes work.
final class GatewayLifecycle: Sendable {
    enum Phase: Sendable { case starting, ready, stopping }

    private let state = Mutex(Phase.starting)

    var phase: Phase { state.withLock { $0 } }

    /// What has begun to stop does not become ready again.
    func move(to phase: Phase) {
        state.withLock { if $0 != .stopping { $0 = phase } }
    }
}
