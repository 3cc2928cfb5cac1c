import Foundation
import GRDB
package import LedgerCore

/// The query index of one node (`DIR/index/index.sqlite`): what FHIR search, reads by id and
/// histories need, rebuildable from chain and vault.
///
/// Contract:
/// - `apply` is one transaction: all of a batch or nothing, also over a crash. A loss of power may
///   undo the newest batches, never a part of one; `appliedHeight` says where to go on. Applying a
///   batch again changes nothing.
/// - Reads MAY come from any threads at once and do not wait for writes; each sees one commit.
/// - A deleted resource keeps a tombstone and its history, and loses its search rows.
/// - Erased rows are overwritten with zeros in the database file (`secure_delete`); the log file
///   follows at the next checkpoint.
package final class Index: Sendable {
    let pool: any DatabaseReader
    private let writer: DatabasePool?
    let names = IndexNames()
    let planning: IndexPlanning

    package static let fileName = "index.sqlite"

    /// Opens the index in `directory`, both made if absent, and migrates it.
    package static func open(
        directory: String, planning: IndexPlanning = IndexPlanning()
    ) throws -> Index {
        try FileManager.default.createDirectory(
            atPath: directory, withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o700])
        let pool = try DatabasePool(
            path: directory + "/" + fileName, configuration: configuration())
        guard try !pool.read(IndexSchema.migrator.hasBeenSuperseded) else {
            throw IndexError.newerVersion
        }
        try IndexSchema.migrator.migrate(pool)
        return Index(pool: pool, writer: pool, planning: planning)
    }

    init(
        pool: any DatabaseReader, writer: DatabasePool?, planning: IndexPlanning = IndexPlanning()
    ) {
        self.planning = planning
        self.pool = pool
        self.writer = writer
    }

    static func configuration() -> Configuration {
        var configuration = Configuration()
        configuration.maximumReaderCount = IndexLimits.readersMax
        configuration.prepareDatabase { db in
            let cacheBytes =
                db.configuration.readonly
                ? IndexLimits.readerCacheBytes : IndexLimits.writerCacheBytes
            try db.execute(sql: "PRAGMA cache_size = -\(cacheBytes >> 10)")
            guard !db.configuration.readonly else { return }
            try db.execute(sql: "PRAGMA secure_delete = ON")
            try db.execute(sql: "PRAGMA wal_autocheckpoint = \(IndexLimits.checkpointPages)")
        }
        return configuration
    }

    /// Applies a batch. Throws `IndexError.identityConflict` where it contradicts the index.
    package func apply(_ batch: IndexBatch) throws {
        guard let writer else {
            throw DatabaseError(resultCode: .SQLITE_READONLY, message: "read-only copy")
        }
        let names = try writer.write { db in
            var writer = try IndexWriter(db, self.names)
            try writer.apply(batch)
            return writer.names
        }
        names.publish()
    }

    /// The height of the last applied batch; `nil` before the first.
    package var appliedHeight: UInt64? {
        get throws {
            try pool.read { db in
                try Int64.fetchOne(db, sql: "SELECT value FROM meta WHERE key = 'applied_height'")
                    .map { value in
                        guard let height = UInt64(exactly: value) else {
                            throw IndexError.malformed(table: "meta", row: 0)
                        }
                        return height
                    }
            }
        }
    }

    /// A value that a batch set.
    package func meta(_ key: String) throws -> [UInt8]? {
        try pool.read { db in
            try Data.fetchOne(
                db, sql: "SELECT value FROM meta WHERE key = ?", arguments: ["app." + key]
            ).map { [UInt8]($0) }
        }
    }

    /// Folds the log into the database and closes it. Later calls throw.
    ///
    /// SQLite would fold it in by itself only if the writer were closed last, which GRDB does not
    /// do. Where that fails (a full disk) the log stays, and the next open takes it up.
    package func close() throws {
        _ = try? writer?.writeWithoutTransaction { try $0.checkpoint(.truncate) }
        try pool.close()
    }

    // MARK: Lookups

    /// The newest version of a resource, also a deleted one.
    package func resource(type: String, fhirId: String) throws -> IndexRow? {
        try pool.unsafeRead { db in
            guard let number = try names.number(.type, type, db) else { return nil }
            let statement = try db.cachedStatement(
                sql: IndexRow.select + "WHERE r.type = ? AND r.fhir_id = ?")
            return try Row.fetchOne(statement, arguments: [number, fhirId]).map {
                try IndexRow($0, type: type)
            }
        }
    }

    package func resource(record: Identifier) throws -> IndexRow? {
        try pool.unsafeRead { db in
            let statement = try db.cachedStatement(sql: IndexRow.select + "WHERE r.record = ?")
            return try Row.fetchOne(statement, arguments: [Data(record.bytes)]).map { row in
                try IndexRow(row, type: names.text(.type, row[IndexRow.typeColumn], db) ?? "")
            }
        }
    }

    /// All indexed versions of a record, the newest first.
    package func history(_ record: Identifier) throws -> [VersionRow] {
        try versions("r.record = ? ORDER BY v.version DESC", [Data(record.bytes)])
    }

    package func version(_ record: Identifier, _ version: UInt64) throws -> VersionRow? {
        try versions(
            "r.record = ? AND v.version = ?", [Data(record.bytes), Int64(clamping: version)]
        ).first
    }

    /// The search entries of the newest version, for following references.
    package func entries(_ record: Identifier) throws -> [SearchEntry] {
        try pool.read { db in
            let statement = try db.cachedStatement(
                sql: "SELECT id, entries FROM resources WHERE record = ?")
            guard let row = try Row.fetchOne(statement, arguments: [Data(record.bytes)]) else {
                return []
            }
            return try unpack(row[1], row: row[0], db)
        }
    }

    private func versions(
        _ condition: String, _ arguments: StatementArguments
    ) throws -> [VersionRow] {
        try pool.unsafeRead { db in
            let statement = try db.cachedStatement(sql: VersionRow.select + condition)
            return try Row.fetchAll(statement, arguments: arguments).map { row in
                try VersionRow(row, type: names.text(.type, row[VersionRow.typeColumn], db) ?? "")
            }
        }
    }

    /// The entries in packed form, with their names.
    func unpack(_ bytes: Data, row: Int64, _ db: Database) throws -> [SearchEntry] {
        var entries = [SearchEntry]()
        let isWhole = try bytes.withUnsafeBytes { bytes in
            try PackedView.forEach(bytes) { entry in
                guard let view = PackedView(entry) else {
                    throw IndexError.malformed(table: "resources", row: row)
                }
                entries.append(try unpack(PackedEntry(view), db))
                return true
            }
        }
        guard isWhole else { throw IndexError.malformed(table: "resources", row: row) }
        return entries
    }

    func unpack(_ entry: PackedEntry, _ db: Database) throws -> SearchEntry {
        func parameter(_ number: Int64) throws -> String {
            try names.text(.parameter, number, db) ?? ""
        }
        switch entry {
        case .token(let number, let system, let code):
            return try SearchEntry(
                parameter(number), .token(system: names.text(.system, system, db), code: code))
        case .string(let number, let value):
            return try SearchEntry(parameter(number), .string(value))
        case .date(let number, let low, let high):
            return try SearchEntry(parameter(number), .date(lowMs: low, highMs: high))
        case .reference(let number, let type, let target):
            return try SearchEntry(
                parameter(number), .reference(type: names.text(.type, type, db), id: target))
        }
    }
}
