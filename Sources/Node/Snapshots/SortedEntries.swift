import LedgerCore
import Storage

/// State entries in the order of their paths, with bounded memory: as many passes over the store as
/// it takes to hold one part of the paths at a time.
struct SortedEntries {
    private let entries: StateMoment
    private let passes: Int

    /// What one pass holds, about.
    private static let passBytes = 128 << 20
    /// Beyond keys and values, what an entry takes in memory.
    private static let entryOverheadBytes = 160
    /// Parts are told apart by the path's first byte: beyond 256 × 128 MiB they grow.
    private static let passesMax = 256

    /// Counts the entries: one pass.
    init(_ entries: StateMoment) throws {
        self.entries = entries
        var bytes = 0
        try entries.forEach { key, value in
            bytes += key.count + value.count + SortedEntries.entryOverheadBytes
        }
        passes = min(max(1, bytes / SortedEntries.passBytes + 1), SortedEntries.passesMax)
    }

    /// Hands all entries to `body`, part by part.
    func forEachPart(_ body: ([WireSnapshotEntry]) async throws -> Void) async throws {
        for pass in 0..<passes {
            var part = [(path: Digest, entry: WireSnapshotEntry)]()
            try entries.forEach { key, value in
                let path = StateTree.path(of: key)
                guard Int(path.bytes[0]) * passes / 256 == pass else { return }
                var entry = WireSnapshotEntry()
                entry.key = key.field
                entry.value = value.field
                part.append((path, entry))
            }
            part.sort { $0.path < $1.path }
            try await body(part.map(\.entry))
        }
    }
}
