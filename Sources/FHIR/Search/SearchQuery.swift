/// A parsed search: criteria that must all hold, and how to answer.
package struct SearchQuery: Sendable, Equatable {
    /// Page size where the query names none.
    package static let countDefault = 50
    /// Largest page: bounds the work and the memory of one answer.
    package static let countMax = 1000

    /// The orders that `_sort` can ask for.
    package enum Sort: Sendable, Equatable {
        case lastUpdatedAscending, lastUpdatedDescending
    }

    /// The resource type searched.
    package let type: String
    /// All must hold; a repeated parameter gives several.
    package private(set) var criteria: [SearchCriterion] = []
    /// Page size; 0 asks for the total alone.
    package private(set) var count = SearchQuery.countDefault
    /// `_summary=count`: no entries.
    package private(set) var summaryCount = false
    /// `_total`, one of none, estimate, accurate; nil where not asked.
    package private(set) var total: String?
    /// Nil for the order of the server's choice.
    package private(set) var sort: Sort?
    /// The opaque `_cursor` of a next link.
    package private(set) var cursor: String?
    private var seen: Set<String> = []

    /// Parse decoded parameters. Unknown or malformed ones are refused, for an ignored criterion
    /// returns records that nobody asked for.
    ///
    /// References below `base` are the server's own: they mean the same as `Type/id`.
    package init(
        type: String, parameters: [(name: String, value: String)], base: ServerBase? = nil
    ) throws(SearchError) {
        guard FHIRDefinitions.shared.isResourceType(type) else {
            throw SearchError(.unknownType, "", "the searched type is not one of FHIR R4")
        }
        self.type = type
        for (name, value) in parameters {
            if try !control(name, value) {
                criteria.append(
                    try SearchCriterion(type: type, name: name, value: value, base: base))
            }
        }
    }

    /// The criteria in one form whatever their order, for comparing conditional requests.
    package var canonicalCriteria: String {
        criteria.map(\.source).sorted().joined(separator: "&")
    }

    /// Takes a parameter that steers the answer; false for a criterion.
    private mutating func control(_ name: String, _ value: String) throws(SearchError) -> Bool {
        switch name {
        case "_count":
            guard let number = Int(value), (0...Self.countMax).contains(number),
                value.utf8.allSatisfy(ASCII.isDigit)
            else { throw SearchError(.malformedValue, name, "a number from 0 to \(Self.countMax)") }
            count = number
        case "_summary":
            guard value == "count" || value == "false" else {
                throw SearchError(.malformedValue, name, "only count and false are supported")
            }
            summaryCount = value == "count"
        case "_total":
            guard ["none", "estimate", "accurate"].contains(value) else {
                throw SearchError(.malformedValue, name, "one of none, estimate, accurate")
            }
            total = value
        case "_sort": sort = try Self.sort(value)
        case "_cursor":
            guard !value.isEmpty else { throw SearchError(.malformedValue, name, "empty") }
            cursor = value
        case "_format":
            guard ["json", "application/json", "application/fhir+json"].contains(value) else {
                throw SearchError(.malformedValue, name, "only json is supported")
            }
        default: return false
        }
        guard seen.insert(name).inserted else {
            throw SearchError(.repeated, name, "may stand once only")
        }
        return true
    }

    private static func sort(_ value: String) throws(SearchError) -> Sort {
        switch value {
        case "_lastUpdated": return .lastUpdatedAscending
        case "-_lastUpdated": return .lastUpdatedDescending
        default:
            throw SearchError(.malformedValue, "_sort", "only _lastUpdated and -_lastUpdated")
        }
    }
}
