import FHIR

/// A JSON value that is put together before it is written.
indirect enum JSONTree: Sendable, Equatable {
    case text(String)
    case number(Int)
    case flag(Bool)
    case list([JSONTree])
    /// In this order.
    case object([(String, JSONTree)])

    static func == (left: JSONTree, right: JSONTree) -> Bool { left.bytes == right.bytes }

    var bytes: [UInt8] {
        var writer = JSONWriter(capacityBytes: 4_096)
        write(to: &writer)
        return writer.bytes
    }

    private func write(to writer: inout JSONWriter) {
        switch self {
        case .text(let text): writer.string(text)
        case .number(let number): writer.integer(number)
        case .flag(let flag): writer.boolean(flag)
        case .list(let values):
            writer.beginArray()
            for value in values { value.write(to: &writer) }
            writer.endArray()
        case .object(let members):
            writer.beginObject()
            for (name, value) in members {
                writer.key(name)
                value.write(to: &writer)
            }
            writer.endObject()
        }
    }
}
