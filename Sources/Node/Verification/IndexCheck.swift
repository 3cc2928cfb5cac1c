import LedgerCore
import Storage

/// Compares the query index, row by row, with what the committed versions lead to.
struct IndexCheck {
    let directory: String
    let versions: [Identifier: [CheckedVersion]]

    func run(_ report: inout VerificationReport) throws {
        let copy: IndexCopy
        do {
            copy = try Index.open(readOnlyCopy: directory)
        } catch {
            report.damage("index", directory, "it does not open: \(error)")
            return
        }
        defer { try? copy.close() }
        do {
            let problems = try copy.integrityCheck()
            for problem in problems { report.damage("index", directory, problem) }
            // Rows of a broken database say nothing more.
            guard problems.isEmpty else { return }
            guard let applied = try copy.index.appliedHeight else {
                try checkEmpty(copy, &report)
                return
            }
            checkHeight(applied, &report)
            var missing = Set(
                versions.filter { $0.value.contains { $0.committed.height <= applied } }.keys)
            let orphans = try copy.index.forEachRecord { record in
                missing.remove(record.row.record)
                let expected = versions[record.row.record]?
                    .filter { $0.committed.height <= applied }
                    .sorted { $0.row.version < $1.row.version }
                if let problem = IndexCheck.compare(record, expected ?? []) {
                    report.damage("index", "record \(record.row.record)", problem)
                }
            }
            for record in missing.sorted() {
                report.damage("index", "record \(record)", "the index does not know it")
            }
            if orphans > 0 {
                report.damage("index", directory, "\(orphans) search rows belong to no resource")
            }
        } catch {
            report.damage("index", directory, "\(error)")
        }
    }

    /// An index that says of no block that it holds it must hold nothing.
    private func checkEmpty(_ copy: IndexCopy, _ report: inout VerificationReport) throws {
        var records = 0
        _ = try copy.index.forEachRecord { _ in records += 1 }
        if records == 0 {
            report.warn("index", directory, "it is empty; the next start builds it")
        } else {
            report.damage("index", directory, "it does not say which blocks it holds")
        }
    }

    /// The index follows the chain, whose blocks were counted from height 0, or from where the node
    /// began.
    private func checkHeight(_ applied: UInt64, _ report: inout VerificationReport) {
        let before = report.beginning.map { $0.stateHeight + 1 } ?? 0
        let heights = UInt64(report.blocks) + before
        if applied >= heights {
            report.damage(
                "index", directory, "it holds height \(applied), the chain has \(heights) blocks")
        } else if applied + 1 < heights {
            report.warn("index", directory, "it is behind; the next start brings it up")
        }
    }

    /// What is wrong with a record's rows; `nil` where nothing is.
    private static func compare(
        _ record: IndexedRecord, _ expected: [CheckedVersion]
    ) -> String? {
        guard let newest = expected.last else { return "the chain committed no such record" }
        let row = newest.row
        guard record.row.type == row.type, record.row.fhirId == row.fhirID,
            record.row.version == UInt64(row.version), record.row.locator == row.locator,
            record.row.isDeleted == row.deleted, record.row.lastUpdatedMs == row.lastUpdatedMs,
            record.row.subject == newest.patient,
            record.row.createdHeight == expected.first?.committed.height
        else { return "its row differs from the newest version" }
        guard record.versions.count == expected.count else {
            return "it has \(record.versions.count) versions, \(expected.count) were committed"
        }
        for (found, wanted) in zip(record.versions, expected) {
            guard found.version == UInt64(wanted.row.version), found.locator == wanted.row.locator,
                found.height == wanted.committed.height,
                found.transaction == wanted.committed.transaction,
                found.lastUpdatedMs == wanted.row.lastUpdatedMs, found.type == wanted.row.type,
                found.fhirId == wanted.row.fhirID, found.isDeleted == wanted.row.deleted
            else { return "its row of version \(wanted.row.version) differs" }
        }
        guard digest(record.entries) == newest.entries,
            digest(record.packedEntries) == newest.entries
        else { return "its search rows differ from its content" }
        return nil
    }

    /// Digest of search entries, whatever their order.
    static func digest(_ entries: [Storage.SearchEntry]) -> Digest {
        let lines = entries.map { entry -> String in
            let value =
                switch entry.value {
                case .token(let system, let code): "t\(system ?? "\u{0}")\u{1}\(code)"
                case .string(let text): "s\(text)"
                case .date(let low, let high): "d\(low)\u{1}\(high)"
                case .reference(let type, let id): "r\(type ?? "\u{0}")\u{1}\(id)"
                }
            return "\(entry.parameter)\u{1}\(value)"
        }
        return Digest.sha256(Array(Set(lines).sorted().joined(separator: "\u{2}").utf8))
    }
}
