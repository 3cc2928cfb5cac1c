/// Text from elsewhere, made harmless for a terminal: a control character could move the cursor,
/// rewrite what stands there, or turn the order of letters around.
enum TerminalText {
    /// One line: each control and bidirectional-formatting character as `\u{…}`.
    static func escaped(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: isControl) else { return text }
        var result = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            if isControl(scalar) {
                result.append(contentsOf: "\\u{\(String(scalar.value, radix: 16))}".unicodeScalars)
            } else {
                result.append(scalar)
            }
        }
        return String(result)
    }

    /// JSON with the same meaning, in which those characters stand as `\uXXXX`. Strict JSON has
    /// them inside strings only, where the escape is allowed; line breaks between values stay.
    static func json(_ bytes: [UInt8]) -> [UInt8] {
        let text = String(decoding: bytes, as: UTF8.self)
        let isHarmless = { (scalar: Unicode.Scalar) in
            !isControl(scalar) || scalar == "\n" || scalar == "\r" || scalar == "\t"
        }
        guard !text.unicodeScalars.allSatisfy(isHarmless) else { return bytes }
        var result = [UInt8]()
        for scalar in text.unicodeScalars {
            if isHarmless(scalar) {
                result += UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter
            } else {
                let digits = String(scalar.value, radix: 16)
                result += "\\u\(String(repeating: "0", count: 4 - digits.utf8.count))\(digits)".utf8
            }
        }
        return result
    }

    private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0..<0x20, 0x7f..<0xa0, 0x200e, 0x200f, 0x202a...0x202e, 0x2066...0x2069, 0x2028,
            0x2029, 0xfeff:
            true
        default: false
        }
    }
}
