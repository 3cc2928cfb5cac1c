import Foundation
import GRDB
import LedgerCore

/// Applies one batch inside one write transaction. Its statements are prepared once a connection.
struct IndexWriter {
    let db: Database
    var names: IndexNames.Pending
    private var nextResource: Int64
    private var knownSystems: Set<[Int64]> = []

    init(_ db: Database, _ names: IndexNames) throws {
        self.db = db
        self.names = IndexNames.Pending(names)
        nextResource =
            (try Int64.fetchOne(db, sql: "SELECT max(id) FROM resources") ?? 0) + 1
    }

    mutating func apply(_ batch: IndexBatch) throws {
        for record in batch.erased { try erase(record) }
        for version in batch.versions { try apply(version) }
        for (key, value) in batch.meta { try set("app." + key, Data(value)) }
        try set("applied_height", Int64(clamping: batch.appliedHeight))
    }

    private func set(_ key: String, _ value: any DatabaseValueConvertible) throws {
        try run("INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)", [key, value])
    }

    private func run(_ sql: String, _ arguments: StatementArguments) throws {
        let statement = try db.cachedStatement(sql: sql)
        statement.setUncheckedArguments(arguments)
        try statement.execute()
    }

    private struct Stored {
        let id: Int64
        let type: Int64
        let version: Int64
        let entries: Data
    }

    private func stored(_ record: Identifier) throws -> Stored? {
        let statement = try db.cachedStatement(
            sql: "SELECT id, type, version, entries FROM resources WHERE record = ?")
        return try Row.fetchOne(statement, arguments: [Data(record.bytes)]).map {
            Stored(id: $0[0], type: $0[1], version: $0[2], entries: $0[3])
        }
    }

    private mutating func apply(_ version: IndexedVersion) throws {
        let type = try names.number(.type, version.type, db)
        guard let stored = try stored(version.record) else {
            let id = nextResource
            nextResource += 1
            let entries = try pack(version.entries)
            try insert(version, id: id, type: type, entries: PackedEntry.join(entries.map(\.bytes)))
            try insert(version, resource: id)
            for entry in entries { try insert(entry.packed, type: type, resource: id) }
            return
        }
        guard stored.type == type else {
            throw IndexError.identityConflict(record: version.record)
        }
        try insert(version, resource: stored.id)
        guard Int64(clamping: version.version) >= stored.version else { return }
        let entries = try pack(version.entries)
        try update(version, id: stored.id, entries: PackedEntry.join(entries.map(\.bytes)))
        try replaceRows(of: stored, with: entries)
    }

    // MARK: Search rows

    private typealias Entry = (bytes: [UInt8], packed: PackedEntry)

    /// Each different entry once.
    private mutating func pack(_ entries: [SearchEntry]) throws -> [Entry] {
        var seen = Set<[UInt8]>(minimumCapacity: entries.count)
        var result = [Entry]()
        result.reserveCapacity(entries.count)
        for entry in entries {
            let packed = try pack(entry)
            let bytes = packed.encoded()
            if seen.insert(bytes).inserted { result.append((bytes, packed)) }
        }
        return result
    }

    private mutating func pack(_ entry: SearchEntry) throws -> PackedEntry {
        let parameter = try names.number(.parameter, entry.parameter, db)
        switch entry.value {
        case .token(let system, let code):
            let system = try system.map { try names.number(.system, $0, db) } ?? IndexNames.none
            return .token(parameter: parameter, system: system, code: code)
        case .string(let value): return .string(parameter: parameter, value: value)
        case .date(let low, let high): return .date(parameter: parameter, low: low, high: high)
        case .reference(let type, let id):
            let type = try type.map { try names.number(.type, $0, db) } ?? IndexNames.none
            return .reference(parameter: parameter, type: type, target: id)
        }
    }

    /// Changes only the rows that differ.
    private mutating func replaceRows(of stored: Stored, with entries: [Entry]) throws {
        let old = try unpack(stored)
        let oldKeys = Set(old.map(\.bytes))
        let newKeys = Set(entries.map(\.bytes))
        for entry in old where !newKeys.contains(entry.bytes) {
            try delete(entry.packed, type: stored.type, resource: stored.id)
        }
        for entry in entries where !oldKeys.contains(entry.bytes) {
            try insert(entry.packed, type: stored.type, resource: stored.id)
        }
    }

    private func unpack(_ stored: Stored) throws -> [Entry] {
        var result = [Entry]()
        let isWhole = stored.entries.withUnsafeBytes { bytes in
            PackedView.forEach(bytes) { entry in
                guard let view = PackedView(entry) else { return false }
                result.append(([UInt8](entry), PackedEntry(view)))
                return true
            }
        }
        let length = PackedEntry.join(result.map(\.bytes)).count
        guard isWhole, length == stored.entries.count else {
            throw IndexError.malformed(table: "resources", row: stored.id)
        }
        return result
    }

    private mutating func insert(_ entry: PackedEntry, type: Int64, resource: Int64) throws {
        switch entry {
        case .token(let parameter, let system, let code):
            if knownSystems.insert([type, parameter, system]).inserted {
                try run(
                    "INSERT OR IGNORE INTO token_systems VALUES (?, ?, ?)",
                    [type, parameter, system])
            }
            try run(
                "INSERT OR IGNORE INTO tokens VALUES (?, ?, ?, ?, ?)",
                [type, parameter, system, code, resource])
        case .string(let parameter, let value):
            try run(
                "INSERT OR IGNORE INTO strings VALUES (?, ?, ?, ?, ?)",
                [type, parameter, IndexText.fold(value), resource, value])
        case .date(let parameter, let low, let high):
            try run(
                "INSERT OR IGNORE INTO dates VALUES (?, ?, ?, ?, ?)",
                [type, parameter, low, high, resource])
        case .reference(let parameter, let targetType, let target):
            try run(
                "INSERT OR IGNORE INTO refs VALUES (?, ?, ?, ?, ?)",
                [type, parameter, target, targetType, resource])
        }
    }

    private func delete(_ entry: PackedEntry, type: Int64, resource: Int64) throws {
        switch entry {
        case .token(let parameter, let system, let code):
            try run(
                "DELETE FROM tokens WHERE \(key) AND system = ? AND code = ?",
                [type, parameter, resource, system, code])
        case .string(let parameter, let value):
            try run(
                "DELETE FROM strings WHERE \(key) AND folded = ? AND value = ?",
                [type, parameter, resource, IndexText.fold(value), value])
        case .date(let parameter, let low, let high):
            try run(
                "DELETE FROM dates WHERE \(key) AND low = ? AND high = ?",
                [type, parameter, resource, low, high])
        case .reference(let parameter, let targetType, let target):
            try run(
                "DELETE FROM refs WHERE \(key) AND target = ? AND target_type = ?",
                [type, parameter, resource, target, targetType])
        }
    }

    private let key = "type = ? AND parameter = ? AND resource = ?"

    // MARK: Resources and versions

    private func insert(
        _ version: IndexedVersion, id: Int64, type: Int64, entries: [UInt8]
    ) throws {
        do {
            try run(
                "INSERT INTO resources VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                [
                    id, Data(version.record.bytes), type, version.fhirId,
                    Int64(clamping: version.version), version.isDeleted, version.lastUpdatedMs,
                    Data(version.locator.bytes), version.subject.map { Data($0.bytes) },
                    Int64(clamping: version.height), Data(entries),
                ])
        } catch let error as DatabaseError where error.resultCode == .SQLITE_CONSTRAINT {
            throw IndexError.identityConflict(record: version.record)
        }
    }

    private func update(_ version: IndexedVersion, id: Int64, entries: [UInt8]) throws {
        try run(
            """
            UPDATE resources SET fhir_id = ?, version = ?, deleted = ?, last_updated = ?,
                locator = ?, subject = ?, entries = ? WHERE id = ?
            """,
            [
                version.fhirId, Int64(clamping: version.version), version.isDeleted,
                version.lastUpdatedMs, Data(version.locator.bytes),
                version.subject.map { Data($0.bytes) }, Data(entries), id,
            ])
    }

    private func insert(_ version: IndexedVersion, resource: Int64) throws {
        try run(
            "INSERT OR REPLACE INTO versions VALUES (?, ?, ?, ?, ?, ?, ?)",
            [
                resource, Int64(clamping: version.version), Int64(version.method.rawValue),
                version.lastUpdatedMs, Data(version.locator.bytes),
                Int64(clamping: version.height), Data(version.transaction.bytes),
            ])
    }

    private func erase(_ record: Identifier) throws {
        guard let stored = try stored(record) else { return }
        for entry in try unpack(stored) {
            try delete(entry.packed, type: stored.type, resource: stored.id)
        }
        try run("DELETE FROM versions WHERE resource = ?", [stored.id])
        try run("DELETE FROM resources WHERE id = ?", [stored.id])
    }
}
