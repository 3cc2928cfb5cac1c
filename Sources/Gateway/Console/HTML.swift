/// Builds HTML. Names are literals of this source and everything else is escaped, so that no text
/// of a record can become markup.
struct HTML {
    private(set) var bytes: [UInt8] = []

    typealias Attribute = (name: StaticString, value: String)

    init(capacityBytes: Int = 16 * 1024) { bytes.reserveCapacity(capacityBytes) }

    /// Markup of this source.
    mutating func raw(_ markup: StaticString) {
        markup.withUTF8Buffer { bytes.append(contentsOf: $0) }
    }

    mutating func text(_ text: String) { HTML.append(escaped: text, to: &bytes) }

    /// An element with content.
    mutating func element(
        _ name: StaticString, _ attributes: [Attribute] = [], _ content: (inout HTML) throws -> Void
    ) rethrows {
        open(name, attributes)
        try content(&self)
        raw("</")
        raw(name)
        raw(">")
    }

    /// An element with text alone.
    mutating func element(_ name: StaticString, _ text: String) {
        element(name, []) { $0.text(text) }
    }

    /// An element with text.
    mutating func element(_ name: StaticString, _ attributes: [Attribute], _ text: String) {
        element(name, attributes) { $0.text(text) }
    }

    /// An element without content and end tag: meta, link, input.
    mutating func void(_ name: StaticString, _ attributes: [Attribute]) { open(name, attributes) }

    private mutating func open(_ name: StaticString, _ attributes: [Attribute]) {
        raw("<")
        raw(name)
        for attribute in attributes {
            raw(" ")
            raw(attribute.name)
            raw("=\"")
            text(attribute.value)
            raw("\"")
        }
        raw(">")
    }

    /// The five characters that could end a text or an attribute.
    private static func append(escaped text: String, to bytes: inout [UInt8]) {
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "&"): bytes += Array("&amp;".utf8)
            case UInt8(ascii: "<"): bytes += Array("&lt;".utf8)
            case UInt8(ascii: ">"): bytes += Array("&gt;".utf8)
            case UInt8(ascii: "\""): bytes += Array("&quot;".utf8)
            case UInt8(ascii: "'"): bytes += Array("&#39;".utf8)
            default: bytes.append(byte)
            }
        }
    }
}
