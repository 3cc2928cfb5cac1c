import FHIR

/// JSON laid out for reading; digits, order and escapes stay as they came.
enum PrettyJSON {
    static func format(_ view: JSONView) -> [UInt8] {
        var bytes = [UInt8]()
        bytes.reserveCapacity(view.range.count * 3 / 2)
        write(view, indent: 0, to: &bytes)
        return bytes
    }

    private static func write(_ view: JSONView, indent: Int, to bytes: inout [UInt8]) {
        switch view.kind {
        case .object:
            var isFirst = true
            for (key, value) in view.members {
                begin("{", isFirst: &isFirst, indent + 1, &bytes)
                bytes += key.rawBytes
                bytes += ": ".utf8
                write(value, indent: indent + 1, to: &bytes)
            }
            end("{", "}", isEmpty: isFirst, indent, &bytes)
        case .array:
            var isFirst = true
            for value in view.elements {
                begin("[", isFirst: &isFirst, indent + 1, &bytes)
                write(value, indent: indent + 1, to: &bytes)
            }
            end("[", "]", isEmpty: isFirst, indent, &bytes)
        case .string, .number, .boolean, .null:
            bytes += view.rawBytes
        }
    }

    private static func begin(
        _ open: String, isFirst: inout Bool, _ indent: Int, _ bytes: inout [UInt8]
    ) {
        bytes += (isFirst ? open : ",").utf8
        isFirst = false
        newLine(indent, &bytes)
    }

    private static func end(
        _ open: String, _ close: String, isEmpty: Bool, _ indent: Int, _ bytes: inout [UInt8]
    ) {
        if isEmpty { bytes += open.utf8 } else { newLine(indent, &bytes) }
        bytes += close.utf8
    }

    private static func newLine(_ indent: Int, _ bytes: inout [UInt8]) {
        bytes.append(0x0a)
        bytes.append(contentsOf: repeatElement(0x20, count: indent * 2))
    }
}
