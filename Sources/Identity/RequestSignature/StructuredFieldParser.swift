import LedgerCore

/// A strict parser of dictionary structured fields (RFC 8941 section 4.2.2).
///
/// Stricter than the RFC where it lets two texts mean one thing: repeated names and bytes that are
/// not canonical base64 are refused. Every length is bounded by the input, which is bounded here.
struct StructuredFieldParser {
    /// `Signature-Input` of our profile has about 400 bytes; other labels may stand beside it.
    static let sizeBytesMax = 8_192
    static let membersMax = 8
    static let listItemsMax = 32
    static let parametersMax = 16
    /// RFC 8941 section 3.3.1: at most 15 digits.
    static let integerDigitsMax = 15

    /// Any departure from the grammar or a limit; which one is nobody's business.
    struct Malformed: Error {}

    private let bytes: [UInt8]
    private var position = 0

    /// The members of a dictionary in order.
    static func dictionary(
        _ text: String
    ) throws(Malformed) -> [(name: String, member: StructuredMember)] {
        var bytes = Array(text.utf8)
        guard bytes.count <= sizeBytesMax else { throw Malformed() }
        while bytes.last == space { bytes.removeLast() }
        var parser = StructuredFieldParser(bytes: bytes)
        parser.skip { $0 == space }
        var members = [(name: String, member: StructuredMember)]()
        while parser.peek != nil {
            let name = try parser.key()
            guard members.count < membersMax, !members.contains(where: { $0.name == name }) else {
                throw Malformed()
            }
            members.append((name, try parser.member()))
            parser.skip { $0 == space || $0 == tab }
            guard parser.peek != nil else { break }
            try parser.expect(UInt8(ascii: ","))
            parser.skip { $0 == space || $0 == tab }
            guard parser.peek != nil else { throw Malformed() }
        }
        return members
    }

    private init(bytes: [UInt8]) { self.bytes = bytes }

    private static let space = UInt8(ascii: " ")
    private static let tab = UInt8(ascii: "\t")

    private var peek: UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func next() throws(Malformed) -> UInt8 {
        guard let byte = peek else { throw Malformed() }
        position += 1
        return byte
    }

    private mutating func accept(_ byte: UInt8) -> Bool {
        guard peek == byte else { return false }
        position += 1
        return true
    }

    private mutating func expect(_ byte: UInt8) throws(Malformed) {
        guard accept(byte) else { throw Malformed() }
    }

    private mutating func skip(while matches: (UInt8) -> Bool) { _ = take(while: matches) }

    private mutating func take(while matches: (UInt8) -> Bool) -> ArraySlice<UInt8> {
        let start = position
        while let byte = peek, matches(byte) { position += 1 }
        return bytes[start..<position]
    }

    private mutating func key() throws(Malformed) -> String {
        guard let first = peek, ASCII.isLower(first) || first == UInt8(ascii: "*") else {
            throw Malformed()
        }
        let text = take {
            ASCII.isLower($0) || ASCII.isDigit($0) || "_-.*".utf8.contains($0)
        }
        return String(decoding: text, as: UTF8.self)
    }

    private mutating func member() throws(Malformed) -> StructuredMember {
        guard accept(UInt8(ascii: "=")) else {
            let parameters = try parameters()
            return .value(StructuredValue(item: .boolean(true), parameters: parameters))
        }
        guard accept(UInt8(ascii: "(")) else { return .value(try value()) }
        var values = [StructuredValue]()
        while true {
            skip { $0 == StructuredFieldParser.space }
            if accept(UInt8(ascii: ")")) { return .list(values, try parameters()) }
            guard values.count < StructuredFieldParser.listItemsMax else { throw Malformed() }
            values.append(try value())
            guard peek == StructuredFieldParser.space || peek == UInt8(ascii: ")") else {
                throw Malformed()
            }
        }
    }

    private mutating func value() throws(Malformed) -> StructuredValue {
        let item = try item()
        return StructuredValue(item: item, parameters: try parameters())
    }

    private mutating func parameters() throws(Malformed) -> StructuredParameters {
        var result = StructuredParameters()
        while accept(UInt8(ascii: ";")) {
            skip { $0 == StructuredFieldParser.space }
            let name = try key()
            let value = accept(UInt8(ascii: "=")) ? try item() : .boolean(true)
            guard result[name] == nil,
                result.entries.count < StructuredFieldParser.parametersMax
            else { throw Malformed() }
            result.entries.append(.init(name: name, value: value))
        }
        return result
    }

    private mutating func item() throws(Malformed) -> StructuredItem {
        guard let first = peek else { throw Malformed() }
        switch first {
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: ":"): return .bytes(try byteSequence())
        case UInt8(ascii: "?"):
            position += 1
            switch try next() {
            case UInt8(ascii: "0"): return .boolean(false)
            case UInt8(ascii: "1"): return .boolean(true)
            default: throw Malformed()
            }
        case UInt8(ascii: "-"), 0x30...0x39: return .integer(try integer())
        default:
            guard ASCII.isLetter(first) || first == UInt8(ascii: "*") else { throw Malformed() }
            let text = take { ASCII.isTokenCharacter($0) || $0 == 0x3a || $0 == 0x2f }
            return .token(String(decoding: text, as: UTF8.self))
        }
    }

    private mutating func string() throws(Malformed) -> String {
        position += 1
        var result = [UInt8]()
        while true {
            let byte = try next()
            switch byte {
            case UInt8(ascii: "\""): return String(decoding: result, as: UTF8.self)
            case UInt8(ascii: "\\"):
                let escaped = try next()
                guard escaped == UInt8(ascii: "\"") || escaped == UInt8(ascii: "\\") else {
                    throw Malformed()
                }
                result.append(escaped)
            case 0x20...0x7e: result.append(byte)
            default: throw Malformed()
            }
        }
    }

    private mutating func byteSequence() throws(Malformed) -> [UInt8] {
        position += 1
        let text = take { $0 != UInt8(ascii: ":") }
        try expect(UInt8(ascii: ":"))
        guard let decoded = Base64.decode(String(decoding: text, as: UTF8.self)) else {
            throw Malformed()
        }
        return decoded
    }

    private mutating func integer() throws(Malformed) -> Int64 {
        let negative = accept(UInt8(ascii: "-"))
        let digits = take(while: ASCII.isDigit)
        // A point would make it a decimal.
        guard (1...StructuredFieldParser.integerDigitsMax).contains(digits.count),
            peek != UInt8(ascii: "."),
            let value = Int64(String(decoding: digits, as: UTF8.self))
        else { throw Malformed() }
        return negative ? -value : value
    }
}

/// Classes of bytes in HTTP grammar.
enum ASCII {
    static func isLower(_ byte: UInt8) -> Bool { (0x61...0x7a).contains(byte) }
    static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
    static func isLetter(_ byte: UInt8) -> Bool { isLower(byte | 0x20) }

    /// `tchar` of RFC 9110 section 5.6.2: methods and field names.
    static func isTokenCharacter(_ byte: UInt8) -> Bool {
        isLetter(byte) || isDigit(byte) || "!#$%&'*+-.^_`|~".utf8.contains(byte)
    }

    /// `a` to `z` for `A` to `Z`, other bytes as they are.
    static func lowercased(_ text: String) -> String {
        let bytes = text.utf8.map { (0x41...0x5a).contains($0) ? $0 | 0x20 : $0 }
        return String(decoding: bytes, as: UTF8.self)
    }
}
