import Foundation
import LedgerCore
import Storage
import TestSupport

/// Random resources of few values, so that every clause meets some of them, and the plain answer to
/// a query by looking at all of them.
struct IndexFixture {
    var generator: SeededGenerator
    /// By record, in the order of creation.
    var order: [Identifier] = []
    var newest: [Identifier: IndexedVersion] = [:]
    var height: UInt64 = 0

    static let systems = ["http://loinc.org", "urn:s", "http://snomed.info/sct"]
    static let words = [
        "Anna", "anna", "ANNALENA", "Müller", "Mueller", "muller", "Zoé", "a_b%", "",
    ]
    static let types = ["Observation", "Patient"]

    init(_ generator: SeededGenerator) { self.generator = generator }

    init(seed: UInt64) { self.init(SeededGenerator(seed: seed)) }

    mutating func pick<Element>(_ values: [Element]) -> Element {
        values[Int.random(in: 0..<values.count, using: &generator)]
    }

    mutating func entries() -> [SearchEntry] {
        var entries = [SearchEntry]()
        for _ in 0..<Int.random(in: 0...3, using: &generator) {
            let system = pick([nil] + IndexFixture.systems.map { Optional($0) })
            entries.append(
                SearchEntry(pick(["code", "status"]), .token(system: system, code: code())))
        }
        for _ in 0..<Int.random(in: 0...2, using: &generator) {
            entries.append(SearchEntry("name", .string(pick(IndexFixture.words))))
        }
        for _ in 0..<Int.random(in: 0...2, using: &generator) {
            let (low, high) = range()
            entries.append(SearchEntry("date", .date(lowMs: low, highMs: high)))
        }
        for _ in 0..<Int.random(in: 0...2, using: &generator) {
            let type = pick(["Patient", "Group", nil])
            entries.append(SearchEntry("subject", .reference(type: type, id: code())))
        }
        return entries
    }

    mutating func code() -> String { pick(["a", "b", "A", "c'd", "é"]) }

    mutating func range() -> (Int64, Int64) {
        let low = Int64.random(in: -5...40, using: &generator)
        return (low, low + pick([0, 0, 1, 10]))
    }

    mutating func version(of record: Identifier?) -> IndexedVersion {
        let old = record.flatMap { newest[$0] }
        let record = old?.record ?? Identifier(using: &generator)
        let isDeletion = old != nil && Int.random(in: 0..<4, using: &generator) == 0
        let number = (old?.version ?? 0) + 1
        let type = old?.type ?? pick(IndexFixture.types)
        let entries = isDeletion ? [] : entries()
        let subject = pick([nil, Identifier([UInt8](repeating: 7, count: 16))])
        return IndexedVersion(
            record: record, type: type, fhirId: old?.fhirId ?? record.description,
            version: number,
            method: isDeletion ? .delete : old == nil ? .create : .update,
            lastUpdatedMs: Int64.random(in: 0...30, using: &generator),
            locator: Identifier(using: &generator), subject: old?.subject ?? subject,
            height: height,
            transaction: .sha256(record.bytes + [UInt8(truncatingIfNeeded: number)]),
            entries: entries)
    }

    /// A batch of creations, updates, deletions and erasures.
    mutating func batch(_ count: Int) -> IndexBatch {
        height += 1
        var batch = IndexBatch(appliedHeight: height)
        if order.count > 20, Int.random(in: 0..<2, using: &generator) == 0 {
            let record = pick(order)
            batch.erased.append(record)
            order.removeAll { $0 == record }
            newest[record] = nil
        }
        for _ in 0..<count {
            let isUpdate = !order.isEmpty && Int.random(in: 0..<3, using: &generator) == 0
            let version = version(of: isUpdate ? pick(order) : nil)
            if newest.updateValue(version, forKey: version.record) == nil {
                order.append(version.record)
            }
            batch.versions.append(version)
        }
        return batch
    }

    // MARK: Queries

    mutating func clause() -> IndexClause {
        switch Int.random(in: 0..<9, using: &generator) {
        case 0, 1:
            let matches = (0..<pick([1, 1, 2, 3])).map { _ in tokenMatch() }
            return .token(
                parameter: pick(["code", "status", "absent"]), anyOf: matches,
                negated: pick([false, false, true]))
        case 2, 3:
            let matches = (0..<pick([1, 1, 2])).map { _ in stringMatch() }
            return .string(parameter: "name", anyOf: matches)
        case 4: return .date(parameter: "date", anyOf: (0..<pick([1, 2])).map { _ in dateMatch() })
        case 5:
            let matches = (0..<pick([1, 2, 3])).map { _ in
                ReferenceMatch(type: pick(["Patient", "Group", "Nowhere", nil]), id: code())
            }
            return .reference(parameter: "subject", anyOf: matches)
        case 6: return .missing(parameter: pick(["code", "date", "absent"]), pick([true, false]))
        case 7: return .lastUpdated(anyOf: [dateMatch()])
        default:
            let records = (0..<5).compactMap { _ in order.isEmpty ? nil : pick(order) }
            return pick([
                .record(anyOf: records), .fhirId(anyOf: records.map(\.description)),
                .subject(anyOf: [Identifier([UInt8](repeating: 7, count: 16))].compactMap { $0 }),
            ])
        }
    }

    private mutating func tokenMatch() -> TokenMatch {
        let system = pick(IndexFixture.systems + ["urn:never-seen"])
        let code = code()
        return pick([
            .exact(system: system, code: code), .anySystem(code: code), .noSystem(code: code),
            .system(system),
        ])
    }

    private mutating func stringMatch() -> StringMatch {
        let word = pick(IndexFixture.words + ["an", "u", "é", "_", "%", "\u{10FFFF}"])
        return pick([.prefix(word), .exact(word), .contains(word)])
    }

    private mutating func dateMatch() -> DateMatch {
        let (low, high) = range()
        let comparison: DateMatch.Comparison = pick([
            .equal, .notEqual, .greater, .less, .greaterOrEqual, .lessOrEqual, .startsAfter,
            .endsBefore, .approximately,
        ])
        return DateMatch(comparison, lowMs: low, highMs: high)
    }

    /// The records that a query gives, by looking at all.
    func answer(_ query: IndexQuery) -> [Identifier] {
        let matching = order.compactMap { newest[$0] }.enumerated().filter { _, version in
            version.type == query.type && !version.isDeleted
                && query.clauses.allSatisfy { holds($0, version) }
        }
        let ascending = query.sort != .lastUpdatedDescending
        return matching.sorted { left, right in
            let (a, b) = ascending ? (left, right) : (right, left)
            return query.sort == .creation
                ? a.offset < b.offset
                : (a.element.lastUpdatedMs, a.offset) < (b.element.lastUpdatedMs, b.offset)
        }.map(\.element.record)
    }

    private func holds(_ clause: IndexClause, _ version: IndexedVersion) -> Bool {
        func values(_ parameter: String) -> [SearchValue] {
            version.entries.filter { $0.parameter == parameter }.map(\.value)
        }
        switch clause {
        case .token(let parameter, let matches, let negated):
            return negated
                != values(parameter).contains { value in
                    guard case .token(let system, let code) = value else { return false }
                    return matches.contains {
                        switch $0 {
                        case .exact(let wanted, let text): system == wanted && code == text
                        case .anySystem(let text): code == text
                        case .noSystem(let text): system == nil && code == text
                        case .system(let wanted): system == wanted
                        }
                    }
                }
        case .string(let parameter, let matches):
            return values(parameter).contains { value in
                guard case .string(let text) = value else { return false }
                return matches.contains { IndexFixture.holds($0, text) }
            }
        case .date(let parameter, let matches):
            return values(parameter).contains { value in
                guard case .date(let low, let high) = value else { return false }
                return matches.contains { $0.matches(low: low, high: high) }
            }
        case .reference(let parameter, let matches):
            return values(parameter).contains { value in
                guard case .reference(let type, let id) = value else { return false }
                return matches.contains { ($0.type == nil || $0.type == type) && $0.id == id }
            }
        case .missing(let parameter, let isMissing): return values(parameter).isEmpty == isMissing
        case .fhirId(let ids): return ids.contains(version.fhirId)
        case .record(let records): return records.contains(version.record)
        case .subject(let subjects): return version.subject.map(subjects.contains) ?? false
        case .lastUpdated(let matches):
            let time = version.lastUpdatedMs
            return matches.contains { $0.matches(low: time, high: time) }
        }
    }

    private static func holds(_ match: StringMatch, _ text: String) -> Bool {
        let folding: String.CompareOptions = [.caseInsensitive, .diacriticInsensitive]
        func folded(_ text: String) -> String { text.folding(options: folding, locale: nil) }
        switch match {
        case .exact(let wanted): return Array(text.utf8) == Array(wanted.utf8)
        case .prefix(let wanted):
            return Array(folded(text).utf8).starts(with: folded(wanted).utf8)
        case .contains(let wanted):
            return wanted.isEmpty || folded(text).contains(folded(wanted))
        }
    }
}
