import Foundation
import GRDB
import LedgerCore

extension IndexRow {
    static let columns = """
        r.id, r.record, r.type, r.fhir_id, r.version, r.deleted, r.last_updated, r.locator,
        r.subject, r.created_height
        """
    static let select = "SELECT \(columns) FROM resources r "
    static let idColumn = 0
    static let typeColumn = 2
    /// Behind those of `columns`, where a query asks for it.
    static let entriesColumn = 10

    init(_ row: Row, type: String) throws {
        let id: Int64 = row[IndexRow.idColumn]
        let deleted: Int64 = row[5]
        guard let record = row.identifier(1), let locator = row.identifier(7),
            (0...1).contains(deleted)
        else { throw IndexError.malformed(table: "resources", row: id) }
        self.init(
            record: record, type: type, fhirId: row[3],
            version: UInt64(bitPattern: row[4] as Int64), lastUpdatedMs: row[6], locator: locator,
            subject: row.identifier(8), isDeleted: deleted == 1,
            createdHeight: UInt64(bitPattern: row[9] as Int64))
    }
}

extension VersionRow {
    static let select = """
        SELECT r.id, r.record, r.type, r.fhir_id, v.version, v.method, v.last_updated, v.locator,
            v.height, v.transaction_id
        FROM resources r JOIN versions v ON v.resource = r.id WHERE\u{20}
        """
    static let typeColumn = 2

    init(_ row: Row, type: String) throws {
        let id: Int64 = row[0]
        guard let record = row.identifier(1), let locator = row.identifier(7),
            let method = UInt8(exactly: row[5] as Int64).flatMap(VersionMethod.init),
            let transaction = Digest(row[9] as Data)
        else { throw IndexError.malformed(table: "versions", row: id) }
        self.init(
            record: record, type: type, fhirId: row[3],
            version: UInt64(bitPattern: row[4] as Int64), method: method, lastUpdatedMs: row[6],
            locator: locator, height: UInt64(bitPattern: row[8] as Int64),
            transaction: transaction)
    }
}

extension Row {
    /// The 16 bytes of a column; `nil` for NULL or another length.
    func identifier(_ column: Int) -> Identifier? {
        (self[column] as Data?).flatMap { Identifier($0) }
    }
}
