/// Reads a generated table: lines of words with single blanks between.
struct LineReader {
    let bytes: [UInt8]
    private var position = 0

    init(_ text: StaticString) {
        bytes = Array(UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    /// The words of the next line.
    mutating func nextLine() -> [Range<Int>]? {
        guard position < bytes.count else { return nil }
        var words: [Range<Int>] = []
        var start = position
        while position < bytes.count, bytes[position] != 0x0A {
            if bytes[position] == 0x20 {
                words.append(start..<position)
                start = position + 1
            }
            position += 1
        }
        words.append(start..<position)
        position += 1
        return words
    }

    func text(_ range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }

    func number(_ range: Range<Int>) -> Int {
        range.reduce(0) { $0 * 10 + Int(bytes[$1] &- 0x30) }
    }

    /// The parts of a word between separators.
    func split(_ range: Range<Int>, at separator: UInt8) -> [Range<Int>] {
        bytes[range].split(separator: separator).map { $0.startIndex..<$0.endIndex }
    }
}
