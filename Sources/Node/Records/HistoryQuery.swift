import FHIR

/// What is asked of a resource's history.
package struct HistoryQuery: Sendable {
    /// The most versions of the page.
    package private(set) var count = SearchQuery.countDefault
    /// Only versions below this one.
    package private(set) var before: UInt32?

    /// - Throws: `NodeError` for parameters other than `_count` and `_cursor`, and for values that
    ///   are not whole numbers within their range.
    package init(_ parameters: [(name: String, value: String)]) throws {
        for (name, value) in parameters {
            switch name {
            case "_count": count = try HistoryQuery.number(name, value, 1...SearchQuery.countMax)
            case "_cursor":
                before = UInt32(try HistoryQuery.number(name, value, 1...Int(UInt32.max)))
            default:
                throw NodeError(
                    .badRequest, "a history takes only _count and _cursor",
                    hint: "leave the other parameters out")
            }
        }
    }

    /// The query of a URL, as written.
    init(query: String?) throws {
        do {
            try self.init(try QueryString.pairs(query ?? ""))
        } catch let error as QueryString.Failure {
            throw NodeError(.badRequest, error.description)
        }
    }

    private static func number(
        _ name: String, _ text: String, _ range: ClosedRange<Int>
    ) throws -> Int {
        guard let number = Int(text), range.contains(number), String(number) == text else {
            throw NodeError(
                .badRequest, "\(name) is a number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }
}
