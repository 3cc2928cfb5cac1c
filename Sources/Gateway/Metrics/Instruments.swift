import CoreMetrics
import Synchronization

/// A name and its labels: one line, or one histogram, of the exposition.
struct SeriesName: Hashable, Sendable {
    let name: String
    /// As given; the order is the caller's and always the same.
    let labels: [Label]

    struct Label: Hashable, Sendable {
        let name: String
        let value: String
    }

    init(_ name: String, _ dimensions: [(String, String)]) {
        self.name = PrometheusText.metricName(name)
        labels = dimensions.map {
            Label(name: PrometheusText.labelName($0.0), value: $0.1)
        }
    }
}

/// A value that only grows; also swift-metrics' two kinds of counter.
package final class CounterInstrument: CounterHandler, FloatingPointCounterHandler {
    private let value = Mutex(0.0)

    var current: Double { value.withLock { $0 } }
    /// Adds a whole amount.
    package func increment(by amount: Int64) { value.withLock { $0 += Double(amount) } }
    /// Adds an amount.
    package func increment(by amount: Double) { value.withLock { $0 += amount } }
    /// Begins at zero again.
    package func reset() { value.withLock { $0 = 0 } }
}

/// A value that goes up and down.
package final class GaugeInstrument: MeterHandler, RecorderHandler {
    private let value = Mutex(0.0)

    var current: Double { value.withLock { $0 } }
    /// Takes the place of the value before.
    package func set(_ value: Int64) { self.value.withLock { $0 = Double(value) } }
    /// Takes the place of the value before.
    package func set(_ value: Double) { self.value.withLock { $0 = value } }
    /// Adds an amount.
    package func increment(by amount: Double) { value.withLock { $0 += amount } }
    /// Takes an amount away.
    package func decrement(by amount: Double) { value.withLock { $0 -= amount } }
    /// The newest observation is the value.
    package func record(_ value: Int64) { set(value) }
    /// The newest observation is the value.
    package func record(_ value: Double) { set(value) }
}

/// Counts of observations by size, in fixed buckets.
package final class HistogramInstrument: RecorderHandler, TimerHandler {
    /// Upper bounds of durations in seconds: from a cached read to a patience's end.
    static let secondsBounds = [
        0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30,
    ]
    /// Upper bounds of sizes in bytes.
    static let bytesBounds: [Double] = [
        256, 1_024, 4_096, 16_384, 65_536, 262_144, 1_048_576, 16_777_216, 268_435_456,
    ]

    let bounds: [Double]
    private let state: Mutex<State>

    struct State: Sendable {
        /// By bucket, not yet summed up; the last one is beyond every bound.
        var counts: [Int]
        var sum = 0.0
    }

    init(bounds: [Double]) {
        self.bounds = bounds
        state = Mutex(State(counts: Array(repeating: 0, count: bounds.count + 1)))
    }

    var current: State { state.withLock { $0 } }

    /// Counts an observation.
    package func record(_ value: Int64) { record(Double(value)) }

    /// Counts an observation.
    package func record(_ value: Double) {
        let bucket = bounds.firstIndex { value <= $0 } ?? bounds.count
        state.withLock { state in
            state.counts[bucket] += 1
            state.sum += value
        }
    }

    /// Counts a duration; buckets and sum are in seconds.
    package func recordNanoseconds(_ duration: Int64) { record(Double(duration) / 1e9) }
}
