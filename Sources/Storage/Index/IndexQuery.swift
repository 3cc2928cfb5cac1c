package import LedgerCore

/// A search over the newest, not deleted versions of one resource type.
package struct IndexQuery: Sendable, Hashable {
    package var type: String
    /// All of them hold.
    package var clauses: [IndexClause]
    package var sort: IndexSort
    /// 1 to `IndexLimits.pageRowsMax`; others are brought into that range.
    package var limit: Int
    /// From the page before.
    package var cursor: String?
    /// Whether to count all matches too: a pass over all of them.
    package var wantsTotal: Bool
    /// Counts and gives no rows.
    package var countOnly: Bool

    package init(
        type: String, clauses: [IndexClause] = [], sort: IndexSort = .creation, limit: Int = 50,
        cursor: String? = nil, wantsTotal: Bool = false, countOnly: Bool = false
    ) {
        self.type = type
        self.clauses = clauses
        self.sort = sort
        self.limit = limit
        self.cursor = cursor
        self.wantsTotal = wantsTotal
        self.countOnly = countOnly
    }
}

package enum IndexSort: UInt8, Sendable {
    /// The order in which the records first came. Stable: a page sequence gives every resource that
    /// matches throughout exactly once, whatever is written meanwhile.
    case creation = 0
    /// A resource that changes between two pages may come again (ascending) or be missed
    /// (descending; it then stands before the first page).
    case lastUpdatedAscending = 1
    case lastUpdatedDescending = 2
}

/// One condition. Of its alternatives at least one holds; a clause without any holds never.
package enum IndexClause: Sendable, Hashable {
    /// Negated: no entry of the resource matches any alternative.
    case token(parameter: String, anyOf: [TokenMatch], negated: Bool = false)
    case string(parameter: String, anyOf: [StringMatch])
    case date(parameter: String, anyOf: [DateMatch])
    case reference(parameter: String, anyOf: [ReferenceMatch])
    /// Whether the resource has no entry at all of the parameter.
    case missing(parameter: String, Bool)
    case fhirId(anyOf: [String])
    case record(anyOf: [Identifier])
    case subject(anyOf: [Identifier])
    case lastUpdated(anyOf: [DateMatch])
}

package enum TokenMatch: Sendable, Hashable {
    case exact(system: String, code: String)
    /// Whatever the system, also none.
    case anySystem(code: String)
    case noSystem(code: String)
    /// Whatever the code.
    case system(String)
}

package enum StringMatch: Sendable, Hashable {
    /// Without case and diacritics.
    case prefix(String)
    /// Byte by byte.
    case exact(String)
    /// Without case and diacritics. Looks at every value of the parameter.
    case contains(String)
}

/// A comparison with the range that the search value covers (FHIR R4 search, section 3.1.1.4.5).
package struct DateMatch: Sendable, Hashable {
    package enum Comparison: Sendable, Hashable {
        case equal, notEqual, greater, less, greaterOrEqual, lessOrEqual
        case startsAfter, endsBefore
        /// The ranges touch; the caller widens its own.
        case approximately
    }

    package var comparison: Comparison
    package var lowMs: Int64
    package var highMs: Int64

    package init(_ comparison: Comparison, lowMs: Int64, highMs: Int64) {
        self.comparison = comparison
        self.lowMs = lowMs
        self.highMs = highMs
    }

    /// Whether a value that covers `low` to `high` matches.
    package func matches(low: Int64, high: Int64) -> Bool {
        switch comparison {
        case .equal: low >= lowMs && high <= highMs
        case .notEqual: low < lowMs || high > highMs
        case .greater: high > highMs
        case .less: low < lowMs
        case .greaterOrEqual: high > highMs || low >= lowMs
        case .lessOrEqual: low < lowMs || high <= highMs
        case .startsAfter: low > highMs
        case .endsBefore: high < lowMs
        case .approximately: low <= highMs && high >= lowMs
        }
    }
}

package struct ReferenceMatch: Sendable, Hashable {
    /// `nil` matches any type, also none.
    package var type: String?
    package var id: String

    package init(type: String?, id: String) {
        self.type = type
        self.id = id
    }
}

package struct IndexPage: Sendable, Hashable {
    package let rows: [IndexRow]
    /// For the page after this one; `nil` on the last.
    package let next: String?
    /// If the query asked for it.
    package let total: UInt64?
}

/// Where a page ended: the sort key of its last row.
struct IndexCursor {
    let sort: IndexSort
    let lastUpdatedMs: Int64
    let resource: Int64

    private static let version: UInt8 = 1

    /// Unpadded base64url.
    var text: String {
        var bytes = [IndexCursor.version, sort.rawValue]
        bytes.append(bigEndian: lastUpdatedMs)
        bytes.append(bigEndian: resource)
        return Base64.encodeURL(bytes)
    }

    init(sort: IndexSort, lastUpdatedMs: Int64, resource: Int64) {
        self.sort = sort
        self.lastUpdatedMs = lastUpdatedMs
        self.resource = resource
    }

    init(_ text: String, sort: IndexSort) throws {
        guard let bytes = Base64.decodeURL(text), bytes.count == 18,
            bytes[0] == IndexCursor.version, bytes[1] == sort.rawValue
        else { throw IndexError.cursorUnusable }
        self.sort = sort
        lastUpdatedMs = bytes.bigEndian(Int64.self, at: 2)
        resource = bytes.bigEndian(Int64.self, at: 10)
    }
}
