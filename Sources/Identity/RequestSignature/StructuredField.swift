import LedgerCore

/// A bare item of a structured field (RFC 8941 section 3.3), without decimals: none of the fields
/// that Cairn reads has them.
enum StructuredItem: Hashable, Sendable {
    case integer(Int64)
    /// Printable ASCII.
    case string(String)
    case token(String)
    case bytes([UInt8])
    case boolean(Bool)

    /// Canonical text (section 4.1.3 to 4.1.9).
    var text: String {
        switch self {
        case .integer(let value): String(value)
        case .string(let value): StructuredItem.quoted(value)
        case .token(let value): value
        case .bytes(let value): ":\(Base64.encode(value)):"
        case .boolean(let value): value ? "?1" : "?0"
        }
    }

    private static func quoted(_ value: String) -> String {
        var result = [UInt8(ascii: "\"")]
        for byte in value.utf8 {
            if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") {
                result.append(UInt8(ascii: "\\"))
            }
            result.append(byte)
        }
        result.append(UInt8(ascii: "\""))
        return String(decoding: result, as: UTF8.self)
    }
}

/// Parameters in the order in which they were sent (section 3.1.2), no name twice.
struct StructuredParameters: Hashable, Sendable {
    struct Entry: Hashable, Sendable {
        let name: String
        let value: StructuredItem
    }

    var entries: [Entry]

    init(_ entries: [(String, StructuredItem)] = []) {
        self.entries = entries.map { Entry(name: $0.0, value: $0.1) }
    }

    subscript(name: String) -> StructuredItem? { entries.first { $0.name == name }?.value }

    func string(_ name: String) -> String? {
        guard case .string(let value)? = self[name] else { return nil }
        return value
    }

    /// Canonical text (section 4.1.1.2).
    var text: String {
        entries.reduce("") { text, entry in
            entry.value == .boolean(true)
                ? "\(text);\(entry.name)" : "\(text);\(entry.name)=\(entry.value.text)"
        }
    }
}

/// An item with its parameters.
struct StructuredValue: Hashable, Sendable {
    let item: StructuredItem
    let parameters: StructuredParameters

    var text: String { item.text + parameters.text }
}

/// A member of a dictionary (section 3.2): an item or an inner list.
enum StructuredMember: Hashable, Sendable {
    case value(StructuredValue)
    case list([StructuredValue], StructuredParameters)

    var text: String {
        switch self {
        case .value(let value): value.text
        case .list(let values, let parameters):
            "(\(values.map(\.text).joined(separator: " ")))\(parameters.text)"
        }
    }
}
