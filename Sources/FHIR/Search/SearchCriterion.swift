/// One condition of a search: any of the terms may match.
package struct SearchCriterion: Sendable, Equatable {
    /// Most comma-separated alternatives of one criterion.
    package static let termsMax = 256

    /// What follows the colon of a parameter, where it is no type.
    package enum Modifier: Sendable, Equatable {
        case none
        /// `:exact`, `:contains` on strings.
        case exact, contains
        /// `:not` on tokens: none of the terms matches.
        case not
        /// `:missing`: the single term says whether there must be no value.
        case missing
    }

    /// The parameter, such as `birthdate`, `_id`, `_lastUpdated`.
    package let code: String
    /// How the terms are meant.
    package let modifier: Modifier
    /// The alternatives, at least one.
    package let terms: [SearchTerm]
    /// The decoded `name=value` with `%`, `&` and `+` escaped, for comparing criteria.
    let source: String

    init(
        type: String, name: String, value: String, base: ServerBase? = nil
    ) throws(SearchError) {
        let parts = name.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        let code = String(parts[0])
        let suffix = parts.count > 1 ? String(parts[1]) : nil
        let kind = try Self.kind(of: code, type: type, name: name)
        let (modifier, targetType) = try Self.modifier(suffix, kind: kind, name: name)
        let value = kind == .reference ? base.map { Self.own(value, $0) } ?? value : value
        guard !value.isEmpty else { throw SearchError(.malformedValue, name, "empty") }
        var terms: [SearchTerm] = []
        for part in EscapedText.split(value, at: ",") {
            guard terms.count < Self.termsMax else {
                throw SearchError(.tooMany, name, "more than \(Self.termsMax) alternatives")
            }
            let reader = TermReader(name: name, code: code, targetType: targetType)
            terms.append(
                try modifier == .missing ? reader.missing(part) : reader.term(part, kind: kind))
        }
        self.code = code
        self.modifier = modifier
        self.terms = terms
        source = name + "=" + Self.escape(value)
    }

    /// The same value, its references to the server's own resources written as `Type/id`.
    private static func own(_ value: String, _ base: ServerBase) -> String {
        EscapedText.split(value, at: ",").map { part in
            let text = String(decoding: part, as: UTF8.self)
            guard let own = base.resource(text), case .relative(_, _, nil) = ReferenceTarget(own)
            else { return text }
            return own
        }.joined(separator: ",")
    }

    /// Keeps `a=1&b=2` apart from an `a` of `1&b=2`, and a plus from a blank when it is read again.
    private static func escape(_ value: String) -> String {
        var escaped: [UInt8] = []
        for byte in value.utf8 {
            switch byte {
            case UInt8(ascii: "%"): escaped.append(contentsOf: "%25".utf8)
            case UInt8(ascii: "&"): escaped.append(contentsOf: "%26".utf8)
            case UInt8(ascii: "+"): escaped.append(contentsOf: "%2B".utf8)
            default: escaped.append(byte)
            }
        }
        return String(decoding: escaped, as: UTF8.self)
    }

    /// What the parameter compares.
    enum Kind { case token, string, date, reference, id }

    private static func kind(
        of code: String, type: String, name: String
    ) throws(SearchError) -> Kind {
        if code == "_id" { return .id }
        if code == "_lastUpdated" { return .date }
        guard let parameter = SearchTables.shared.parameter(code, of: type) else {
            throw SearchError(.unknownParameter, name, "not supported for \(type)")
        }
        switch parameter.kind {
        case .token: return .token
        case .string: return .string
        case .date: return .date
        case .reference: return .reference
        }
    }

    private static func modifier(
        _ suffix: String?, kind: Kind, name: String
    ) throws(SearchError) -> (Modifier, String?) {
        switch (suffix, kind) {
        case (nil, _): return (.none, nil)
        case ("missing", .token), ("missing", .string), ("missing", .date),
            ("missing", .reference):
            return (.missing, nil)
        case ("exact", .string): return (.exact, nil)
        case ("contains", .string): return (.contains, nil)
        case ("not", .token): return (.not, nil)
        case (let type?, .reference) where FHIRDefinitions.shared.isResourceType(type):
            return (.none, type)
        default: throw SearchError(.unsupportedModifier, name, "the modifier is not supported")
        }
    }
}
