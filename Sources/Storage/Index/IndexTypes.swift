package import LedgerCore

/// One value by which a resource can be found: a search parameter's code and what the resource
/// says.
package struct SearchEntry: Hashable, Sendable {
    package var parameter: String
    package var value: SearchValue

    package init(_ parameter: String, _ value: SearchValue) {
        self.parameter = parameter
        self.value = value
    }
}

package enum SearchValue: Hashable, Sendable {
    /// Codes compare byte by byte; the caller folds where a code system is case-insensitive.
    case token(system: String?, code: String)
    /// As the resource has it; the index folds case and diacritics itself.
    case string(String)
    /// The first and last millisecond that the value covers.
    case date(lowMs: Int64, highMs: Int64)
    /// A literal reference, or a URL without a type.
    case reference(type: String?, id: String)
}

/// How a version came about. Raw values are stored and never change.
package enum VersionMethod: UInt8, Sendable {
    case create = 1
    case update = 2
    case delete = 3
}

/// One version as the index takes it in.
package struct IndexedVersion: Sendable, Hashable {
    package var record: Identifier
    package var type: String
    package var fhirId: String
    package var version: UInt64
    package var method: VersionMethod
    package var lastUpdatedMs: Int64
    package var locator: Identifier
    /// The patient's pseudonym, where there is one.
    package var subject: Identifier?
    package var height: UInt64
    package var transaction: Digest
    /// Empty in a deletion.
    package var entries: [SearchEntry]

    package var isDeleted: Bool { method == .delete }

    package init(
        record: Identifier, type: String, fhirId: String, version: UInt64, method: VersionMethod,
        lastUpdatedMs: Int64, locator: Identifier, subject: Identifier? = nil, height: UInt64,
        transaction: Digest, entries: [SearchEntry]
    ) {
        self.record = record
        self.type = type
        self.fhirId = fhirId
        self.version = version
        self.method = method
        self.lastUpdatedMs = lastUpdatedMs
        self.locator = locator
        self.subject = subject
        self.height = height
        self.transaction = transaction
        self.entries = entries
    }
}

/// What one write transaction changes.
package struct IndexBatch: Sendable {
    /// The chain's height up to which the index is complete after this batch.
    package var appliedHeight: UInt64
    package var versions: [IndexedVersion] = []
    /// Records of which every row goes, as if never seen (erasure).
    package var erased: [Identifier] = []
    /// Small values that belong to the caller.
    package var meta: [(key: String, value: [UInt8])] = []

    package init(appliedHeight: UInt64) { self.appliedHeight = appliedHeight }
}

/// The newest version of a resource, as lookups and queries give it.
package struct IndexRow: Sendable, Hashable {
    package let record: Identifier
    package let type: String
    package let fhirId: String
    package let version: UInt64
    package let lastUpdatedMs: Int64
    package let locator: Identifier
    package let subject: Identifier?
    package let isDeleted: Bool
    /// The height of the block with the first version that was indexed.
    package let createdHeight: UInt64
}

/// One version in a history.
package struct VersionRow: Sendable, Hashable {
    package let record: Identifier
    package let type: String
    package let fhirId: String
    package let version: UInt64
    package let method: VersionMethod
    package let lastUpdatedMs: Int64
    package let locator: Identifier
    package let height: UInt64
    package let transaction: Digest

    package var isDeleted: Bool { method == .delete }
}

package enum IndexError: Error, Sendable, Equatable, CustomStringConvertible {
    /// Another record already has this type and FHIR id, or the record had another type.
    case identityConflict(record: Identifier)
    /// The cursor is not one of this query's.
    case cursorUnusable
    /// More alternatives than `IndexLimits.alternativesMax`.
    case queryTooLarge
    /// A row has not the form that this version writes; rebuild the index.
    case malformed(table: String, row: Int64)
    /// The database was written by a newer version of the server.
    case newerVersion

    package var description: String {
        switch self {
        case .identityConflict(let record): "record \(record) contradicts the index"
        case .cursorUnusable: "the page cursor is not valid for this query"
        case .queryTooLarge: "more than \(IndexLimits.alternativesMax) values in one query"
        case .malformed(let table, let row): "index: row \(row) of \(table) is malformed"
        case .newerVersion: "the index was written by a newer version of the server"
        }
    }
}

package enum IndexLimits {
    /// Rows of one page.
    package static let pageRowsMax = 1_000
    /// Values over all clauses of a query: below SQLite's 32,766 bound variables, five a value.
    package static let alternativesMax = 4_000
    /// Connections for reading; each costs a page cache.
    package static let readersMax = 5
    /// The writer's page cache: what a batch of inserts touches at a million resources.
    package static let writerCacheBytes = 64 << 20
    /// A reader's page cache.
    package static let readerCacheBytes = 8 << 20
    /// Pages in the log before it is folded back (128 MB): pages that many batches touch are then
    /// written to the database once.
    static let checkpointPages = 32_000
    /// Interned names kept in memory; beyond that they are read from their table.
    static let namesMax = 65_536
}

/// The numbers by which a query's way is chosen. They change what it costs, never what it answers.
package struct IndexPlanning: Sendable {
    /// A clause with fewer rows drives the query without a look at how many more others have.
    package var fewRows = 256
    /// From this many rows on, walking in order may cost less than collecting them (some 20 ms).
    package var manyRows = 20_000
    /// Candidates that such a walk may look at (some 10 ms) before the rows are collected.
    package var walkMax = 5_000

    /// The numbers that were measured to suit.
    package init() {}
}
