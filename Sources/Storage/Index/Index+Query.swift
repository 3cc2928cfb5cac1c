import Foundation
import GRDB
import LedgerCore

extension Index {
    /// Answers a query as of one commit.
    ///
    /// Throws `IndexError.cursorUnusable` for a cursor of another sort, and `.queryTooLarge`.
    package func find(_ query: IndexQuery) throws -> IndexPage {
        try pool.read { db in
            let total = query.wantsTotal || query.countOnly ? try count(query, db) : nil
            if query.countOnly { return IndexPage(rows: [], next: nil, total: total) }
            for plan in try QueryPlan.make(query, counting: false, self, db) {
                if let page = try page(query, plan, total: total, db) { return page }
            }
            return IndexPage(rows: [], next: nil, total: total)
        }
    }

    /// `nil` if the plan ran out of candidates that it may look at.
    private func page(
        _ query: IndexQuery, _ plan: QueryPlan, total: UInt64?, _ db: Database
    ) throws -> IndexPage? {
        let limit = min(max(query.limit, 1), IndexLimits.pageRowsMax)
        var rows = [IndexRow]()
        var last: IndexCursor?
        var hasMore = false
        let isDone = try forEachMatch(plan, type: query.type, db) { row, id in
            if rows.count == limit {
                hasMore = true
                return false
            }
            rows.append(row)
            last = IndexCursor(sort: query.sort, lastUpdatedMs: row.lastUpdatedMs, resource: id)
            return true
        }
        guard isDone else { return nil }
        return IndexPage(rows: rows, next: hasMore ? last?.text : nil, total: total)
    }

    private func count(_ query: IndexQuery, _ db: Database) throws -> UInt64 {
        guard let plan = try QueryPlan.make(query, counting: true, self, db).first else {
            return 0
        }
        if plan.remaining.isEmpty {
            let statement = try db.makeStatement(sql: "SELECT count(*) FROM (\(plan.sql))")
            let count = try Int64.fetchOne(
                statement, arguments: StatementArguments(plan.arguments))
            return UInt64(count ?? 0)
        }
        var total: UInt64 = 0
        _ = try forEachMatch(plan, type: query.type, db) { _, _ in
            total += 1
            return true
        }
        return total
    }

    /// Visits the candidates that hold the remaining clauses; `false` stops. Gives `false` if the
    /// plan's candidates were used up before.
    private func forEachMatch(
        _ plan: QueryPlan, type: String, _ db: Database,
        _ visit: (IndexRow, _ id: Int64) throws -> Bool
    ) throws -> Bool {
        let statement = try db.makeStatement(sql: plan.sql)
        let cursor = try Row.fetchCursor(
            statement, arguments: StatementArguments(plan.arguments))
        var candidates = 0
        while let row = try cursor.next() {
            candidates += 1
            if candidates > plan.candidatesMax { return false }
            let found = try IndexRow(row, type: type)
            let holds = try row.withUnsafeData(atIndex: IndexRow.entriesColumn) { data in
                try (data ?? Data()).withUnsafeBytes { entries in
                    try plan.remaining.allSatisfy { try $0.holds(for: found, entries: entries) }
                }
            }
            if holds, try !visit(found, row[IndexRow.idColumn]) { return true }
        }
        return true
    }
}

extension Index {
    /// SQLite's plan for a query, one step a line: for tests that hold the promise of seeks.
    package func explain(_ query: IndexQuery) throws -> [String] {
        try pool.read { db in
            try QueryPlan.make(query, counting: false, self, db).flatMap { plan in
                try Row.fetchAll(
                    db, sql: "EXPLAIN QUERY PLAN " + plan.sql,
                    arguments: StatementArguments(plan.arguments)
                ).map { $0["detail"] as String }
            }
        }
    }
}
