import Foundation
import GRDB
import LedgerCore

/// The SQL that finds the resources of a clause by index seeks.
struct ClauseSeek {
    /// Gives resource numbers, perhaps more than once.
    let sql: String
    let arguments: [any DatabaseValueConvertible]
    /// Where the rows come in the order of the resources, each once: the table and the condition on
    /// its key behind type and parameter, to walk along.
    var ordered: (table: String, condition: String)?
    /// Whether all its rows belong to resources of the type that are not deleted.
    private(set) var isOfLiveResources = false
    /// Whether it looks at every value of its parameter.
    private(set) var looksAtAll = false

    /// `nil` for clauses that cannot be sought: negations and absences.
    init?(_ clause: CompiledClause, type: Int64) throws {
        switch clause {
        case .token(let parameter, let tokens, negated: false):
            let groups = Dictionary(grouping: tokens, by: \.group).sorted { $0.key < $1.key }
            let conditions = groups.map { Condition(tokens: $0.value, type, parameter) }
            try self.init("tokens", type, parameter, conditions)
        case .string(let parameter, let texts):
            try self.init("strings", type, parameter, texts.map(Condition.init))
            looksAtAll = texts.contains { if case .contains = $0.match { true } else { false } }
        case .date(let parameter, let dates):
            let conditions = dates.flatMap { $0.conditions(low: "low", high: "high") }
            try self.init("dates", type, parameter, conditions)
        case .reference(let parameter, let targets):
            let groups = Dictionary(grouping: targets) { $0.type ?? -1 }.sorted { $0.key < $1.key }
            try self.init("refs", type, parameter, groups.map { Condition(targets: $0.value) })
        case .fhirId(let ids): self.init("type = ? AND fhir_id", type, ids)
        case .record(let records):
            self.init("+type = ? AND record", type, records.map { Data($0.bytes) })
        case .subject(let subjects):
            self.init("type = ? AND subject", type, subjects.map { Data($0.bytes) })
        case .lastUpdated(let matches):
            let column = "last_updated"
            let conditions = matches.flatMap { $0.conditions(low: column, high: column) }
            let select = "SELECT id FROM resources WHERE type = ? AND deleted = 0 AND "
            try self.init(select, [type], conditions)
        case .token(_, _, negated: true), .missing, .always, .never: return nil
        }
    }

    struct Condition {
        let sql: String
        let arguments: [any DatabaseValueConvertible]
        /// Whether it fixes every column of the key before the resource.
        var isWholeKey = false
    }

    private init(
        _ table: String, _ type: Int64, _ parameter: Int64, _ conditions: [Condition]
    ) throws {
        let key = "type = ? AND parameter = ? AND "
        try self.init(
            "SELECT resource FROM \(table) WHERE " + key, [type, parameter], conditions)
        if conditions.count == 1, conditions[0].isWholeKey {
            ordered = (table, conditions[0].sql)
        }
    }

    private init(_ column: String, _ type: Int64, _ values: [any DatabaseValueConvertible]) {
        sql = "SELECT id FROM resources WHERE \(column) IN (\(places(values.count)))"
        arguments = [type] + values
    }

    private init(
        _ select: String, _ key: [Int64], _ conditions: [Condition]
    ) throws {
        guard conditions.count <= ClauseSeek.unionMax else { throw IndexError.queryTooLarge }
        sql = conditions.map { select + $0.sql }.joined(separator: " UNION ALL ")
        arguments = conditions.flatMap { key + $0.arguments }
        isOfLiveResources = true
    }

    /// SQLite joins at most 500 selects.
    private static let unionMax = 400
}

private func places(_ count: Int) -> String {
    Array(repeating: "?", count: count).joined(separator: ",")
}

extension CompiledClause.Token {
    /// Tokens of one group differ in the code alone.
    fileprivate var group: Int64 { code == nil ? -2 - (system ?? 0) : system ?? -1 }
}

extension ClauseSeek.Condition {
    /// Tokens of one group.
    fileprivate init(tokens: [CompiledClause.Token], _ type: Int64, _ parameter: Int64) {
        let codes = tokens.compactMap(\.code).map { String(decoding: $0, as: UTF8.self) }
        guard let system = tokens.first?.system else {
            // A parameter has few systems; each is one seek.
            let systems = "SELECT system FROM token_systems WHERE type = ? AND parameter = ?"
            sql = "system IN (\(systems)) AND code IN (\(places(codes.count)))"
            arguments = [type, parameter] + codes
            return
        }
        guard !codes.isEmpty else {
            sql = "system = ?"
            arguments = [system]
            return
        }
        sql = "system = ? AND code " + (codes.count == 1 ? "= ?" : "IN (\(places(codes.count)))")
        arguments = [system] + codes
        isWholeKey = codes.count == 1
    }

    /// Targets of one type, or all without one.
    fileprivate init(targets: [CompiledClause.Target]) {
        let ids = targets.map { String(decoding: $0.id, as: UTF8.self) }
        let target = ids.count == 1 ? "target = ?" : "target IN (\(places(ids.count)))"
        guard let type = targets.first?.type else {
            sql = target
            arguments = ids
            return
        }
        sql = target + " AND target_type = ?"
        arguments = ids + [type]
        isWholeKey = ids.count == 1
    }

    fileprivate init(_ text: CompiledClause.Text) {
        let bytes = String(decoding: text.bytes, as: UTF8.self)
        switch text.match {
        case .contains:
            sql = "instr(folded, ?) > 0"
            arguments = [bytes]
        case .exact:
            sql = "folded = ? AND value = ?"
            arguments = [IndexText.fold(bytes), bytes]
        case .prefix:
            guard let end = IndexText.end(ofPrefix: bytes) else {
                sql = "folded >= ?"
                arguments = [bytes]
                return
            }
            sql = "folded >= ? AND folded < ?"
            arguments = [bytes, end]
        }
    }
}

extension DateMatch {
    /// `matches(low:high:)` in SQL, as conditions each of which one index answers.
    fileprivate func conditions(low: String, high: String) -> [ClauseSeek.Condition] {
        switch comparison {
        case .equal:
            let sql = "\(low) BETWEEN ? AND ? AND \(high) <= ?"
            return [ClauseSeek.Condition(sql: sql, arguments: [lowMs, highMs, highMs])]
        case .approximately:
            let sql = "\(low) <= ? AND \(high) >= ?"
            return [ClauseSeek.Condition(sql: sql, arguments: [highMs, lowMs])]
        case .notEqual: return [one(low, "<", lowMs), one(high, ">", highMs)]
        case .greater: return [one(high, ">", highMs)]
        case .less: return [one(low, "<", lowMs)]
        case .greaterOrEqual: return [one(high, ">", highMs), one(low, ">=", lowMs)]
        case .lessOrEqual: return [one(low, "<", lowMs), one(high, "<=", highMs)]
        case .startsAfter: return [one(low, ">", highMs)]
        case .endsBefore: return [one(high, "<", lowMs)]
        }
    }

    private func one(_ column: String, _ sign: String, _ ms: Int64) -> ClauseSeek.Condition {
        ClauseSeek.Condition(sql: "\(column) \(sign) ?", arguments: [ms])
    }
}
