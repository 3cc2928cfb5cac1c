import Synchronization

/// The instruments of requests of one kind, looked up by name once.
final class RequestSeries: Sendable {
    /// What tells one kind from another: all of it from closed lists but the status, which the
    /// registry bounds.
    struct Kind: Hashable, Sendable {
        let pattern: String
        let method: String
        let status: Int
    }

    struct Instruments: Sendable {
        let count: CounterInstrument
        let seconds: HistogramInstrument
        let bytesIn: CounterInstrument
        let bytesOut: CounterInstrument
    }

    private let metrics: PrometheusRegistry
    private let known = Mutex<[Kind: Instruments]>([:])

    init(_ metrics: PrometheusRegistry) { self.metrics = metrics }

    /// The instruments of a kind.
    func instruments(_ kind: Kind) -> Instruments {
        if let found = known.withLock({ $0[kind] }) { return found }
        let route = [("route", kind.pattern), ("method", kind.method)]
        let made = Instruments(
            count: metrics.counter(
                "cairn_http_requests_total", route + [("status", String(kind.status))]),
            seconds: metrics.histogram(
                "cairn_http_request_seconds", route, bounds: HistogramInstrument.secondsBounds),
            bytesIn: metrics.counter("cairn_http_request_bytes_total"),
            bytesOut: metrics.counter("cairn_http_response_bytes_total"))
        known.withLock { known in
            if known.count < GatewayLimits.metricSeriesMax { known[kind] = made }
        }
        return made
    }
}
