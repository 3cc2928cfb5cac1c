import FHIR
package import Logging

/// Writes one JSON object a line: time, level, logger, message, then the metadata in alphabetical
/// order.
package struct JSONLogHandler: LogHandler {
    package var metadata: Logger.Metadata = [:]
    package var metadataProvider: Logger.MetadataProvider?
    package var logLevel: Logger.Level
    private let label: String
    private let sink: LogSink
    private let clock: @Sendable () -> UInt64

    /// - Parameter clock: milliseconds since 1970.
    package init(
        label: String, sink: LogSink, level: Logger.Level = .info,
        clock: @escaping @Sendable () -> UInt64
    ) {
        self.label = label
        self.sink = sink
        self.clock = clock
        logLevel = level
    }

    /// A logger that writes to `sink`.
    package static func logger(
        _ label: String, sink: LogSink, level: Logger.Level = .info,
        clock: @escaping @Sendable () -> UInt64
    ) -> Logger {
        Logger(label: label) { label in
            JSONLogHandler(label: label, sink: sink, level: level, clock: clock)
        }
    }

    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    /// Writes one line.
    package func log(event: LogEvent) {
        var writer = JSONWriter(capacityBytes: 256)
        writer.beginObject()
        writer.member("time", Instant.format(Int64(clamping: clock())))
        writer.member("level", event.level.rawValue)
        writer.member("logger", label)
        writer.member("message", "\(event.message)")
        let own = metadata.merging(metadataProvider?.get() ?? [:]) { _, new in new }
        let all = own.merging(event.metadata ?? [:]) { _, new in new }
        for (key, value) in all.sorted(by: { $0.key < $1.key }) {
            writer.key(key)
            JSONLogHandler.write(value, to: &writer)
        }
        writer.endObject()
        sink.write(writer.bytes + [UInt8(ascii: "\n")])
    }

    /// Numbers and booleans stay what they are.
    private static func write(_ value: Logger.MetadataValue, to writer: inout JSONWriter) {
        switch value {
        case .stringConvertible(let value as Int): writer.integer(value)
        case .stringConvertible(let value as Bool): writer.boolean(value)
        case .stringConvertible(let value as Double) where value.isFinite:
            writer.raw("\(value)".utf8)
        case .string, .stringConvertible: writer.string("\(value)")
        case .array(let values):
            writer.beginArray()
            for value in values { write(value, to: &writer) }
            writer.endArray()
        case .dictionary(let values):
            writer.beginObject()
            for (key, value) in values.sorted(by: { $0.key < $1.key }) {
                writer.key(key)
                write(value, to: &writer)
            }
            writer.endObject()
        }
    }
}
