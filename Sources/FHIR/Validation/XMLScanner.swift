/// Splits XHTML into tags, texts and entities. Comments are skipped; declarations, processing
/// instructions and CDATA are malformed here, for narrative has no use for them.
struct XMLScanner {
    enum Token {
        case start(Tag)
        case end(String)
        case text(isBlank: Bool)
        case entity(String)
        case malformed
    }

    struct Tag {
        var name: String
        var attributes: [(name: String, value: [UInt8])] = []
        var isEmpty = false
    }

    /// Longest entity name: `#x10FFFF`, with room.
    private static let entityBytesMax = 16

    private let bytes: ArraySlice<UInt8>
    private var position: Int
    private var isMalformed = false

    init(_ bytes: ArraySlice<UInt8>) {
        self.bytes = bytes
        position = bytes.startIndex
    }

    mutating func next() -> Token? {
        guard !isMalformed, skipComments(), position < bytes.endIndex else {
            return isMalformed ? fail() : nil
        }
        switch bytes[position] {
        case UInt8(ascii: "<"):
            position += 1
            return take("/") ? endTag() : startTag()
        case UInt8(ascii: "&"): return entity()
        default: return text()
        }
    }

    /// The one malformed token, then the end.
    private mutating func fail() -> Token? {
        guard position <= bytes.endIndex else { return nil }
        position = bytes.endIndex + 1
        isMalformed = true
        return .malformed
    }

    private mutating func text() -> Token {
        var isBlank = true
        while position < bytes.endIndex, bytes[position] != UInt8(ascii: "<"),
            bytes[position] != UInt8(ascii: "&")
        {
            if !ASCII.isBlank(bytes[position]) { isBlank = false }
            position += 1
        }
        return .text(isBlank: isBlank)
    }

    private mutating func entity() -> Token? {
        position += 1
        let rest = bytes[position...].prefix(Self.entityBytesMax)
        guard let end = rest.firstIndex(of: UInt8(ascii: ";")), end > position else {
            return fail()
        }
        defer { position = end + 1 }
        return .entity(String(decoding: bytes[position..<end], as: UTF8.self))
    }

    private mutating func endTag() -> Token? {
        guard let name = name() else { return fail() }
        skipBlanks()
        return take(">") ? .end(name) : fail()
    }

    private mutating func startTag() -> Token? {
        guard let name = name() else { return fail() }
        var tag = Tag(name: name)
        while true {
            let before = position
            skipBlanks()
            if take(">") { return .start(tag) }
            if take("/") {
                tag.isEmpty = true
                return take(">") ? .start(tag) : fail()
            }
            guard position > before, let attribute = self.name(), equals(), let value = quoted()
            else { return fail() }
            tag.attributes.append((attribute, value))
        }
    }

    private mutating func equals() -> Bool {
        skipBlanks()
        guard take("=") else { return false }
        skipBlanks()
        return true
    }

    private mutating func quoted() -> [UInt8]? {
        guard position < bytes.endIndex,
            bytes[position] == UInt8(ascii: "\"") || bytes[position] == UInt8(ascii: "'")
        else { return nil }
        let rest = bytes[(position + 1)...]
        guard let end = rest.firstIndex(of: bytes[position]) else { return nil }
        let value = bytes[(position + 1)..<end]
        guard !value.contains(UInt8(ascii: "<")) else { return nil }
        position = end + 1
        return Array(value)
    }

    private mutating func name() -> String? {
        let start = position
        while position < bytes.endIndex {
            let byte = bytes[position]
            let isName =
                ASCII.isAlphanumeric(byte) || byte == UInt8(ascii: ":") || byte == UInt8(ascii: "-")
                || byte == UInt8(ascii: "_") || byte == UInt8(ascii: ".") || byte >= 0x80
            if !isName { break }
            position += 1
        }
        guard position > start, !ASCII.isDigit(bytes[start]) else { return nil }
        return String(decoding: bytes[start..<position], as: UTF8.self)
    }

    /// False inside a comment that does not end.
    private mutating func skipComments() -> Bool {
        while bytes[min(position, bytes.endIndex)...].starts(with: "<!--".utf8) {
            var at = position + 4
            while at < bytes.endIndex, !bytes[at...].starts(with: "-->".utf8) { at += 1 }
            guard at < bytes.endIndex else {
                isMalformed = true
                return false
            }
            position = at + 3
        }
        return true
    }

    private mutating func skipBlanks() {
        while position < bytes.endIndex, ASCII.isBlank(bytes[position]) { position += 1 }
    }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard position < bytes.endIndex, bytes[position] == UInt8(ascii: character) else {
            return false
        }
        position += 1
        return true
    }
}
