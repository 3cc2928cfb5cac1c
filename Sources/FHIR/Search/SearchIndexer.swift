/// Reads out of a resource what searches find it by. What is covered: see `SearchTables`.
package enum SearchIndexer {
    /// Most entries per resource. A resource with more (a huge CodeSystem) is found by the first.
    package static let entriesMax = 10_000

    /// The entries of a resource, without duplicates, in the order of parameters and document.
    package static func entries(of resource: JSONView) -> [SearchEntry] {
        guard let type = resource["resourceType"]?.string else { return [] }
        var entries: [SearchEntry] = []
        var known: Set<SearchEntry> = []
        for parameter in SearchTables.shared.parameters(of: type) {
            for path in parameter.paths {
                path.forEachValue(in: resource) { view in
                    for value in values(of: view, path: path, kind: parameter.kind) {
                        let entry = SearchEntry(parameter: parameter.code, value: value)
                        if entries.count < entriesMax, known.insert(entry).inserted {
                            entries.append(entry)
                        }
                    }
                }
            }
        }
        return entries
    }

    private static func values(
        of view: JSONView, path: SearchPath, kind: SearchKind
    ) -> [SearchValue] {
        switch kind {
        case .token: TokenExtraction.values(of: view, path: path)
        case .string: StringExtraction.values(of: view, datatype: path.datatype)
        case .date: DateExtraction.range(of: view, datatype: path.datatype).map { [$0] } ?? []
        case .reference: ReferenceExtraction.value(of: view, target: path.target).map { [$0] } ?? []
        }
    }
}

/// Tokens of the datatypes that R4 lets a token parameter point to.
enum TokenExtraction {
    static func values(of view: JSONView, path: SearchPath) -> [SearchValue] {
        switch path.datatype {
        case "CodeableConcept":
            guard let codings = view["coding"] else { return [] }
            return codings.elements.compactMap { pair($0, "system", "code") }
        case "Coding": return pair(view, "system", "code").map { [$0] } ?? []
        case "Identifier", "ContactPoint":
            return pair(view, "system", "value").map { [$0] } ?? []
        case "boolean":
            return view.bool.map { [.token(system: nil, code: $0 ? "true" : "false")] } ?? []
        default:
            return view.string.map { [.token(system: path.system, code: $0)] } ?? []
        }
    }

    private static func pair(_ view: JSONView, _ system: String, _ code: String) -> SearchValue? {
        view[code]?.string.map { .token(system: view[system]?.string, code: $0) }
    }
}

/// Texts of strings, names and addresses: every part counts by itself.
enum StringExtraction {
    private static let parts: [String: [String]] = [
        "HumanName": ["text", "family", "given", "prefix", "suffix"],
        "Address": ["text", "line", "city", "district", "state", "postalCode", "country"],
    ]

    static func values(of view: JSONView, datatype: String) -> [SearchValue] {
        guard let parts = parts[datatype] else { return value(view).map { [$0] } ?? [] }
        return parts.flatMap { part in
            view[part].map { $0.elementsOrSelf.compactMap(value) } ?? []
        }
    }

    private static func value(_ view: JSONView) -> SearchValue? {
        view.string.map { .string(normalized: TextFolding.fold($0), exact: $0) }
    }
}

/// Ranges of dates, periods and timings.
enum DateExtraction {
    static func range(of view: JSONView, datatype: String) -> SearchValue? {
        switch datatype {
        case "Period": return period(view)
        case "Timing": return timing(view)
        case "date", "dateTime", "instant":
            return point(view).map { .date(lowMs: $0.lowMs, highMs: $0.highMs) }
        default: return nil
        }
    }

    private static func point(_ view: JSONView) -> (lowMs: Int64, highMs: Int64)? {
        guard view.kind == .string else { return nil }
        return DateTimeParser.parse(view.utf8)?.range
    }

    /// A missing end is open.
    private static func period(_ view: JSONView) -> SearchValue? {
        let start = view["start"].flatMap(point)
        let end = view["end"].flatMap(point)
        guard start != nil || end != nil else { return nil }
        return .date(lowMs: start?.lowMs ?? .min, highMs: end?.highMs ?? .max)
    }

    /// From the first event to the last; else the bounds of the repetition.
    private static func timing(_ view: JSONView) -> SearchValue? {
        let events = view["event"]?.elements.compactMap(point) ?? []
        if let low = events.map(\.lowMs).min(), let high = events.map(\.highMs).max() {
            return .date(lowMs: low, highMs: high)
        }
        return view["repeat"]?["boundsPeriod"].flatMap(period)
    }
}

/// Literal references; contained and conditional ones are not searched by.
enum ReferenceExtraction {
    static func value(of view: JSONView, target: String?) -> SearchValue? {
        guard let text = view["reference"]?.string else { return nil }
        let reference = ReferenceTarget(text)
        if let target, reference.typeName != target { return nil }
        switch reference {
        case .relative(let type, let id, _): return .reference(type: type, id: id)
        case .absolute(let url, _, _): return .referenceURL(url)
        case .urn(let urn): return .referenceURL(urn)
        case .conditional, .contained, .malformed: return nil
        }
    }
}
