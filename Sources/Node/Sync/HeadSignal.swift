import Ordering

/// The height of the newest applied block, for those who wait for the next.
package final class HeadSignal: Sendable {
    private let state: Watched<State>

    private struct State: Sendable {
        var height: UInt64
        var isClosed = false
    }

    package init(height: UInt64) { state = Watched(State(height: height)) }

    /// The height of the newest applied block.
    package var height: UInt64 { state.withLock { $0.height } }

    /// A block was applied.
    package func move(to height: UInt64) {
        state.change { $0.height = max($0.height, height) }
    }

    /// Nobody waits any longer.
    package func close() {
        state.change { $0.isClosed = true }
    }

    /// Waits until there is a block above `height`, at most so long.
    ///
    /// - Returns: whether there is one.
    package func wait(above height: UInt64, atMostMs ms: Int) async -> Bool {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { [state] in
                await state.wait { !$0.isClosed && $0.height <= height }
            }
            group.addTask { try? await Task.sleep(for: .milliseconds(ms)) }
            await group.next()
            group.cancelAll()
        }
        return self.height > height
    }
}
