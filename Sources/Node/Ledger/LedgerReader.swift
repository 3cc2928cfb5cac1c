import KeyValue
package import LedgerCore
package import Storage

/// Reads blocks and transactions back from the chain.
package struct LedgerReader: Sendable {
    package let state: LedgerState
    package let chain: ChainLog

    package init(state: LedgerState, chain: ChainLog) {
        self.state = state
        self.chain = chain
    }

    /// A transaction as the chain holds it, with everything that a proof of it needs.
    package struct Found: Sendable {
        package let transaction: UnverifiedTransaction
        package let place: TransactionPlace
        package let header: Header
        package let headerBytes: [UInt8]
        package let submission: Submission
        /// Its index in the submission.
        package let submissionIndex: Int
    }

    /// The block at a height; `nil` where there is none, or it lies before the snapshot that this
    /// node began with.
    package func block(_ height: UInt64) throws -> Block? {
        guard let place = try state.store.block(height), place.isHere else { return nil }
        return try Block(bytes: try chain.read(place.position).payload)
    }

    /// The height of the block with that hash.
    package func height(ofBlock hash: Digest) throws -> UInt64? {
        try state.store.height(ofBlock: hash)
    }

    /// The exact bytes of the header at a height, also of one before this node's beginning.
    package func headerBytes(_ height: UInt64) throws -> [UInt8]? {
        if let block = try block(height) { return block.headerBytes }
        return try state.store.header(height)
    }

    /// The header at a height, also of one before this node's beginning.
    package func header(_ height: UInt64) throws -> Header? {
        try headerBytes(height).map { try Header(bytes: $0) }
    }

    /// The first block that this node holds whole: 0, unless it began with a snapshot.
    package var firstBody: UInt64? { chain.first }

    /// The height of the newest block that lies whole in the first `size` leaves of the log; `nil`
    /// where none does.
    func height(sealedBySize size: UInt64) throws -> UInt64? {
        guard let head = try state.store.head()?.height else { return nil }
        // The first block that begins at leaf `size` or later; those before it are in.
        var low: UInt64 = 0
        var high = head + 1
        while low < high {
            let middle = (low + high) / 2
            guard let place = try state.store.block(middle) else { return nil }
            if place.firstLeaf < size { low = middle + 1 } else { high = middle }
        }
        return low == 0 ? nil : low - 1
    }

    /// An accepted transaction by its id.
    package func transaction(_ id: Digest) throws -> Found? {
        guard let place = try state.store.transaction(id) else { return nil }
        if let block = try block(place.height) { return try found(place, in: block) }
        if let found = try proven(id, place) { return found }
        throw NodeError(
            .gone,
            "this node began with a snapshot, and holds blocks from \(firstBody ?? 0) on; the "
                + "transaction is in block \(place.height)",
            hint: "ask a node that was there; `cairn head` says where a node begins")
    }

    /// A membership transaction from before this node's beginning, which the snapshot brought.
    private func proven(_ id: Digest, _ place: TransactionPlace) throws -> Found? {
        guard let bytes = try state.store.proven(id),
            let headerBytes = try headerBytes(place.height)
        else { return nil }
        let membership = try SnapshotBlock.Membership(
            try Wire.decode(
                WireSnapshotMembership.self, from: bytes, what: "membership of a snapshot",
                limitBytes: SnapshotFile.chunkBytesMax))
        return Found(
            transaction: membership.transaction, place: place,
            header: try Header(bytes: headerBytes), headerBytes: headerBytes,
            submission: membership.submission, submissionIndex: membership.index)
    }

    /// The transaction at a place of a block.
    func found(_ place: TransactionPlace, in block: Block) throws -> Found? {
        var index = Int(place.index)
        for bytes in try Batch(bytes: block.batchBytes).submissions {
            // What did not decode was left out when the block was made, and is left out here.
            guard let submission = try? Submission(bytes: bytes) else { continue }
            if index < submission.transactions.count {
                return Found(
                    transaction: submission.transactions[index], place: place,
                    header: try Header(bytes: block.headerBytes), headerBytes: block.headerBytes,
                    submission: submission, submissionIndex: index)
            }
            index -= submission.transactions.count
        }
        return nil
    }

    /// The tiles of the log, for proofs in a tree of `size` leaves.
    package func tiles(size: UInt64) -> TileReader {
        TileReader(size: size) { level, index in try Tiles.read(level, index, from: state.store) }
    }

    /// Every accepted transaction of the members and people contracts, oldest first: few, and each
    /// proof carries them.
    func membership() throws -> [Found] {
        var places = [(Digest, TransactionPlace)]()
        try state.store.forEach(.membership, from: []) { key, value in
            guard let id = Digest(key) else { return .continue }
            places.append((id, try LedgerEntry.transactionPlace(value)))
            return .continue
        }
        return try places.sorted { $0.1.leaf < $1.1.leaf }.compactMap { try transaction($0.0) }
    }
}
