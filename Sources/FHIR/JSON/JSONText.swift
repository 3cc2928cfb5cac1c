/// Escaping and unescaping of string contents (RFC 8259, section 7).
enum JSONText {
    /// The UTF-8 that an escaped string stands for. The input has passed `JSONStringScanner`.
    static func unescape<Bytes: Collection>(_ raw: Bytes) -> [UInt8]
    where Bytes.Element == UInt8 {
        var text: [UInt8] = []
        text.reserveCapacity(raw.count)
        var rest = raw.makeIterator()
        while let byte = rest.next() {
            guard byte == UInt8(ascii: "\\"), let escape = rest.next() else {
                text.append(byte)
                continue
            }
            switch escape {
            case UInt8(ascii: "b"): text.append(0x08)
            case UInt8(ascii: "f"): text.append(0x0C)
            case UInt8(ascii: "n"): text.append(0x0A)
            case UInt8(ascii: "r"): text.append(0x0D)
            case UInt8(ascii: "t"): text.append(0x09)
            case UInt8(ascii: "u"): appendScalar(from: &rest, to: &text)
            default: text.append(escape)
            }
        }
        return text
    }

    private static func appendScalar<Iterator: IteratorProtocol>(
        from rest: inout Iterator, to text: inout [UInt8]
    ) where Iterator.Element == UInt8 {
        var value = codeUnit(from: &rest)
        if value & 0xFC00 == 0xD800 {
            _ = rest.next()
            _ = rest.next()
            value = 0x10000 + (value & 0x3FF) << 10 + codeUnit(from: &rest) & 0x3FF
        }
        if let scalar = Unicode.Scalar(value) {
            text.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
        }
    }

    private static func codeUnit<Iterator: IteratorProtocol>(
        from rest: inout Iterator
    ) -> UInt32 where Iterator.Element == UInt8 {
        var value: UInt32 = 0
        for _ in 0..<4 {
            value = value << 4 | UInt32(rest.next().flatMap(ASCII.hexValue) ?? 0)
        }
        return value
    }

    /// Append `text` as a JSON string, quotation marks included.
    static func appendQuoted<Bytes: Collection>(_ text: Bytes, to out: inout [UInt8])
    where Bytes.Element == UInt8 {
        out.append(UInt8(ascii: "\""))
        for byte in text {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"):
                out.append(UInt8(ascii: "\\"))
                out.append(byte)
            case 0x0A: out.append(contentsOf: "\\n".utf8)
            case 0x0D: out.append(contentsOf: "\\r".utf8)
            case 0x09: out.append(contentsOf: "\\t".utf8)
            case 0..<0x20:
                out.append(contentsOf: "\\u00".utf8)
                out.append(ASCII.hexDigit(byte >> 4))
                out.append(ASCII.hexDigit(byte & 0xF))
            default: out.append(byte)
            }
        }
        out.append(UInt8(ascii: "\""))
    }
}
