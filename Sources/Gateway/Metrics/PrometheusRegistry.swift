package import CoreMetrics
import Synchronization

/// Keeps every metric of the process and writes them as Prometheus reads them: swift-metrics'
/// backend, and where the gateway counts by itself.
///
/// Labels are few and closed (route pattern, method, status), and the number of series is bounded:
/// what comes beyond is counted nowhere, and `cairn_metrics_series_refused` says so.
package final class PrometheusRegistry: MetricsFactory {
    private let state = Mutex(State())

    private struct State {
        var counters: [SeriesName: CounterInstrument] = [:]
        var gauges: [SeriesName: GaugeInstrument] = [:]
        var histograms: [SeriesName: HistogramInstrument] = [:]
        var collectors: [@Sendable (PrometheusRegistry) -> Void] = []
        var refused = 0

        var count: Int { counters.count + gauges.count + histograms.count }
    }

    package init() {}

    /// Runs before every scrape, to read gauges off whatever they measure.
    package func onScrape(_ collect: @escaping @Sendable (PrometheusRegistry) -> Void) {
        state.withLock { $0.collectors.append(collect) }
    }

    /// The counter of this name and these labels; made where there is none.
    package func counter(
        _ name: String, _ labels: [(String, String)] = []
    ) -> CounterInstrument {
        find(SeriesName(name, labels), \.counters) { CounterInstrument() }
    }

    /// The gauge of this name and these labels; made where there is none.
    package func gauge(_ name: String, _ labels: [(String, String)] = []) -> GaugeInstrument {
        find(SeriesName(name, labels), \.gauges) { GaugeInstrument() }
    }

    /// The histogram of this name and these labels; `bounds` count when it is made.
    package func histogram(
        _ name: String, _ labels: [(String, String)] = [], bounds: [Double]
    ) -> HistogramInstrument {
        find(SeriesName(name, labels), \.histograms) { HistogramInstrument(bounds: bounds) }
    }

    private func find<Instrument: Sendable>(
        _ name: SeriesName,
        _ kind: any WritableKeyPath<State, [SeriesName: Instrument]> & Sendable,
        _ make: () -> Instrument
    ) -> Instrument {
        state.withLock { state in
            if let found = state[keyPath: kind][name] { return found }
            let made = make()
            guard state.count < GatewayLimits.metricSeriesMax else {
                state.refused += 1
                return made
            }
            state[keyPath: kind][name] = made
            return made
        }
    }

    /// The exposition, text format 0.0.4: by name and labels, so that two scrapes compare.
    package func text() -> [UInt8] {
        for collect in state.withLock({ $0.collectors }) { collect(self) }
        let (counters, gauges, histograms, refused) = state.withLock {
            ($0.counters, $0.gauges, $0.histograms, $0.refused)
        }
        var text = PrometheusText()
        text.write(counters.mapValues(\.current), kind: "counter")
        text.write(gauges.mapValues(\.current), kind: "gauge")
        text.write(histograms)
        text.write(
            [SeriesName("cairn_metrics_series_refused", []): Double(refused)], kind: "gauge")
        return text.bytes
    }

    // MARK: swift-metrics

    /// A counter, for swift-metrics.
    package func makeCounter(
        label: String, dimensions: [(String, String)]
    ) -> any CounterHandler { counter(label, dimensions) }

    /// A counter of fractions, for swift-metrics.
    package func makeFloatingPointCounter(
        label: String, dimensions: [(String, String)]
    ) -> any FloatingPointCounterHandler { counter(label, dimensions) }

    /// A gauge, for swift-metrics.
    package func makeMeter(
        label: String, dimensions: [(String, String)]
    ) -> any MeterHandler { gauge(label, dimensions) }

    /// A gauge, or a histogram of sizes where values are to be aggregated.
    package func makeRecorder(
        label: String, dimensions: [(String, String)], aggregate: Bool
    ) -> any RecorderHandler {
        guard aggregate else { return gauge(label, dimensions) }
        return histogram(label, dimensions, bounds: HistogramInstrument.bytesBounds)
    }

    /// A histogram of seconds, for swift-metrics.
    package func makeTimer(
        label: String, dimensions: [(String, String)]
    ) -> any TimerHandler {
        histogram(label, dimensions, bounds: HistogramInstrument.secondsBounds)
    }

    // Series stay: a counter that vanishes and returns at zero misleads whoever reads the figures.
    /// Keeps the series.
    package func destroyCounter(_ handler: any CounterHandler) {}
    /// Keeps the series.
    package func destroyFloatingPointCounter(_ handler: any FloatingPointCounterHandler) {}
    /// Keeps the series.
    package func destroyMeter(_ handler: any MeterHandler) {}
    /// Keeps the series.
    package func destroyRecorder(_ handler: any RecorderHandler) {}
    /// Keeps the series.
    package func destroyTimer(_ handler: any TimerHandler) {}
}
