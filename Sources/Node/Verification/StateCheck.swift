import Contracts
import KeyValue
import LedgerCore
import Storage

/// The applied state, opened read-only, to be compared when the replay reaches its height.
struct StateCheck {
    let height: UInt64
    private let store: RocksLedgerStore
    private let directory: String

    /// `nil` where there is no state to compare, or it does not open (which is reported).
    init?(directory: String, _ report: inout VerificationReport) {
        self.directory = directory
        do {
            store = try RocksLedgerStore(directory: directory, readOnly: true)
            if store.isOlderForm {
                report.warn(
                    "state", directory,
                    "an earlier version wrote it; the next start builds it again from the chain")
                return nil
            }
            guard let head = try store.head() else {
                report.warn(
                    "state", directory, "it is empty; the next start builds it from the chain")
                return nil
            }
            height = head.height
        } catch {
            report.damage("state", directory, "it does not open: \(error)")
            return nil
        }
    }

    func close() { store.close() }

    /// Compares every entry of every kind, in order.
    func compare(
        with memory: MemoryLedgerStore, begun: BegunSeal?, _ report: inout VerificationReport
    ) {
        for kind in LedgerKind.allCases {
            do {
                var comparison = try EntryComparison(kind, of: memory, begun: begun)
                try store.forEach(kind, from: []) { comparison.take($0, $1) }
                if let wrong = comparison.firstWrong {
                    report.damage(
                        "state", "\(directory), \(kind) entry \(Hex.encode(wrong))",
                        "it is not what the chain leads to")
                }
            } catch {
                report.damage("state", "\(directory), \(kind) entries", "\(error)")
            }
        }
    }
}

/// The stored entries of one kind beside those that the chain leads to, both in order.
private struct EntryComparison {
    private let expected: [(key: [UInt8], value: [UInt8])]
    /// Pages of a seal that was begun: some of them may be stored before a block names them.
    private var ahead: [[UInt8]: [UInt8]] = [:]
    /// Whether an entry may be gone, by its place: an old version of a page, one that is none, or a
    /// value that only states before the newest root need.
    private var mayLack: [Bool]
    private var position = 0
    private var wrong: [UInt8]?

    init(_ kind: LedgerKind, of memory: MemoryLedgerStore, begun: BegunSeal?) throws {
        var entries = [(key: [UInt8], value: [UInt8])]()
        try memory.forEach(kind, from: []) { key, value in
            entries.append((key, value))
            return .continue
        }
        expected = entries
        mayLack = [Bool](repeating: false, count: entries.count)
        if kind == .former, let newest = try memory.stateVersion(atMost: .max) {
            mayLack = entries.map { LedgerEntry.isFormer($0.key, neededBelow: newest) }
        }
        guard kind == .node else { return }
        var newest: ArraySlice<UInt8> = []
        for index in entries.indices {
            guard let (place, _) = PageName.split(entries[index].key) else { continue }
            mayLack[index] = place == newest || entries[index].value.isEmpty
            newest = place
        }
        for page in try begun?.sealed(page: memory.stateNode).pages ?? [] {
            ahead[page.name] = page.bytes
        }
    }

    mutating func take(_ key: [UInt8], _ value: [UInt8]) -> ScanStep {
        while position < expected.count, expected[position].key != key, mayLack[position],
            expected[position].key.lexicographicallyPrecedes(key)
        {
            position += 1
        }
        if position < expected.count, expected[position] == (key, value) {
            position += 1
        } else if ahead[key] != value {
            let isMissing =
                position < expected.count && expected[position].key.lexicographicallyPrecedes(key)
            wrong = isMissing ? expected[position].key : key
            return .stop
        }
        return .continue
    }

    /// The first entry that is missing, altered or too many.
    var firstWrong: [UInt8]? {
        if let wrong { return wrong }
        return expected.indices[position...].first { !mayLack[$0] }.map { expected[$0].key }
    }
}
