import HTTPTypes
import Node

/// One range of bytes (RFC 9110 section 14.1.2).
enum ByteRange {
    /// The range that a `Range` field asks for; `nil` for the whole: without a field, with another
    /// unit or with several ranges, which a server may answer with everything.
    ///
    /// - Throws: `rangeNotSatisfiable` where the range lies beyond the end.
    static func parse(_ field: String?, sizeBytes: Int) throws -> Range<Int>? {
        guard let field, field.prefix(6).lowercased() == "bytes=" else { return nil }
        let text = String(decoding: field.utf8.dropFirst(6), as: UTF8.self)
        guard !text.utf8.contains(UInt8(ascii: ",")) else { return nil }
        let parts = text.split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, let first = number(parts[0]), let last = number(parts[1]) else {
            return nil
        }
        switch (first, last) {
        case (nil, nil): return nil
        case (nil, let count?):
            guard count > 0, sizeBytes > 0 else { throw beyond }
            return max(0, sizeBytes - count)..<sizeBytes
        case (let start?, let end):
            if let end, end < start { return nil }
            guard start < sizeBytes else { throw beyond }
            // Compared before one is added: the last byte may be named as the largest number.
            return start..<(min(end ?? sizeBytes - 1, sizeBytes - 1) + 1)
        }
    }

    static let beyond = NodeError(
        .rangeNotSatisfiable, "the range lies beyond the end of the file",
        hint: "ask without Range, or see Content-Range for the size")

    /// `.some(nil)` for nothing; `nil` for what is no number.
    private static func number(_ text: Substring) -> Int?? {
        if text.isEmpty { return .some(nil) }
        guard text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        // No file is as long as a number beyond Int names.
        return .some(Int(text) ?? .max)
    }
}
