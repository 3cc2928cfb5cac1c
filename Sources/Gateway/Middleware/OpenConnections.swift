import NIOCore
import Synchronization

/// The open connections and which of them wait for a request, so that silent ones give way before
/// new ones have to wait.
///
/// A stranger may open connections and say nothing, or send heads drop by drop. Near the limit the
/// one that has been idle longest is closed; connections with a request under way are never
/// touched.
final class OpenConnections: Sendable {
    private struct Connection {
        let channel: any Channel
        /// A number that grows with time; `nil` while a request is under way.
        var idleSince: UInt64?
    }

    private struct State {
        var connections: [ObjectIdentifier: Connection] = [:]
        var clock: UInt64 = 0
    }

    private let state = Mutex(State())
    private let comfortable: Int

    /// - Parameter comfortable: connections that may be open before idle ones are closed.
    init(comfortable: Int) { self.comfortable = comfortable }

    var count: Int { state.withLock { $0.connections.count } }

    /// A new connection, idle until its first head is complete.
    func opened(_ channel: any Channel) {
        let surplus = state.withLock { state -> (any Channel)? in
            state.clock += 1
            state.connections[ObjectIdentifier(channel)] = Connection(
                channel: channel, idleSince: state.clock)
            guard state.connections.count > comfortable else { return nil }
            let idle = state.connections.filter { $0.value.idleSince != nil }
            let longest = idle.min { ($0.value.idleSince ?? 0) < ($1.value.idleSince ?? 0) }
            guard let longest, longest.key != ObjectIdentifier(channel) else { return nil }
            state.connections[longest.key] = nil
            return longest.value.channel
        }
        surplus?.close(promise: nil)
    }

    func closed(_ channel: any Channel) {
        state.withLock { _ = $0.connections.removeValue(forKey: ObjectIdentifier(channel)) }
    }

    /// A request has begun, or its answer has ended.
    func mark(_ channel: any Channel, isIdle: Bool) {
        state.withLock { state in
            state.clock += 1
            state.connections[ObjectIdentifier(channel)]?.idleSince = isIdle ? state.clock : nil
        }
    }
}
