package import LedgerCore

/// Where a channel stands after a block: all that the next block's header depends on beside the
/// batch and the state entries.
package struct LedgerTip: Sendable {
    package var height: UInt64
    package var hash: Digest
    package var timeMs: UInt64
    package var log: LogTree
    /// Entries written since the state tree was last sealed: path to leaf hash, `nil` for removed.
    package var unsealed: [Digest: Digest?]
    /// Heights whose unsealed rows the store still keeps.
    package var unsealedHeights: [UInt64]

    package init(
        height: UInt64, hash: Digest, timeMs: UInt64, log: LogTree, unsealed: [Digest: Digest?],
        unsealedHeights: [UInt64]
    ) {
        self.height = height
        self.hash = hash
        self.timeMs = timeMs
        self.log = log
        self.unsealed = unsealed
        self.unsealedHeights = unsealedHeights
    }
}

/// What a block did: the block itself, and every change that the store takes over in one batch.
package struct ExecutedBlock: Sendable {
    package let block: Block
    package let header: Header
    package let tip: LedgerTip
    package let writes: [StateWrite]
    package let pages: [StateTree.PageWrite]
    package let tiles: [LogTree.Tile]
    /// Every transaction of the batch in order.
    package let outcomes: [Outcome]
    /// Index in the log of this block's first leaf.
    package let firstLeaf: UInt64

    /// What became of one transaction.
    package struct Outcome: Sendable {
        package let transaction: UnverifiedTransaction
        package let node: Identifier
        /// `nil`: accepted.
        package let refusal: RefusalReason?
        /// Position among the accepted (or the refused) of the block.
        package let index: Int
    }

    /// The accepted transactions' digests, in order.
    package var acceptedDigests: [Digest] {
        outcomes.filter { $0.refusal == nil }.map(\.transaction.digest)
    }

    /// The leaves of the root of refusals, in order.
    package var refusalLeaves: [Digest] {
        outcomes.compactMap { outcome in
            outcome.refusal.map {
                Block.Refusal.leaf(id: outcome.transaction.id, reason: $0.rawValue)
            }
        }
    }
}

/// Turns an ordered batch into a block: the same for every node, the same in replay.
package struct Execution {
    package let network: Digest
    package let channel: String
    package let ordering: Header.Ordering
    /// Reads applied state entries.
    package let entry: ([UInt8]) throws -> [UInt8]?
    /// Reads stored state-tree pages.
    package let page: ([UInt8]) throws -> [UInt8]?
    /// Whether a transaction id was accepted in an earlier block.
    package let isAccepted: (Digest) throws -> Bool

    package init(
        network: Digest, channel: String, ordering: Header.Ordering,
        entry: @escaping ([UInt8]) throws -> [UInt8]?,
        page: @escaping ([UInt8]) throws -> [UInt8]?,
        isAccepted: @escaping (Digest) throws -> Bool
    ) {
        self.network = network
        self.channel = channel
        self.ordering = ordering
        self.entry = entry
        self.page = page
        self.isAccepted = isAccepted
    }

    /// Block 0: the state that the genesis file founds, sealed.
    package func genesis(_ genesis: Genesis) throws -> ExecutedBlock {
        var state = StateOverlay(base: entry)
        try Directory.found(genesis, channel: channel, state: &state)
        let batch = Batch(timeMs: genesis.body.createdMs, sealsState: true, submissions: [])
        return try seal(
            height: 0, timeMs: genesis.body.createdMs, previous: .zero,
            before: LedgerTip(
                height: 0, hash: .zero, timeMs: 0, log: LogTree(), unsealed: [:],
                unsealedHeights: []),
            batch: batch, outcomes: [], writes: state.writes)
    }

    /// The block after `tip`.
    ///
    /// - Parameters:
    ///   - submissions: the batch's submissions, decoded; one that did not decode is left out.
    ///   - verified: transactions whose stamps were checked beforehand, by digest. Others are
    ///     checked here, against the state as it is at their place.
    package func apply(
        _ batch: Batch, submissions: [Submission], verified: [Digest: VerifiedTransaction],
        after tip: LedgerTip
    ) throws -> ExecutedBlock {
        let height = tip.height + 1
        let timeMs = max(tip.timeMs + 1, min(batch.timeMs, Genesis.timeMsMax))
        let context = BlockContext(
            network: network, channel: channel, height: height, timeMs: timeMs)
        var state = StateOverlay(base: entry)
        var run = Run(context: context, verified: verified, isAccepted: isAccepted)
        for submission in submissions { try run.apply(submission, state: &state) }
        return try seal(
            height: height, timeMs: timeMs, previous: tip.hash, before: tip, batch: batch,
            outcomes: run.outcomes, writes: state.writes)
    }

    private func seal(
        height: UInt64, timeMs: UInt64, previous: Digest, before: LedgerTip, batch: Batch,
        outcomes: [ExecutedBlock.Outcome], writes: [StateWrite]
    ) throws -> ExecutedBlock {
        var tip = before
        let accepted = outcomes.filter { $0.refusal == nil }.map(\.transaction.digest)
        let refused = outcomes.compactMap { outcome in
            outcome.refusal.map {
                Block.Refusal.leaf(id: outcome.transaction.id, reason: $0.rawValue)
            }
        }
        let firstLeaf = tip.log.size
        var tiles = tip.log.append(accepted)
        for write in writes {
            let path = StateTree.path(of: write.key)
            tip.unsealed[path] = .some(write.value.map { StateTree.leaf(path: path, value: $0) })
        }
        let (root, pages) = try sealState(&tip, height: height, seals: batch.sealsState, writes)
        let batchBytes = batch.bytes
        let header = Header(
            network: network, channel: channel, height: height, timeMs: timeMs,
            previous: previous, acceptedRoot: MerkleTree(leaves: accepted).root,
            acceptedCount: accepted.count, refusedRoot: MerkleTree(leaves: refused).root,
            refusedCount: refused.count, logSize: tip.log.size, logRoot: tip.log.root,
            stateWrites: StateWrite.digest(of: writes), stateRoot: root, ordering: ordering,
            batch: Domain.batch.digest(batchBytes))
        let block = Block(
            headerBytes: header.bytes, batchBytes: batchBytes,
            refusals: outcomes.indices.compactMap { index in
                outcomes[index].refusal.map { Block.Refusal(index: index, reason: $0.rawValue) }
            })
        let hash = block.hash
        tiles = Execution.merge(tiles, tip.log.append([hash]))
        tip.height = height
        tip.hash = hash
        tip.timeMs = timeMs
        return ExecutedBlock(
            block: block, header: header, tip: tip, writes: writes, pages: pages, tiles: tiles,
            outcomes: outcomes, firstLeaf: firstLeaf)
    }

    /// Later tiles replace earlier ones of the same place.
    private static func merge(_ old: [LogTree.Tile], _ new: [LogTree.Tile]) -> [LogTree.Tile] {
        old.filter { tile in !new.contains { $0.level == tile.level && $0.index == tile.index } }
            + new
    }

    /// Where the batch seals the state, brings the tree up to date; otherwise keeps a row of what
    /// is unsealed, so that a restart knows it without replay.
    private func sealState(
        _ tip: inout LedgerTip, height: UInt64, seals: Bool, _ writes: [StateWrite]
    ) throws -> (Digest?, [StateTree.PageWrite]) {
        guard seals else {
            guard !writes.isEmpty else { return (nil, []) }
            tip.unsealedHeights.append(height)
            return (nil, [UnsealedRow.write(height: height, writes)])
        }
        var update = StateTreeUpdate(read: page)
        let changes = tip.unsealed.map { StateTree.Change(path: $0.key, leaf: $0.value) }
        let root = try update.apply(changes)
        let cleared = tip.unsealedHeights.map {
            StateTree.PageWrite(name: UnsealedRow.name($0), bytes: nil)
        }
        tip.unsealed = [:]
        tip.unsealedHeights = []
        return (root, update.pages + cleared)
    }
}

/// Rows beside the state-tree pages: what was written at a height after the last seal.
package enum UnsealedRow {
    /// First byte of a row's name; no page's name starts with it.
    package static let prefix: UInt8 = 0xff

    static func name(_ height: UInt64) -> [UInt8] {
        [prefix] + withUnsafeBytes(of: height.bigEndian) { [UInt8]($0) }
    }

    static func write(height: UInt64, _ writes: [StateWrite]) -> StateTree.PageWrite {
        var bytes = [UInt8]()
        for write in writes {
            let path = StateTree.path(of: write.key)
            let leaf = write.value.map { StateTree.leaf(path: path, value: $0) } ?? .zero
            bytes += path.bytes + leaf.bytes
        }
        return StateTree.PageWrite(name: name(height), bytes: bytes)
    }

    /// Adds a stored row to a tip that is being read back; rows come in order of height.
    package static func read(
        name: [UInt8], bytes: [UInt8], into tip: inout LedgerTip
    ) throws(MalformedBytes) {
        guard name.count == 9, name[0] == prefix, bytes.count % (2 * Digest.size) == 0 else {
            throw MalformedBytes("unsealed row", .badField)
        }
        tip.unsealedHeights.append(name.dropFirst().reduce(0) { $0 << 8 | UInt64($1) })
        for start in stride(from: 0, to: bytes.count, by: 2 * Digest.size) {
            guard let path = Digest(bytes[start..<start + Digest.size]),
                let leaf = Digest(bytes[start + Digest.size..<start + 2 * Digest.size])
            else { throw MalformedBytes("unsealed row", .badField) }
            tip.unsealed[path] = .some(leaf == .zero ? nil : leaf)
        }
    }
}

/// One pass over a batch's transactions.
private struct Run {
    let context: BlockContext
    let verified: [Digest: VerifiedTransaction]
    let isAccepted: (Digest) throws -> Bool
    var outcomes: [ExecutedBlock.Outcome] = []
    private var acceptedHere = Set<Digest>()
    private var acceptedCount = 0
    private var refusedCount = 0

    init(
        context: BlockContext, verified: [Digest: VerifiedTransaction],
        isAccepted: @escaping (Digest) throws -> Bool
    ) {
        self.context = context
        self.verified = verified
        self.isAccepted = isAccepted
    }

    mutating func apply(_ submission: Submission, state: inout StateOverlay) throws {
        let problem = try check(submission, state)
        for transaction in submission.transactions {
            var refusal = problem
            if refusal == nil {
                refusal = try apply(transaction, by: submission.node, state: &state)
            }
            let index = refusal == nil ? acceptedCount : refusedCount
            if refusal == nil {
                acceptedCount += 1
                acceptedHere.insert(transaction.id)
            } else {
                refusedCount += 1
            }
            outcomes.append(
                ExecutedBlock.Outcome(
                    transaction: transaction, node: submission.node, refusal: refusal, index: index)
            )
        }
    }

    /// Whether the node's own stamp holds; it covers every attachment.
    private func check(_ submission: Submission, _ state: StateOverlay) throws -> RefusalReason? {
        guard let node = try state.value(.node(submission.node), as: WireNodeState.self),
            !node.retired
        else { return .unknownNode }
        let key = try ParsedKey(try PublicKey(node.description_p.stampKey))
        return submission.holds(network: context.network, key: key) ? nil : .stampInvalid
    }

    private func apply(
        _ transaction: UnverifiedTransaction, by node: Identifier, state: inout StateOverlay
    ) throws -> RefusalReason? {
        do {
            let checked: VerifiedTransaction
            if let known = verified[transaction.digest] {
                // Whoever checked beforehand may have known keys from elsewhere: what the ledger
                // does not know is refused at the same point as without that help.
                for stamp in transaction.stamps where try state.value(.key(stamp.key)) == nil {
                    throw StampProblem.unknownKey(stamp.key)
                }
                checked = known
            } else {
                checked = try verify(transaction, state)
            }
            try Contracts.apply(
                checked, submittedBy: node, in: context, state: &state,
                isDuplicate: { id in
                    if acceptedHere.contains(id) { return true }
                    return try isAccepted(id)
                })
            return nil
        } catch let refusal as Refusal {
            return refusal.reason
        } catch is StampProblem {
            return .stampInvalid
        }
    }

    private func verify(
        _ transaction: UnverifiedTransaction, _ state: StateOverlay
    ) throws -> VerifiedTransaction {
        try transaction.verified { id in
            guard let entry = try state.value(.key(id), as: WireKeyState.self) else { return nil }
            let key = try PublicKey(entry.key)
            return (key, try ParsedKey(key))
        }
    }
}
