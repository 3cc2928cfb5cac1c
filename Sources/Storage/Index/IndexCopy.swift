import Foundation
import GRDB

/// Everything the index holds of one record, for comparison with what it should hold.
package struct IndexedRecord: Sendable {
    package let row: IndexRow
    /// The oldest first.
    package let versions: [VersionRow]
    /// What searches find the resource by: the rows of the search tables, in no order.
    package let entries: [SearchEntry]
    /// What the resource's own row says of it; equal to `entries`, but for their order, in a sound
    /// index.
    package let packedEntries: [SearchEntry]
}

/// A private copy of an index, for an offline checker. The original is only read.
///
/// The original MUST NOT be open for writing meanwhile. The copy takes its disk space in the
/// temporary folder until `close()` or the last reference.
package final class IndexCopy: Sendable {
    /// Reads like any index; `apply` throws.
    package let index: Index
    private let folder: String

    init(index: Index, folder: String) {
        self.index = index
        self.folder = folder
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    /// SQLite's own check of its trees, at most 100 findings, and what rows derive from other rows;
    /// empty if all is sound.
    package func integrityCheck() throws -> [String] {
        try index.pool.read { db in
            let trees = try String.fetchAll(db, sql: "PRAGMA integrity_check(100)")
                .filter { $0 != "ok" }
            guard trees.isEmpty else { return trees }
            return try IndexCopy.schemaCheck(db) + IndexCopy.typesCheck(db)
                + IndexCopy.derivedRowsCheck(db)
        }
    }

    /// Compares the tables' definitions with those of a new index.
    private static func schemaCheck(_ db: Database) throws -> [String] {
        let fresh = try DatabaseQueue()
        try IndexSchema.migrator.migrate(fresh)
        let expected = try fresh.read(schema)
        return try schema(db) == expected ? [] : ["its tables are not defined as they must be"]
    }

    private static func schema(_ db: Database) throws -> [Row] {
        try Row.fetchAll(
            db, sql: "SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY name")
            + Row.fetchAll(db, sql: "SELECT identifier FROM grdb_migrations ORDER BY identifier")
    }

    /// Values of another type than their column's: SQLite stores what it is given, and readers
    /// would stop at them.
    private static func typesCheck(_ db: Database) throws -> [String] {
        let columns = try Row.fetchAll(
            db,
            sql: """
                SELECT m.name, c.name, lower(c.type), c."notnull" OR c.pk > 0
                FROM sqlite_master m, pragma_table_info(m.name) c
                WHERE m.type = 'table' AND c.type <> ''
                """)
        return try columns.compactMap { column in
            let (table, name): (String, String) = (column[0], column[1])
            let types = column[3] as Bool ? "?" : "?, 'null'"
            let count = try Int.fetchOne(
                db, sql: "SELECT count(*) FROM \(table) WHERE typeof(\(name)) NOT IN (\(types))",
                arguments: [column[2] as String])
            return count == 0 ? nil : "\(count ?? 0) values of \(table).\(name) are of no use"
        }
    }

    private static func derivedRowsCheck(_ db: Database) throws -> [String] {
        var problems = [String]()
        let strings = try Row.fetchCursor(db, sql: "SELECT value, folded FROM strings")
        var folded = 0
        while let row = try strings.next() {
            if IndexText.fold(row[0]) != row[1] as String { folded += 1 }
        }
        if folded > 0 { problems.append("\(folded) folded strings are not those of their values") }
        let systems = try Int.fetchOne(
            db,
            sql: """
                SELECT count(*) FROM (SELECT type, parameter, system FROM tokens
                    EXCEPT SELECT type, parameter, system FROM token_systems)
                """)
        if let systems, systems > 0 {
            problems.append("\(systems) systems of tokens are not listed")
        }
        return problems
    }

    package func close() throws { try index.close() }
}

extension Index {
    /// Copies `directory`'s database and its log, if one was left, to a temporary folder and opens
    /// that. Changes no file of `directory`.
    package static func open(readOnlyCopy directory: String) throws -> IndexCopy {
        let files = FileManager.default
        let folder =
            files.temporaryDirectory.path(percentEncoded: false) + "/cairn-index-copy-"
            + UUID().uuidString
        try files.createDirectory(
            atPath: folder, withIntermediateDirectories: false,
            attributes: [.posixPermissions: 0o700])
        do {
            try files.copyItem(
                atPath: directory + "/" + fileName, toPath: folder + "/" + fileName)
            let log = directory + "/" + fileName + "-wal"
            if files.fileExists(atPath: log) {
                try files.copyItem(atPath: log, toPath: folder + "/" + fileName + "-wal")
            }
            let queue = try DatabaseQueue(
                path: folder + "/" + fileName, configuration: configuration())
            return IndexCopy(index: Index(pool: queue, writer: nil), folder: folder)
        } catch {
            try? files.removeItem(atPath: folder)
            throw error
        }
    }

    /// Visits every record in the order of creation with all its rows. Rows of a search table that
    /// belong to no resource are counted in the result; a sound index has none. `visit` MUST NOT
    /// call the index.
    package func forEachRecord(_ visit: (IndexedRecord) throws -> Void) throws -> UInt64 {
        try pool.read { db in
            var merged = try SearchTable.all.map { try SearchTableWalk($0, db) }
            let versions = try Row.fetchCursor(
                db, sql: VersionRow.select + "TRUE ORDER BY r.id, v.version")
            var nextVersion = try versions.next()?.copy()
            var orphans: UInt64 = 0
            let rows = try Row.fetchCursor(
                db,
                sql: "SELECT \(IndexRow.columns), r.entries FROM resources r ORDER BY r.id")
            while let row = try rows.next() {
                let id: Int64 = row[IndexRow.idColumn]
                let type: Int64 = row[IndexRow.typeColumn]
                let name = try names.text(.type, type, db) ?? ""
                var history = [VersionRow]()
                while let version = nextVersion, version[0] as Int64 == id {
                    history.append(try VersionRow(version, type: name))
                    nextVersion = try versions.next()?.copy()
                }
                var entries = [SearchEntry]()
                for index in merged.indices {
                    orphans += try merged[index].skip(before: id)
                    try merged[index].take(id, type: type) { entries.append(try unpack($0, db)) }
                }
                let packed: Data = row[IndexRow.entriesColumn]
                try visit(
                    IndexedRecord(
                        row: IndexRow(row, type: name), versions: history, entries: entries,
                        packedEntries: unpack(packed, row: id, db)))
            }
            for index in merged.indices { orphans += try merged[index].skip(before: .max) }
            return orphans
        }
    }
}

/// One search table in the order of its resources.
private struct SearchTable {
    let select: String
    let entry: @Sendable (Row) -> PackedEntry

    static let all = [
        SearchTable(select: "resource, type, parameter, system, code FROM tokens") {
            .token(parameter: $0[2], system: $0[3], code: $0[4])
        },
        SearchTable(select: "resource, type, parameter, value FROM strings") {
            .string(parameter: $0[2], value: $0[3])
        },
        SearchTable(select: "resource, type, parameter, low, high FROM dates") {
            .date(parameter: $0[2], low: $0[3], high: $0[4])
        },
        SearchTable(select: "resource, type, parameter, target_type, target FROM refs") {
            .reference(parameter: $0[2], type: $0[3], target: $0[4])
        },
    ]
}

private struct SearchTableWalk {
    private let table: SearchTable
    private let cursor: RowCursor
    private var row: Row?

    init(_ table: SearchTable, _ db: Database) throws {
        self.table = table
        cursor = try Row.fetchCursor(db, sql: "SELECT \(table.select) ORDER BY resource")
        row = try cursor.next()
    }

    private var resource: Int64? { row.map { $0[0] } }

    /// Steps over the rows of lower resources; how many there were.
    mutating func skip(before id: Int64) throws -> UInt64 {
        var count: UInt64 = 0
        while let resource, resource < id {
            count += 1
            row = try cursor.next()
        }
        return count
    }

    /// Visits the rows of a resource. A row under another type than the resource's is found by no
    /// search for it, and is left out.
    mutating func take(
        _ id: Int64, type: Int64, _ visit: (PackedEntry) throws -> Void
    ) throws {
        while let found = row, resource == id {
            if found[1] as Int64 == type { try visit(table.entry(found)) }
            row = try cursor.next()
        }
    }
}
