import Glibc
import KeyValue
import LedgerCore

/// Compares the lookup store with the catalogue, record by record. Changes no file.
final class LookupExpectation {
    private let store: KeyValueStore
    private let applied: CataloguePosition?
    private var rows: UInt64 = 0
    private var reachesApplied = false
    /// By pack, for a later record may take the pack back.
    private var findings: [Identifier: [Finding]] = [:]

    /// Throws where there is no lookup store that can be opened.
    init(_ directory: String) throws {
        store = try KeyValueStore.open(
            path: Catalogue.index(directory), options: Locations.options(readOnly: true))
        applied = try Locations(store: store).position()
        if applied == nil { reachesApplied = true }
    }

    deinit { store.close() }

    /// Looks at one record's rows.
    func compare(_ record: CatalogueRecord, at position: CataloguePosition) {
        guard let applied, position.number <= applied.number else { return }
        if position.number == applied.number { reachesApplied = position == applied }
        let pack = record.pack.pack
        guard let locations = Location.all(pack: pack, entries: record.pack.entries) else {
            findings[pack, default: []].append(
                Finding(.damage, "catalogue record \(position.number)", "its entries contradict"))
            return
        }
        guard !record.isCollected else {
            // Rows that should be gone show in their number.
            rows -= min(rows, UInt64(locations.count) + 1)
            findings[pack] = nil
            return
        }
        rows += UInt64(locations.count) + 1
        compare(locations, of: pack, at: position)
    }

    private func compare(
        _ locations: [Location], of pack: Identifier, at position: CataloguePosition
    ) {
        var findings: [Finding] = []
        for location in locations {
            expect(
                Locations.key(location.content), try? location.encoded,
                "locator \(location.content.locator)", &findings)
        }
        expect(
            Locations.key(pack: pack), Locations.place(position), "pack \(pack)", &findings)
        if !findings.isEmpty { self.findings[pack] = findings }
    }

    private func expect(
        _ key: [UInt8], _ value: [UInt8]?, _ what: String, _ findings: inout [Finding]
    ) {
        do {
            if try store.get(key) == value { return }
            findings.append(Finding(.damage, store.path, "the row for \(what) is missing or wrong"))
        } catch { findings.append(Finding(.damage, store.path, "\(error)")) }
    }

    /// Findings about the rows of packs that were not collected.
    var rowFindings: [Finding] { findings.sorted { $0.key < $1.key }.flatMap(\.value) }

    /// All findings after the last record: wrong rows, rows too many, and how far the store has
    /// come.
    func compareEnd(with tail: CatalogueWalk.Tail) -> [Finding] {
        var findings = rowFindings
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
