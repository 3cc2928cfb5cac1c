import Foundation

/// JSON whose numbers keep the text they were written with. Slow and plain: the yardstick for a
/// server that promises to keep every digit.
indirect enum JSONText: Hashable, Sendable {
    case object([String: JSONText])
    case array([JSONText])
    case string(String)
    case number(String)
    case literal(String)

    struct Malformed: Error { let at: Int }

    init(_ data: Data) throws {
        var parser = Parser(bytes: [UInt8](data))
        self = try parser.value()
        parser.skipSpace()
        guard parser.at == parser.bytes.count else { throw Malformed(at: parser.at) }
    }

    subscript(_ name: String) -> JSONText? {
        if case .object(let members) = self { members[name] } else { nil }
    }

    var text: String? {
        switch self {
        case .string(let text), .number(let text), .literal(let text): text
        case .object, .array: nil
        }
    }

    var items: [JSONText] { if case .array(let items) = self { items } else { [] } }

    /// Without these members at the top.
    func without(_ names: String...) -> JSONText {
        guard case .object(var members) = self else { return self }
        for name in names { members[name] = nil }
        return .object(members)
    }

    /// With every member `reference` put through `change`, at any depth.
    func mapReferences(_ change: (String) -> String) -> JSONText {
        switch self {
        case .object(let members):
            .object(
                members.reduce(into: [:]) { result, member in
                    if member.key == "reference", case .string(let text) = member.value {
                        result[member.key] = .string(change(text))
                    } else {
                        result[member.key] = member.value.mapReferences(change)
                    }
                })
        case .array(let items): .array(items.map { $0.mapReferences(change) })
        default: self
        }
    }

    /// One spelling for equal values: members sorted by name.
    var canonical: String {
        var text = ""
        write(to: &text)
        return text
    }

    private func write(to text: inout String) {
        switch self {
        case .object(let members):
            text += "{"
            for (name, value) in members.sorted(by: { $0.key < $1.key }) {
                text += "\(name.debugDescription):"
                value.write(to: &text)
                text += ","
            }
            text += "}"
        case .array(let items):
            text += "["
            for item in items {
                item.write(to: &text)
                text += ","
            }
            text += "]"
        case .string(let string): text += string.debugDescription
        case .number(let number): text += number
        case .literal(let word): text += word
        }
    }
}

extension JSONText {
    fileprivate struct Parser {
        let bytes: [UInt8]
        var at = 0

        init(bytes: [UInt8]) { self.bytes = bytes }

        var next: UInt8? { at < bytes.count ? bytes[at] : nil }

        mutating func skipSpace() {
            while let byte = next, byte == 0x20 || byte == 0x0a || byte == 0x0d || byte == 0x09 {
                at += 1
            }
        }

        mutating func take(_ mark: Character) throws {
            skipSpace()
            guard next == mark.asciiValue else { throw Malformed(at: at) }
            at += 1
        }

        mutating func value() throws -> JSONText {
            skipSpace()
            switch next {
            case UInt8(ascii: "{"): return try object()
            case UInt8(ascii: "["): return try array()
            case UInt8(ascii: "\""): return .string(try string())
            default: return try word()
            }
        }

        private mutating func object() throws -> JSONText {
            var members: [String: JSONText] = [:]
            try take("{")
            skipSpace()
            while next != UInt8(ascii: "}") {
                if !members.isEmpty { try take(",") }
                skipSpace()
                let name = try string()
                try take(":")
                guard members.updateValue(try value(), forKey: name) == nil else {
                    throw Malformed(at: at)
                }
                skipSpace()
            }
            at += 1
            return .object(members)
        }

        private mutating func array() throws -> JSONText {
            var items: [JSONText] = []
            try take("[")
            skipSpace()
            while next != UInt8(ascii: "]") {
                if !items.isEmpty { try take(",") }
                items.append(try value())
                skipSpace()
            }
            at += 1
            return .array(items)
        }

        /// Escapes are left to Foundation, for strings that have one.
        private mutating func string() throws -> String {
            let start = at
            try take("\"")
            var isEscaped = false
            while let byte = next, byte != UInt8(ascii: "\"") {
                if byte == UInt8(ascii: "\\") {
                    isEscaped = true
                    at += 1
                }
                at += 1
            }
            guard next != nil else { throw Malformed(at: at) }
            at += 1
            guard isEscaped else {
                return String(decoding: bytes[(start + 1)..<(at - 1)], as: UTF8.self)
            }
            let array = Data([UInt8(ascii: "[")] + bytes[start..<at] + [UInt8(ascii: "]")])
            guard let text = try JSONSerialization.jsonObject(with: array) as? [String] else {
                throw Malformed(at: start)
            }
            return text.joined()
        }

        private mutating func word() throws -> JSONText {
            let start = at
            while let byte = next, byte > 0x20, !",]}".utf8.contains(byte) { at += 1 }
            guard at > start else { throw Malformed(at: at) }
            let text = String(decoding: bytes[start..<at], as: UTF8.self)
            if ["true", "false", "null"].contains(text) { return .literal(text) }
            guard Double(text) != nil else { throw Malformed(at: start) }
            return .number(text)
        }
    }
}
