import LedgerCore
import Vault

/// Compares versions rebuilt from fragments with what the chain committed to.
struct VersionCheck {
    let expected: [Identifier: CommittedVersion]
    /// By record: what the index must hold of it.
    private(set) var seen: [Identifier: [CheckedVersion]] = [:]

    init(expected: [Identifier: CommittedVersion]) { self.expected = expected }

    mutating func check(
        _ locator: Identifier, _ result: Result<InspectedVersion, any Error>,
        _ report: inout VerificationReport
    ) {
        guard let committed = expected[locator] else { return }
        let place = "record \(committed.record) version \(committed.version), locator \(locator)"
        do {
            let version = try result.get()
            guard version.commitment == committed.commitment else {
                report.damage("records", place, "the content is not what its commitment names")
                return
            }
            let sidecar = try Sidecar(bytes: version.sidecar)
            guard sidecar.record == committed.record, sidecar.version == committed.version else {
                report.damage("records", place, "the sidecar is of another version")
                return
            }
            let indexed = try IndexedVersion(
                sidecar: sidecar, content: version.content ?? [], locator: locator)
            seen[committed.record, default: []].append(
                CheckedVersion(committed: committed, indexed: indexed))
        } catch {
            report.damage("records", place, "it cannot be rebuilt from fragments: \(error)")
        }
    }
}

/// A version that was rebuilt and holds.
struct CheckedVersion {
    let committed: CommittedVersion
    let row: VersionRow
    let patient: Identifier?
    /// Digest over what searches find it by: kept instead of the entries, which are many.
    let entries: Digest

    init(committed: CommittedVersion, indexed: IndexedVersion) {
        self.committed = committed
        row = indexed.row
        patient = indexed.patient
        entries = IndexCheck.digest(indexed.entries.map(SearchPlan.entry))
    }
}
