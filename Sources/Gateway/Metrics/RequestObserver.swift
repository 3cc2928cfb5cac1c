import FHIR
import HTTPTypes
import LedgerCore
import Logging

/// What is kept of a request: nothing that names a patient, a record or a query.
struct RequestRecord {
    let id: String
    let method: HTTPRequest.Method
    /// The route's pattern; paths themselves carry ids.
    var pattern = "unmatched"
    var person: Identifier?
    var status = 0
    var bytesIn = 0
    var bytesOut = 0
    /// The client went away before its body was complete.
    var isInterrupted = false

    init(id: String, method: HTTPRequest.Method) {
        self.id = id
        self.method = method
    }

    /// Methods are a label: anybody can make up more.
    var methodName: String {
        switch method {
        case .get, .head, .post, .put, .delete, .patch, .options: method.rawValue
        default: "other"
        }
    }
}

/// Counts each request and writes its line.
package struct RequestObserver: Sendable {
    let logger: Logger
    let metrics: PrometheusRegistry
    private let series: RequestSeries

    init(logger: Logger, metrics: PrometheusRegistry) {
        self.logger = logger
        self.metrics = metrics
        series = RequestSeries(metrics)
    }

    func observe(_ record: RequestRecord, took: Duration) {
        let seconds = Double(took.components.attoseconds) / 1e18 + Double(took.components.seconds)
        let instruments = series.instruments(
            RequestSeries.Kind(
                pattern: record.pattern, method: record.methodName, status: record.status))
        instruments.count.increment(by: Int64(1))
        instruments.seconds.record(seconds)
        instruments.bytesIn.increment(by: Int64(record.bytesIn))
        instruments.bytesOut.increment(by: Int64(record.bytesOut))
        var metadata: Logger.Metadata = [
            "method": "\(record.methodName)", "route": "\(record.pattern)",
            "status": .stringConvertible(record.status),
            "ms": .stringConvertible((seconds * 100_000).rounded() / 100),
            "request": "\(record.id)",
        ]
        if let person = record.person {
            metadata["person"] = "\(person.description.prefix(8))"
        }
        if record.isInterrupted { metadata["interrupted"] = .stringConvertible(true) }
        logger.log(level: record.status >= 500 ? .warning : .info, "request", metadata: metadata)
    }

    /// An error that no code foresaw: its type, and nothing of what it says.
    func unexpected(_ error: any Error, requestID: String) {
        metrics.counter("cairn_http_unexpected_errors_total").increment(by: Int64(1))
        logger.error(
            "unexpected error",
            metadata: ["incident": "\(requestID)", "type": "\(type(of: error))"])
    }
}
