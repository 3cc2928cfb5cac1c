/// Hexadecimal by table (RFC 4648 section 8).
package enum Hex {
    private static let digits = Array("0123456789abcdef".utf8)

    /// Two lowercase digits a byte.
    package static func encode(_ bytes: some Sequence<UInt8>) -> String {
        var text = [UInt8]()
        for byte in bytes {
            text.append(digits[Int(byte >> 4)])
            text.append(digits[Int(byte & 15)])
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// Lowercase digits only, an even number of them; else `nil`. One value has one text.
    package static func decode(_ text: String) -> [UInt8]? {
        var bytes = [UInt8]()
        var high: UInt8?
        for character in text.utf8 {
            let value: UInt8
            switch character {
            case 0x30...0x39: value = character - 0x30
            case 0x61...0x66: value = character - 0x61 + 10
            default: return nil
            }
            if let first = high {
                bytes.append(first << 4 | value)
                high = nil
            } else {
                high = value
            }
        }
        return high == nil ? bytes : nil
    }
}

/// Base64 (RFC 4648 sections 4 and 5), strict: one value has one text.
package enum Base64 {
    private static let standard = Array(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    private static let url = Array(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)

    /// With padding, alphabet of section 4.
    package static func encode(_ bytes: [UInt8]) -> String {
        text(bytes, alphabet: standard, padded: true)
    }

    /// Without padding, alphabet of section 5.
    package static func encodeURL(_ bytes: [UInt8]) -> String {
        text(bytes, alphabet: url, padded: false)
    }

    /// Reads what `encode` writes; anything else gives `nil`.
    package static func decode(_ text: String) -> [UInt8]? {
        guard let bytes = bytes(text, alphabet: standard), encode(bytes) == text else { return nil }
        return bytes
    }

    /// Reads what `encodeURL` writes; anything else gives `nil`.
    package static func decodeURL(_ text: String) -> [UInt8]? {
        guard let bytes = bytes(text, alphabet: url), encodeURL(bytes) == text else { return nil }
        return bytes
    }

    private static func text(_ bytes: [UInt8], alphabet: [UInt8], padded: Bool) -> String {
        var result = [UInt8]()
        result.reserveCapacity((bytes.count + 2) / 3 * 4)
        var position = 0
        while position < bytes.count {
            let rest = bytes.count - position
            let first = UInt32(bytes[position]) << 16
            let second = rest > 1 ? UInt32(bytes[position + 1]) << 8 : 0
            let third = rest > 2 ? UInt32(bytes[position + 2]) : 0
            let group = first | second | third
            result.append(alphabet[Int(group >> 18 & 63)])
            result.append(alphabet[Int(group >> 12 & 63)])
            if rest > 1 { result.append(alphabet[Int(group >> 6 & 63)]) }
            if rest > 2 { result.append(alphabet[Int(group & 63)]) }
            if padded, rest < 3 {
                result.append(contentsOf: repeatElement(UInt8(ascii: "="), count: 3 - rest))
            }
            position += 3
        }
        return String(decoding: result, as: UTF8.self)
    }

    private static func bytes(_ text: String, alphabet: [UInt8]) -> [UInt8]? {
        var table = [UInt8](repeating: 255, count: 256)
        for (value, character) in alphabet.enumerated() {
            table[Int(character)] = UInt8(truncatingIfNeeded: value)
        }
        var result = [UInt8]()
        var group: UInt32 = 0
        var bits = 0
        for character in text.utf8 where character != UInt8(ascii: "=") {
            let value = table[Int(character)]
            guard value != 255 else { return nil }
            group = group << 6 | UInt32(value)
            bits += 6
            if bits >= 8 {
                bits -= 8
                result.append(UInt8(truncatingIfNeeded: group >> UInt32(bits)))
            }
        }
        return result
    }
}
