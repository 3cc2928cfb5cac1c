package import FHIR
package import LedgerCore

/// One version as the query index knows it.
package struct VersionRow: Hashable, Sendable {
    package let record: Identifier
    package let type: String
    package let fhirID: String
    package let version: UInt32
    package let deleted: Bool
    package let lastUpdatedMs: Int64
    package let locator: Identifier

    package init(
        record: Identifier, type: String, fhirID: String, version: UInt32, deleted: Bool,
        lastUpdatedMs: Int64, locator: Identifier
    ) {
        self.record = record
        self.type = type
        self.fhirID = fhirID
        self.version = version
        self.deleted = deleted
        self.lastUpdatedMs = lastUpdatedMs
        self.locator = locator
    }

    /// `Type/id`.
    package var reference: String { "\(type)/\(fhirID)" }

    /// The version as a weak entity tag, FHIR's form.
    package var etag: String { "W/\"\(version)\"" }
}

/// A version with what searches find it by: what the index takes over when its block is published.
package struct IndexedVersion: Sendable {
    package let row: VersionRow
    package let patient: Identifier?
    package let entries: [SearchEntry]

    /// Reads from content and sidecar what the index holds of a version; also how the index is
    /// rebuilt.
    package init(sidecar: Sidecar, content: [UInt8], locator: Identifier) throws {
        row = VersionRow(
            record: sidecar.record, type: sidecar.type, fhirID: sidecar.fhirID,
            version: sidecar.version, deleted: sidecar.form == .tombstone,
            lastUpdatedMs: sidecar.lastUpdatedMs, locator: locator)
        patient = sidecar.patient
        guard sidecar.form == .fhirJSON else {
            entries = []
            return
        }
        let served = try JSONDocument(parsing: try sidecar.served(content))
        entries = SearchIndexer.entries(of: served.root)
    }
}
