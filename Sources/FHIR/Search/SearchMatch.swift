/// The meaning of a criterion, on the entries of one resource: what an index must agree with.
extension SearchCriterion {
    /// `_id` and `_lastUpdated` are no entries of a resource: the caller adds them as entries, the
    /// id as a token without system, the time as a date.
    package func matches(_ entries: [SearchEntry]) -> Bool {
        let values = entries.filter { $0.parameter == code }.map(\.value)
        switch modifier {
        case .missing: return terms.contains(.missing(values.isEmpty))
        case .not: return !values.contains { value in terms.contains { matches($0, value) } }
        default: return values.contains { value in terms.contains { matches($0, value) } }
        }
    }

    private func matches(_ term: SearchTerm, _ value: SearchValue) -> Bool {
        switch (term, value) {
        case (.code(let code), .token(_, let found)), (.id(let code), .token(_, let found)):
            code == found
        case (.systemAndCode(let system, let code), .token(let foundSystem, let found)):
            system == foundSystem && code == found
        case (.codeWithoutSystem(let code), .token(let system, let found)):
            system == nil && code == found
        case (.system(let system), .token(let found, _)): system == found
        case (.text(let normalized, let exact), .string(let found, let foundExact)):
            matches(normalized, exact, found: found, foundExact: foundExact)
        case (.date(let prefix, let low, let high), .date(let foundLow, let foundHigh)):
            prefix.holds(lowMs: foundLow, highMs: foundHigh, searchLowMs: low, searchHighMs: high)
        case (.reference(let type, let id), .reference(let foundType, let foundID)):
            id == foundID && (type == nil || type == foundType)
        case (.referenceURL(let url), .referenceURL(let found)): url == found
        default: false
        }
    }

    private func matches(
        _ normalized: String, _ exact: String, found: String, foundExact: String
    ) -> Bool {
        switch modifier {
        case .exact: exact.utf8.elementsEqual(foundExact.utf8)
        case .contains: found.contains(normalized)
        default: found.utf8.starts(with: normalized.utf8)
        }
    }
}

extension DatePrefix {
    /// http://hl7.org/fhir/R4/search.html#prefix: the resource's range against the searched one.
    /// `ap` is overlap; who wants it wider widens the searched range by the clock.
    package func holds(
        lowMs: Int64, highMs: Int64, searchLowMs: Int64, searchHighMs: Int64
    ) -> Bool {
        let isInside = lowMs >= searchLowMs && highMs <= searchHighMs
        return switch self {
        case .eq: isInside
        case .ne: !isInside
        case .gt: highMs > searchHighMs
        case .lt: lowMs < searchLowMs
        case .ge: isInside || highMs > searchHighMs
        case .le: isInside || lowMs < searchLowMs
        case .sa: lowMs > searchHighMs
        case .eb: highMs < searchLowMs
        case .ap: lowMs <= searchHighMs && highMs >= searchLowMs
        }
    }
}
