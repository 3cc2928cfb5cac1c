package import FHIR
package import LedgerCore
package import Storage

/// The query index as the node uses it: rows of versions, and FHIR searches as index queries.
package final class RecordIndex: Sendable {
    private let index: Storage.Index

    package init(_ index: Storage.Index) { self.index = index }

    /// Tells the index of a stopped node that it is as far as the ledger, where no record of the
    /// blocks between has content: what measures a ledger alone makes such blocks.
    package static func moveToHead(of directory: DataDirectory) throws {
        let state = try RocksLedgerStore(directory: directory.state, readOnly: true)
        defer { state.close() }
        guard let height = try state.head()?.height else { return }
        let index = try Storage.Index.open(directory: directory.index)
        try index.apply(IndexBatch(appliedHeight: height))
        try index.close()
    }

    /// The height up to which every block is in the index.
    package var appliedHeight: UInt64? { get throws { try index.appliedHeight } }

    /// Gives the database back. Nothing is called after it.
    package func close() throws { try index.close() }

    /// The newest version of a resource, deleted or not.
    package func current(type: String, fhirID: String) throws -> VersionRow? {
        try index.resource(type: type, fhirId: fhirID).map(row)
    }

    /// The newest version of a record, deleted or not.
    package func current(record: Identifier) throws -> VersionRow? {
        try index.resource(record: record).map(row)
    }

    /// One version of a record.
    package func version(record: Identifier, _ number: UInt32) throws -> VersionRow? {
        try index.version(record, UInt64(number)).map(row)
    }

    /// Newest first.
    package func history(record: Identifier) throws -> [VersionRow] {
        try index.history(record).map(row).sorted { $0.version > $1.version }
    }

    /// The id of the transaction that wrote a version.
    func transaction(of row: VersionRow) throws -> Digest? {
        try index.version(row.record, UInt64(row.version))?.transaction
    }

    /// The patient in whose compartment a record is: that patient's record.
    func subject(of record: Identifier) throws -> Identifier? {
        try index.resource(record: record)?.subject
    }

    /// The versions of a record with their places on the ledger, newest first.
    func places(of record: Identifier) throws -> [(row: VersionRow, place: Records.Place)] {
        try index.history(record).map {
            (row($0), Records.Place(transaction: $0.transaction, height: $0.height))
        }.sorted { $0.row.version > $1.row.version }
    }

    /// All rows of a query, page by page, up to its limit.
    func rows(_ query: IndexQuery) throws -> [VersionRow] {
        var query = query
        var rows = [VersionRow]()
        let limit = query.limit
        repeat {
            query.limit = min(limit - rows.count, IndexLimits.pageRowsMax)
            let page = try index.find(query)
            rows += page.rows.map(row)
            query.cursor = page.next
        } while query.cursor != nil && rows.count < limit
        return rows
    }

    /// The first few matches of a query, whatever its page size.
    package func matches(_ query: SearchQuery, atMost limit: Int) throws -> [VersionRow] {
        var plan = try SearchPlan.query(query)
        plan.limit = limit
        plan.wantsTotal = false
        return try index.find(plan).rows.map(row)
    }

    /// One page of a query.
    package func search(_ query: SearchQuery) throws -> Page {
        let result: IndexPage
        do {
            result = try index.find(try SearchPlan.query(query))
        } catch IndexError.cursorUnusable {
            throw NodeError(
                .badRequest, "the _cursor is not one of this search",
                hint: "follow the next link of a page as it is")
        } catch IndexError.queryTooLarge {
            throw NodeError(.badRequest, "the search has too many values", hint: "split it")
        }
        return Page(
            rows: result.rows.map(row), total: result.total.map(Int.init),
            nextCursor: result.next)
    }

    /// Rows of one page, and how to go on.
    package struct Page: Sendable {
        package let rows: [VersionRow]
        package let total: Int?
        package let nextCursor: String?
    }

    /// Takes published blocks over in one index transaction.
    func apply(_ blocks: [PublishedBlock]) throws {
        guard let last = blocks.last else { return }
        var batch = IndexBatch(appliedHeight: last.height)
        for block in blocks {
            for published in block.versions {
                batch.versions.append(row(published, height: block.height))
            }
        }
        try index.apply(batch)
    }

    private func row(_ published: PublishedVersion, height: UInt64) -> Storage.IndexedVersion {
        let version = published.version
        let row = version.row
        return Storage.IndexedVersion(
            record: row.record, type: row.type, fhirId: row.fhirID, version: UInt64(row.version),
            method: row.deleted ? .delete : row.version == 1 ? .create : .update,
            lastUpdatedMs: row.lastUpdatedMs, locator: row.locator, subject: version.patient,
            height: height, transaction: published.transaction,
            entries: version.entries.map(SearchPlan.entry))
    }

    private func row(_ row: IndexRow) -> VersionRow {
        VersionRow(
            record: row.record, type: row.type, fhirID: row.fhirId, version: UInt32(row.version),
            deleted: row.isDeleted, lastUpdatedMs: row.lastUpdatedMs, locator: row.locator)
    }

    private func row(_ row: Storage.VersionRow) -> VersionRow {
        VersionRow(
            record: row.record, type: row.type, fhirID: row.fhirId, version: UInt32(row.version),
            deleted: row.isDeleted, lastUpdatedMs: row.lastUpdatedMs, locator: row.locator)
    }
}
