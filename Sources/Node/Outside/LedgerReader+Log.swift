package import LedgerCore
import Storage

/// The channel's log, leaf by leaf.
extension LedgerReader {
    /// What the log's leaves from `start` on are, at most `count` of them: the digests of accepted
    /// transactions, and the hashes of blocks as their seals.
    package func leaves(from start: UInt64, atMost count: Int) throws -> [Digest] {
        var leaves = [Digest]()
        guard let newest = try state.store.head()?.height,
            var height = try self.height(containing: start)
        else { return leaves }
        while leaves.count < count, height <= newest {
            guard let block = try block(height) else { return leaves }
            let header = try Header(bytes: block.headerBytes)
            let all = try acceptedDigests(block) + [block.hash]
            guard UInt64(all.count) <= header.logSize + 1 else {
                throw NodeError(.damaged, "block \(height) has more transactions than its header")
            }
            let first = header.logSize + 1 - UInt64(all.count)
            let skipped = start > first ? Int(clamping: start - first) : 0
            leaves += all.dropFirst(skipped)
            height += 1
        }
        return Array(leaves.prefix(count))
    }

    /// The digests of a block's accepted transactions, in order.
    private func acceptedDigests(_ block: Block) throws -> [Digest] {
        let refused = Set(block.refusals.map(\.index))
        return try transactions(of: block).enumerated().compactMap { index, transaction in
            refused.contains(index) ? nil : transaction.digest
        }
    }

    /// A block's transactions in order, refused ones included.
    package func transactions(of block: Block) throws -> [UnverifiedTransaction] {
        try Batch(bytes: block.batchBytes).submissions.flatMap { bytes in
            // What did not decode was left out when the block was made, and is left out here.
            (try? Submission(bytes: bytes))?.transactions ?? []
        }
    }

    /// The height of the block that a leaf is in; `nil` where the log is not that long.
    package func height(containing leaf: UInt64) throws -> UInt64? {
        guard let newest = try state.store.head()?.height else { return nil }
        // The last block that begins at the leaf or before.
        var low: UInt64 = 0
        var high = newest
        while low < high {
            let middle = (low + high + 1) / 2
            guard let place = try state.store.block(middle) else { return nil }
            if place.firstLeaf <= leaf { low = middle } else { high = middle - 1 }
        }
        guard let block = try block(low), try Header(bytes: block.headerBytes).logSize >= leaf
        else { return nil }
        return low
    }

    /// The hashes of a tile as far as a tree of `size` leaves fills it; `nil` where it does not
    /// reach that far.
    package func tile(
        level: UInt8, index: UInt64, width: Int, size: UInt64
    ) throws -> [Digest]? {
        let shift = UInt64(LogTree.tileHeight) * UInt64(level)
        // Hashes of this level in the whole tree; beyond 64 bits there are none.
        let hashes = shift < 64 ? size >> shift : 0
        let (start, overflow) = index.multipliedReportingOverflow(by: UInt64(LogTree.tileWidth))
        guard !overflow, start < hashes, hashes - start >= UInt64(width),
            let tile = try Tiles.read(level, index, from: state.store), tile.count >= width
        else { return nil }
        return Array(tile.prefix(width))
    }
}

extension LedgerReader.Found {
    /// Where the transaction lies in the channel's log.
    package var leaf: UInt64 { place.leaf }
}
