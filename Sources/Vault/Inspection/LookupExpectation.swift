import Glibc
import KeyValue
import LedgerCore

/// Compares the lookup store with the catalogue, record by record. Changes no file.
final class LookupExpectation {
    private let store: KeyValueStore
    private let applied: CataloguePosition?
    private var rows: UInt64 = 0
    private var reachesApplied = false

    /// Throws where there is no lookup store that can be opened.
    init(_ directory: String) throws {
        store = try KeyValueStore.open(
            path: Catalogue.index(directory), options: Locations.options(readOnly: true))
        applied = try Locations(store: store).position()
        if applied == nil { reachesApplied = true }
    }

    deinit { store.close() }

    /// Findings about one record's rows.
    func compare(_ record: PackRecord, at position: CataloguePosition) -> [Finding] {
        guard let applied, position.number <= applied.number else { return [] }
        if position.number == applied.number { reachesApplied = position == applied }
        guard let locations = Location.all(pack: record.pack, entries: record.entries) else {
            return [
                Finding(.damage, "catalogue record \(position.number)", "its entries contradict")
            ]
        }
        rows += UInt64(locations.count) + 1
        var findings: [Finding] = []
        for location in locations {
            expect(
                Locations.key(location.content), try? location.encoded,
                "locator \(location.content.locator)", &findings)
        }
        expect(
            Locations.key(pack: record.pack), Locations.place(position), "pack \(record.pack)",
            &findings)
        return findings
    }

    private func expect(
        _ key: [UInt8], _ value: [UInt8]?, _ what: String, _ findings: inout [Finding]
    ) {
        do {
            if try store.get(key) == value { return }
            findings.append(Finding(.damage, store.path, "the row for \(what) is missing or wrong"))
        } catch { findings.append(Finding(.damage, store.path, "\(error)")) }
    }

    /// Findings after the last record: rows too many, and how far the store has come.
    func compareEnd(with tail: CatalogueWalk.Tail) -> [Finding] {
        var findings: [Finding] = []
        if !reachesApplied {
            findings.append(
                Finding(.damage, store.path, "it has taken in records that the catalogue lacks"))
        }
        do {
            let position: UInt64 = applied == nil ? 0 : 1
            let count = try store.verifyChecksums()
            if count != rows + position {
                findings.append(
                    Finding(.damage, store.path, "\(count) rows, \(rows + position) expected"))
            }
        } catch { findings.append(Finding(.damage, store.path, "\(error)")) }
        if (applied.map { $0.number + 1 } ?? 0) < tail.next {
            findings.append(
                Finding(.warning, store.path, "it is behind; the next open brings it up"))
        }
        return findings
    }
}
