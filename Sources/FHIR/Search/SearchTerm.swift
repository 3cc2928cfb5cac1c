/// How a date of a resource relates to the one of the query.
package enum DatePrefix: String, Sendable {
    case eq, ne, gt, lt, ge, le, sa, eb, ap
}

/// One alternative of a criterion.
package enum SearchTerm: Sendable, Equatable {
    /// `code`: any system.
    case code(String)
    /// `system|code`.
    case systemAndCode(system: String, code: String)
    /// `|code`: no system.
    case codeWithoutSystem(String)
    /// `system|`: any code of it.
    case system(String)
    /// A text, folded and as given. Without a modifier it must begin the value.
    case text(normalized: String, exact: String)
    case date(DatePrefix, lowMs: Int64, highMs: Int64)
    /// `Type/id` or `id`; the type is nil where neither value nor modifier tells it.
    case reference(type: String?, id: String)
    /// An absolute URL or a URN.
    case referenceURL(String)
    case id(String)
    /// `:missing=true`.
    case missing(Bool)
}

/// Reads the alternatives of one parameter.
struct TermReader {
    let name: String
    let code: String
    let targetType: String?

    func term(_ text: [UInt8], kind: SearchCriterion.Kind) throws(SearchError) -> SearchTerm {
        guard !text.isEmpty else {
            throw SearchError(.malformedValue, name, "an empty alternative")
        }
        switch kind {
        case .token: return try token(text)
        case .date: return try date(text)
        case .reference: return try reference(EscapedText.unescape(text))
        case .string:
            let exact = EscapedText.unescape(text)
            return .text(normalized: TextFolding.fold(exact), exact: exact)
        case .id:
            let id = EscapedText.unescape(text)
            guard ReferenceTarget.isID(id) else {
                throw SearchError(.malformedValue, name, "not a logical id")
            }
            return .id(id)
        }
    }

    func missing(_ text: [UInt8]) throws(SearchError) -> SearchTerm {
        if text.elementsEqual("true".utf8) { return .missing(true) }
        if text.elementsEqual("false".utf8) { return .missing(false) }
        throw SearchError(.malformedValue, name, "true or false")
    }

    private func token(_ text: [UInt8]) throws(SearchError) -> SearchTerm {
        let parts = EscapedText.split(text, at: "|").map { EscapedText.unescape($0) }
        guard parts.count <= 2 else {
            throw SearchError(.malformedValue, name, "more than one |")
        }
        guard parts.count == 2 else { return .code(parts[0]) }
        if parts[1].isEmpty {
            guard !parts[0].isEmpty else {
                throw SearchError(.malformedValue, name, "neither system nor code")
            }
            return .system(parts[0])
        }
        return parts[0].isEmpty
            ? .codeWithoutSystem(parts[1]) : .systemAndCode(system: parts[0], code: parts[1])
    }

    private func date(_ text: [UInt8]) throws(SearchError) -> SearchTerm {
        var prefix = DatePrefix.eq
        var rest = text[...]
        if let first = text.first, ASCII.isLetter(first) {
            guard let known = DatePrefix(rawValue: String(decoding: text.prefix(2), as: UTF8.self))
            else { throw SearchError(.unsupportedPrefix, name, "an unknown prefix") }
            prefix = known
            rest = text.dropFirst(2)
        }
        guard let range = DateTimeParser.parse(rest)?.range else {
            throw SearchError(.malformedValue, name, "not a date")
        }
        return .date(prefix, lowMs: range.lowMs, highMs: range.highMs)
    }

    private func reference(_ text: String) throws(SearchError) -> SearchTerm {
        if ReferenceTarget.isID(text) {
            return .reference(type: targetType ?? (code == "patient" ? "Patient" : nil), id: text)
        }
        let target = ReferenceTarget(text)
        if let targetType, let named = target.typeName, named != targetType {
            throw SearchError(.malformedValue, name, "modifier and value name different types")
        }
        switch target {
        case .relative(let type, let id, nil): return .reference(type: type, id: id)
        case .absolute(let url, _, _): return .referenceURL(url)
        case .urn(let urn): return .referenceURL(urn)
        default: throw SearchError(.malformedValue, name, "not a reference")
        }
    }
}

/// Values of search parameters, where `\` takes the meaning from `,`, `|`, `$` and `\`.
enum EscapedText {
    static func split(_ text: String, at separator: Unicode.Scalar) -> [[UInt8]] {
        split(Array(text.utf8), at: separator)
    }

    /// The parts, still escaped.
    static func split(_ text: [UInt8], at separator: Unicode.Scalar) -> [[UInt8]] {
        var parts: [[UInt8]] = [[]]
        var isEscaped = false
        for byte in text {
            if !isEscaped, byte == UInt8(ascii: separator) {
                parts.append([])
            } else {
                parts[parts.count - 1].append(byte)
            }
            isEscaped = !isEscaped && byte == UInt8(ascii: "\\")
        }
        return parts
    }

    static func unescape(_ text: [UInt8]) -> String {
        var plain: [UInt8] = []
        var isEscaped = false
        for byte in text {
            if !isEscaped, byte == UInt8(ascii: "\\") {
                isEscaped = true
                continue
            }
            if isEscaped, !"\\,|$".utf8.contains(byte) { plain.append(UInt8(ascii: "\\")) }
            plain.append(byte)
            isEscaped = false
        }
        if isEscaped { plain.append(UInt8(ascii: "\\")) }
        return String(decoding: plain, as: UTF8.self)
    }
}
