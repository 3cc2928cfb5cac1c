import FHIR
import Storage

/// A FHIR search as a query of the index.
enum SearchPlan {
    /// The entry of the index for a value that FHIR's search parameters found.
    static func entry(_ entry: FHIR.SearchEntry) -> Storage.SearchEntry {
        Storage.SearchEntry(entry.parameter, value(entry.value))
    }

    private static func value(_ value: FHIR.SearchValue) -> Storage.SearchValue {
        switch value {
        case .token(let system, let code): .token(system: system, code: code)
        case .string(_, let exact): .string(exact)
        case .date(let low, let high): .date(lowMs: low, highMs: high)
        case .reference(let type, let id): .reference(type: type, id: id)
        case .referenceURL(let url): .reference(type: nil, id: url)
        }
    }

    static func query(_ search: SearchQuery) throws -> IndexQuery {
        var query = IndexQuery(type: search.type)
        query.clauses = try search.criteria.map(clause)
        query.limit = max(1, search.count)
        query.cursor = search.cursor
        query.countOnly = search.summaryCount || search.count == 0
        query.wantsTotal = search.total != "none"
        switch search.sort {
        case .lastUpdatedAscending: query.sort = .lastUpdatedAscending
        case .lastUpdatedDescending: query.sort = .lastUpdatedDescending
        case nil: query.sort = .creation
        }
        return query
    }

    private static func clause(_ criterion: SearchCriterion) throws -> IndexClause {
        if criterion.modifier == .missing {
            return .missing(
                parameter: criterion.code, criterion.terms.contains(.missing(true)))
        }
        switch criterion.code {
        case "_id": return .fhirId(anyOf: criterion.terms.compactMap(id))
        case "_lastUpdated": return .lastUpdated(anyOf: criterion.terms.compactMap(date))
        default: break
        }
        switch criterion.terms.first {
        case .code, .systemAndCode, .codeWithoutSystem, .system:
            return .token(
                parameter: criterion.code, anyOf: criterion.terms.compactMap(token),
                negated: criterion.modifier == .not)
        case .text:
            return .string(
                parameter: criterion.code,
                anyOf: criterion.terms.compactMap { string($0, criterion.modifier) })
        case .date:
            return .date(parameter: criterion.code, anyOf: criterion.terms.compactMap(date))
        case .reference, .referenceURL:
            return .reference(
                parameter: criterion.code, anyOf: criterion.terms.compactMap(reference))
        case .id, .missing, nil:
            throw NodeError(.badRequest, "a search parameter has no value")
        }
    }

    private static func id(_ term: SearchTerm) -> String? {
        if case .id(let id) = term { id } else { nil }
    }

    private static func token(_ term: SearchTerm) -> TokenMatch? {
        switch term {
        case .code(let code): .anySystem(code: code)
        case .systemAndCode(let system, let code): .exact(system: system, code: code)
        case .codeWithoutSystem(let code): .noSystem(code: code)
        case .system(let system): .system(system)
        default: nil
        }
    }

    private static func string(
        _ term: SearchTerm, _ modifier: SearchCriterion.Modifier
    ) -> StringMatch? {
        guard case .text(_, let text) = term else { return nil }
        return switch modifier {
        case .exact: .exact(text)
        case .contains: .contains(text)
        default: .prefix(text)
        }
    }

    private static func date(_ term: SearchTerm) -> DateMatch? {
        guard case .date(let prefix, let low, let high) = term else { return nil }
        let comparison: DateMatch.Comparison =
            switch prefix {
            case .eq: .equal
            case .ne: .notEqual
            case .gt: .greater
            case .lt: .less
            case .ge: .greaterOrEqual
            case .le: .lessOrEqual
            case .sa: .startsAfter
            case .eb: .endsBefore
            case .ap: .approximately
            }
        return DateMatch(comparison, lowMs: low, highMs: high)
    }

    private static func reference(_ term: SearchTerm) -> ReferenceMatch? {
        switch term {
        case .reference(let type, let id): ReferenceMatch(type: type, id: id)
        case .referenceURL(let url): ReferenceMatch(type: nil, id: url)
        default: nil
        }
    }
}
