/// Why a text is not acceptable JSON, and where. It never quotes the text: that is patient data.
package struct JSONError: Error, Equatable, Sendable, CustomStringConvertible {
    /// What is wrong.
    package enum Reason: String, Sendable {
        case empty = "the document is empty"
        case tooLarge = "the document is larger than the limit"
        case tooDeep = "values are nested deeper than the limit"
        case tooMany = "more values than the limit"
        case unexpectedEnd = "the document ends inside a value"
        case unexpectedByte = "a byte that cannot stand here"
        case trailingContent = "content after the end of the value"
        case badLiteral = "not one of true, false and null"
        case badNumber = "a malformed number"
        case badEscape = "a malformed escape sequence"
        case loneSurrogate = "half of a surrogate pair"
        case controlCharacter = "an unescaped control character in a string"
        case invalidUTF8 = "bytes that are not valid UTF-8"
        case duplicateKey = "the same key twice in one object"
    }

    /// What is wrong.
    package let reason: Reason
    /// Offset of the first offending byte.
    package let position: Int

    /// A reason and the offset of the first offending byte.
    package init(_ reason: Reason, at position: Int) {
        self.reason = reason
        self.position = position
    }

    /// Text for people: the reason and the position.
    package var description: String { "JSON: \(reason.rawValue) (at byte \(position))" }
}
