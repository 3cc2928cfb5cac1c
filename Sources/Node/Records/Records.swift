package import FHIR
import LedgerCore
import Vault

/// FHIR's interactions over sealed records: what a request becomes before it is a transaction, and
/// how it is read back.
///
/// Writes return when they are durable in chain and vault and visible in state and index. Every
/// failure is a `NodeError`.
package final class Records: Sendable {
    let committer: Committer
    let index: RecordIndex
    let vault: Vault
    let state: LedgerState
    let claimKeys: ClaimKeys
    let reader: LedgerReader
    let clock: @Sendable () -> UInt64

    /// Writes of one resource go one after another.
    let turns = WriteTurns()

    /// How often a write is planned anew when another one came between. Those of the same resource
    /// wait for each other; what is left are claims, files and intents that authors built.
    static let attemptsMax = 16

    init(committer: Committer, index: RecordIndex, reader: LedgerReader) {
        self.committer = committer
        self.index = index
        self.reader = reader
        vault = committer.vault
        state = committer.engine.state
        claimKeys = committer.claimKeys
        clock = committer.clock
    }

    // MARK: Reading

    /// The newest version of a resource.
    ///
    /// - Throws: `notFound`, or `gone` where it was deleted.
    package func read(type: String, id: String) throws -> StoredVersion {
        guard let row = try index.current(type: type, fhirID: id) else {
            throw NodeError(.notFound, "there is no \(type) with this id")
        }
        guard !row.deleted else {
            throw NodeError(
                .gone, "this \(type) was deleted",
                hint: "its earlier versions are in \(row.reference)/_history")
        }
        return try open(row)
    }

    /// One version of a resource.
    package func read(type: String, id: String, version: String) throws -> StoredVersion {
        guard let current = try index.current(type: type, fhirID: id) else {
            throw NodeError(.notFound, "there is no \(type) with this id")
        }
        let row = try self.row(current, version: version)
        guard !row.deleted else { throw NodeError(.gone, "this version is the deletion") }
        return try open(row)
    }

    /// The versions of a resource, newest first, from below `before` on.
    package func history(
        type: String, id: String, count: Int, before: UInt32? = nil
    ) throws -> HistoryPage {
        guard let current = try index.current(type: type, fhirID: id) else {
            throw NodeError(.notFound, "there is no \(type) with this id")
        }
        let rows = try index.history(record: current.record)
        let page = rows.filter { $0.version < before ?? .max }.prefix(max(1, count))
        let next = page.last.flatMap { last in
            rows.contains { $0.version < last.version } ? last.version : nil
        }
        return HistoryPage(
            versions: try page.map {
                HistoryEntry(row: $0, stored: $0.deleted ? nil : try open($0))
            },
            total: rows.count, nextBefore: next)
    }

    /// A page of what matches.
    package func search(_ query: SearchQuery) throws -> SearchPage {
        let page = try index.search(query)
        return SearchPage(
            versions: try page.rows.map(open), total: page.total, nextCursor: page.nextCursor)
    }

    /// The row of a version by its text form.
    func row(_ current: VersionRow, version: String) throws -> VersionRow {
        guard let number = UInt32(version), String(number) == version,
            let row = try index.version(record: current.record, number)
        else { throw NodeError(.notFound, "there is no such version of this \(current.type)") }
        return row
    }

    /// Opens one version: sidecar, and the content unless it is a file, which is streamed.
    func open(_ row: VersionRow) throws -> StoredVersion {
        do {
            if row.type == "Binary" {
                let sidecar = try Sidecar(bytes: try vault.openSidecar(row.locator))
                if sidecar.form == .raw || sidecar.form == .sealed {
                    return StoredVersion(row: row, sidecar: sidecar, content: [])
                }
            }
            let opened = try vault.open(row.locator)
            return StoredVersion(
                row: row, sidecar: try Sidecar(bytes: opened.sidecar), content: opened.content)
        } catch {
            throw VaultProblem.error(error)
        }
    }
}

/// A version as the vault gave it back.
package struct StoredVersion: Sendable {
    package let row: VersionRow
    package let sidecar: Sidecar
    /// As the author sent it; empty for a file, which `Records.stream` gives in pieces.
    package let content: [UInt8]

    /// The resource as it is served, with the server's id, version, time and resolved references.
    package func served() throws -> [UInt8] { try sidecar.served(content) }
}

/// A page of search results.
package struct SearchPage: Sendable {
    package let versions: [StoredVersion]
    package let total: Int?
    package let nextCursor: String?
}

/// One line of a resource's history; a deletion has no content.
package struct HistoryEntry: Sendable {
    package let row: VersionRow
    package let stored: StoredVersion?
}

/// A page of a resource's history.
package struct HistoryPage: Sendable {
    package let versions: [HistoryEntry]
    package let total: Int
    /// Continue with versions below this one.
    package let nextBefore: UInt32?
}
