import Foundation
import GRDB
import LedgerCore

/// How a query is answered: where candidates come from, in the order asked for, and which clauses
/// are still to be tested on each.
///
/// Three ways. *Collect*: the rows of the clause with the fewest are collected and sorted, and the
/// other clauses tested. *Along a key*: the rows of an exact value already lie in the order of
/// creation, and a page ends the walk. *In order*: where all clauses match much, walking the
/// resources in order and testing each soon fills a page; if it does not within some candidates,
/// the rows are collected after all. Counting walks in the cheapest way to the end.
struct QueryPlan {
    let sql: String
    let arguments: [any DatabaseValueConvertible]
    let remaining: [CompiledClause]
    /// After this many candidates the next plan is tried from the start.
    var candidatesMax = Int.max

    /// The plans to try, one after the other; none if nothing can match.
    static func make(
        _ query: IndexQuery, counting: Bool, _ index: Index, _ db: Database
    ) throws -> [QueryPlan] {
        let (names, planning) = (index.names, index.planning)
        guard let type = try names.number(.type, query.type, db) else { return [] }
        var clauses = [CompiledClause]()
        for clause in query.clauses {
            let compiled = try CompiledClause(clause, names, db)
            switch compiled {
            case .never: return []
            case .always: continue
            default: clauses.append(compiled)
            }
        }
        guard clauses.reduce(0, { $0 + $1.alternatives }) <= IndexLimits.alternativesMax else {
            throw IndexError.queryTooLarge
        }
        let cursor = counting ? nil : try query.cursor.map { try IndexCursor($0, sort: query.sort) }
        let builder = Builder(type: type, sort: counting ? .creation : query.sort, cursor: cursor)
        let seeks = try clauses.map { try ClauseSeek($0, type: type) }
        guard let driver = try chooseDriver(seeks, planning, db), let seek = seeks[driver.index]
        else {
            return [builder.inOrder(clauses)]
        }
        var others = clauses
        others.remove(at: driver.index)
        if counting, others.isEmpty, seek.isOfLiveResources { return [builder.numbers(seek)] }
        if builder.sort == .creation, let plan = builder.alongKey(seek, others) { return [plan] }
        let collecting = builder.collect(seek, others)
        if counting || driver.rows < planning.manyRows { return [collecting] }
        var walking = builder.inOrder(clauses)
        walking.candidatesMax = planning.walkMax
        return [walking, collecting]
    }

    /// The clause with the fewest rows, counted no further than needed. One that must look at every
    /// value is not counted, and is taken only if the others have many.
    private static func chooseDriver(
        _ seeks: [ClauseSeek?], _ planning: IndexPlanning, _ db: Database
    ) throws -> (index: Int, rows: Int)? {
        let sought = seeks.indices.filter { seeks[$0]?.looksAtAll == false }
        let scanned = seeks.indices.first { seeks[$0]?.looksAtAll == true }
        for bound in [planning.fewRows, planning.manyRows] {
            var best: (index: Int, rows: Int)?
            for index in sought {
                guard let seek = seeks[index] else { continue }
                let rows = try count(seek, limit: bound, db)
                // Of two that have many, the one whose rows already lie in order.
                let isBetter = best.map { best in
                    rows < best.rows || (rows == bound && seeks[best.index]?.ordered == nil)
                }
                if isBetter ?? true { best = (index, rows) }
            }
            if let best, best.rows < bound { return best }
            if bound == planning.manyRows, scanned == nil, let best { return best }
        }
        return scanned.map { ($0, 0) }
    }

    private static func count(_ seek: ClauseSeek, limit: Int, _ db: Database) throws -> Int {
        let statement = try db.makeStatement(
            sql: "SELECT count(*) FROM (\(seek.sql) LIMIT \(limit))")
        return try Int.fetchOne(statement, arguments: StatementArguments(seek.arguments)) ?? 0
    }
}

/// Puts the SQL together.
private struct Builder {
    let type: Int64
    let sort: IndexSort
    let cursor: IndexCursor?

    private var select: String { "SELECT \(IndexRow.columns), r.entries FROM " }

    /// The numbers of a clause's resources alone, for counting.
    func numbers(_ seek: ClauseSeek) -> QueryPlan {
        QueryPlan(
            sql: "SELECT DISTINCT * FROM (\(seek.sql))", arguments: seek.arguments, remaining: [])
    }

    func collect(_ seek: ClauseSeek, _ remaining: [CompiledClause]) -> QueryPlan {
        // The signs keep SQLite from walking all resources of the type instead.
        let condition = "r.id IN (\(seek.sql)) AND +r.type = ? AND +r.deleted = 0"
        let (after, arguments) = afterCursor(time: "+r.last_updated", id: "r.id")
        return QueryPlan(
            sql: select + "resources r WHERE \(condition) \(after) ORDER BY \(order(sign: "+"))",
            arguments: seek.arguments + [type] + arguments, remaining: remaining)
    }

    func alongKey(_ seek: ClauseSeek, _ remaining: [CompiledClause]) -> QueryPlan? {
        guard let (table, condition) = seek.ordered else { return nil }
        let (after, arguments) = afterCursor(time: "", id: "k.resource")
        return QueryPlan(
            sql: select
                + "\(table) k CROSS JOIN resources r ON r.id = k.resource "
                + "WHERE k.type = ? AND k.parameter = ? AND \(condition) "
                + "AND +r.deleted = 0 \(after) ORDER BY k.resource",
            arguments: seek.arguments + arguments, remaining: remaining)
    }

    func inOrder(_ remaining: [CompiledClause]) -> QueryPlan {
        let index = sort == .creation ? "resources_in_order" : "resources_by_time"
        let (after, arguments) = afterCursor(time: "r.last_updated", id: "r.id")
        return QueryPlan(
            sql: select
                + "resources r INDEXED BY \(index) WHERE r.type = ? AND r.deleted = 0 \(after) "
                + "ORDER BY \(order(sign: ""))",
            arguments: [type] + arguments, remaining: remaining)
    }

    private func order(sign: String) -> String {
        switch sort {
        case .creation: "r.id"
        case .lastUpdatedAscending: "\(sign)r.last_updated, r.id"
        case .lastUpdatedDescending: "\(sign)r.last_updated DESC, r.id DESC"
        }
    }

    private func afterCursor(time: String, id: String) -> (String, [any DatabaseValueConvertible]) {
        guard let cursor else { return ("", []) }
        switch sort {
        case .creation: return ("AND \(id) > ?", [cursor.resource])
        case .lastUpdatedAscending, .lastUpdatedDescending:
            let sign = sort == .lastUpdatedAscending ? ">" : "<"
            return ("AND (\(time), \(id)) \(sign) (?, ?)", [cursor.lastUpdatedMs, cursor.resource])
        }
    }
}
