import KeyValue
package import LedgerCore
import Storage

/// Names the blocks that were applied by a version which did not: from the head down to block 0,
/// so that where block 0 has its name, all have.
struct BlockNames: Sendable {
    let reader: LedgerReader

    /// Blocks named in one step.
    private static let stepBlocks: UInt64 = 512

    /// Whether every block of a store has its name.
    static func isWhole(_ store: any LedgerStore) throws -> Bool {
        var isNamed = false
        try store.forEach(.blockHash, from: []) { _, value in
            guard try LedgerEntry.height(value) == 0 else { return .continue }
            isNamed = true
            return .stop
        }
        return isNamed
    }

    /// Works until all are named, or it is cancelled. A failure leaves blocks without a name, which
    /// are then found by height alone until the next start.
    func run() async {
        guard let head = try? reader.state.store.head()?.height,
            let first = try? reader.block(0),
            (try? reader.state.store.height(ofBlock: first.hash)) == .some(nil)
        else { return }
        var end = head + 1
        while end > 0, !Task.isCancelled {
            let start = end - min(end, BlockNames.stepBlocks)
            var names = [(hash: Digest, height: UInt64)]()
            for height in start..<end {
                guard let block = try? reader.block(height) else { return }
                names.append((block.hash, height))
            }
            guard (try? reader.state.store.name(names)) != nil else { return }
            end = start
            await Task.yield()
        }
    }
}

extension LedgerReader {
    /// The height of the block with that hash.
    package func height(ofBlock hash: Digest) throws -> UInt64? {
        try state.store.height(ofBlock: hash)
    }
}
