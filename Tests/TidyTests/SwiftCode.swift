/// Swift source with comments and string literals blanked, so that a rule sees code alone.
///
/// Bytes keep their places and lines their numbers. Code inside an interpolation stays. Regular
/// expression literals are not known.
struct SwiftCode {
    let bytes: [UInt8]

    init(_ text: String) {
        var blanking = Blanking(source: Array(text.utf8))
        blanking.code(insideInterpolation: false)
        bytes = blanking.out
    }

    /// Takes what was blanked before.
    init(blanked: [UInt8]) { bytes = blanked }

    /// The code's lines.
    var lines: [String] {
        bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
            .map { String(decoding: $0, as: UTF8.self) }
    }

    /// The 1-based line of a byte.
    func line(at offset: Int) -> Int {
        bytes[..<offset].count { $0 == UInt8(ascii: "\n") } + 1
    }

    /// Where `token` stands; not as the end of a longer word, nor after a dot.
    func offsets(of token: String) -> [Int] {
        let wanted = Array(token.utf8)
        guard let first = wanted.first, bytes.count >= wanted.count else { return [] }
        var found: [Int] = []
        for start in 0...(bytes.count - wanted.count) where bytes[start] == first {
            guard bytes[start..<start + wanted.count].elementsEqual(wanted) else { continue }
            let startsInWord = SwiftCode.isWord(first) || first == UInt8(ascii: ".")
            if startsInWord, start > 0, first != UInt8(ascii: "."),
                SwiftCode.isWord(bytes[start - 1]) || bytes[start - 1] == UInt8(ascii: ".")
            {
                continue
            }
            found.append(start)
        }
        return found
    }

    /// Every word with the offset of its first byte.
    var words: [(text: String, offset: Int)] {
        var found: [(String, Int)] = []
        var position = 0
        while position < bytes.count {
            guard SwiftCode.isWord(bytes[position]) else {
                position += 1
                continue
            }
            let start = position
            while position < bytes.count, SwiftCode.isWord(bytes[position]) { position += 1 }
            found.append((String(decoding: bytes[start..<position], as: UTF8.self), start))
        }
        return found
    }

    static func isWord(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), 0x80...:
            true
        default: false
        }
    }
}

private struct Blanking {
    let source: [UInt8]
    var out: [UInt8]
    var position = 0

    init(source: [UInt8]) {
        self.source = source
        out = source
    }

    private func at(_ text: StaticString, _ offset: Int = 0) -> Bool {
        let start = position + offset
        guard start + text.utf8CodeUnitCount <= source.count else { return false }
        return (0..<text.utf8CodeUnitCount).allSatisfy {
            source[start + $0] == text.utf8Start[$0]
        }
    }

    private mutating func blank(_ count: Int) {
        for _ in 0..<count where position < source.count {
            if source[position] != UInt8(ascii: "\n") { out[position] = UInt8(ascii: " ") }
            position += 1
        }
    }

    mutating func code(insideInterpolation: Bool) {
        var depth = 0
        while position < source.count {
            if at("//") {
                while position < source.count, !at("\n") { blank(1) }
            } else if at("/*") {
                comment()
            } else if let hashes = stringStart() {
                string(hashes: hashes)
            } else {
                if at("(") { depth += 1 }
                if at(")") {
                    if insideInterpolation, depth == 0 { return }
                    depth -= 1
                }
                position += 1
            }
        }
    }

    private mutating func comment() {
        var depth = 0
        repeat {
            if at("/*") {
                depth += 1
                blank(2)
            } else if at("*/") {
                depth -= 1
                blank(2)
            } else {
                blank(1)
            }
        } while depth > 0 && position < source.count
    }

    /// The number of `#` before a quotation mark here, or `nil` where no literal starts.
    private func stringStart() -> Int? {
        var hashes = 0
        while at("#", hashes) { hashes += 1 }
        return at("\"", hashes) ? hashes : nil
    }

    private mutating func string(hashes: Int) {
        blank(hashes)
        let quotes = at("\"\"\"") ? 3 : 1
        blank(quotes)
        func follows(_ offset: Int) -> Bool { (0..<hashes).allSatisfy { at("#", offset + $0) } }
        while position < source.count {
            let closes = quotes == 3 ? at("\"\"\"") : at("\"") || at("\n")
            if closes, at("\n") || follows(quotes) {
                blank(at("\n") ? 0 : quotes + hashes)
                return
            }
            if at("\\"), follows(1) {
                let interpolates = at("(", 1 + hashes)
                blank(2 + hashes)
                if interpolates {
                    code(insideInterpolation: true)
                    blank(1)
                }
            } else {
                blank(1)
            }
        }
    }
}
