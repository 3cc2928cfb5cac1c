/// Finds the end of a string token: checks escapes, control characters and UTF-8 on the way.
enum JSONStringScanner {
    /// From the opening quotation mark at `start` to past the closing one.
    static func scan(
        _ base: UnsafePointer<UInt8>, from start: Int, count: Int
    ) throws(JSONError) -> (end: Int, escaped: Bool) {
        var position = start + 1
        var escaped = false
        while true {
            position = skipPlain(base, from: position, count: count)
            guard position < count else { throw JSONError(.unexpectedEnd, at: count) }
            let byte = base[position]
            if byte == UInt8(ascii: "\"") {
                return (position + 1, escaped)
            } else if byte == UInt8(ascii: "\\") {
                escaped = true
                position = try skipEscape(base, from: position, count: count)
            } else if byte < 0x20 {
                throw JSONError(.controlCharacter, at: position)
            } else {
                let length = UTF8Sequence.length(base, at: position, count: count)
                guard length > 0 else { throw JSONError(.invalidUTF8, at: position) }
                position += length
            }
        }
    }

    /// Skip printable ASCII but `"` and `\`, eight bytes at a time.
    @inline(__always)
    private static func skipPlain(
        _ base: UnsafePointer<UInt8>, from start: Int, count: Int
    ) -> Int {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let highs: UInt64 = 0x8080_8080_8080_8080
        var position = start
        while position + 8 <= count {
            let word = UInt64(
                littleEndian: UnsafeRawPointer(base + position).loadUnaligned(as: UInt64.self))
            let quote = word ^ (ones &* 0x22)
            let backslash = word ^ (ones &* 0x5C)
            // A byte's high bit ends up set where it is below 0x20, equal to one of the two, or
            // not ASCII; the lowest such bit is always right (borrows only travel upwards).
            let special =
                ((word &- ones &* 0x20) | (quote &- ones) | (backslash &- ones) | word) & highs
            if special != 0 {
                return position + special.trailingZeroBitCount / 8
            }
            position += 8
        }
        while position < count {
            let byte = base[position]
            if byte < 0x20 || byte == 0x22 || byte == 0x5C || byte >= 0x80 { return position }
            position += 1
        }
        return position
    }

    private static func skipEscape(
        _ base: UnsafePointer<UInt8>, from start: Int, count: Int
    ) throws(JSONError) -> Int {
        guard start + 1 < count else { throw JSONError(.unexpectedEnd, at: count) }
        switch base[start + 1] {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"),
            UInt8(ascii: "f"), UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
            return start + 2
        case UInt8(ascii: "u"):
            let unit = try codeUnit(base, at: start, count: count)
            if unit & 0xFC00 == 0xDC00 { throw JSONError(.loneSurrogate, at: start) }
            guard unit & 0xFC00 == 0xD800 else { return start + 6 }
            guard start + 8 <= count, base[start + 6] == UInt8(ascii: "\\"),
                base[start + 7] == UInt8(ascii: "u")
            else { throw JSONError(.loneSurrogate, at: start) }
            let low = try codeUnit(base, at: start + 6, count: count)
            guard low & 0xFC00 == 0xDC00 else { throw JSONError(.loneSurrogate, at: start) }
            return start + 12
        default:
            throw JSONError(.badEscape, at: start)
        }
    }

    /// The number in `\uXXXX` at `start`.
    private static func codeUnit(
        _ base: UnsafePointer<UInt8>, at start: Int, count: Int
    ) throws(JSONError) -> UInt32 {
        guard start + 6 <= count else { throw JSONError(.unexpectedEnd, at: count) }
        var value: UInt32 = 0
        for offset in 2..<6 {
            guard let digit = ASCII.hexValue(base[start + offset]) else {
                throw JSONError(.badEscape, at: start)
            }
            value = value << 4 | UInt32(digit)
        }
        return value
    }
}
