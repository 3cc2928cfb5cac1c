import Storage
import Synchronization

/// Whether a simulated machine runs, and how many calls of disk or store it still makes until it
/// stops: because it loses power, or because the process is killed. A call that meets the end has
/// happened or not, as the seed decides; every later one fails.
final class Power: Sendable {
    private struct State {
        var isOn = true
        var callsLeft: Int?
        var lastCallHappens = false
        var calls = 0
    }
    private let state = Mutex(State())

    var isOn: Bool { state.withLock { $0.isOn } }

    /// All calls so far.
    var calls: Int { state.withLock { $0.calls } }

    /// It stops with the call after `calls` more.
    func fail(afterCalls calls: Int, lastCallHappens: Bool) {
        state.withLock {
            $0.callsLeft = calls
            $0.lastCallHappens = lastCallHappens
        }
    }

    func turnOff() { state.withLock { $0.isOn = false } }

    func turnOn() {
        state.withLock {
            $0.isOn = true
            $0.callsLeft = nil
        }
    }

    /// One call that may be the last.
    func call<Result>(
        _ operation: String, _ path: String, _ body: () throws(DiskError) -> Result
    ) throws(DiskError) -> Result {
        let (happens, stays): (Bool, Bool) = state.withLock { state in
            guard state.isOn else { return (false, false) }
            state.calls += 1
            guard let left = state.callsLeft else { return (true, true) }
            state.callsLeft = left - 1
            guard left == 0 else { return (true, true) }
            state.isOn = false
            return (state.lastCallHappens, false)
        }
        if happens {
            let result = try body()
            if stays { return result }
        }
        throw DiskError(.failed(Power.lost), operation: operation, path: path)
    }

    /// A read: it costs nothing, and needs power.
    func read<Result>(
        _ path: String, _ body: () throws(DiskError) -> Result
    ) throws(DiskError) -> Result {
        guard isOn else { throw DiskError(.failed(Power.lost), operation: "read", path: path) }
        return try body()
    }

    /// The number of the error; no system has it.
    private static let lost: Int32 = 9_999
}
