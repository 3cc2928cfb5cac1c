package import LedgerCore

/// Where a channel stands after a block: all that the next block's header depends on beside the
/// batch and the state entries.
package struct LedgerTip: Sendable {
    package var height: UInt64
    package var hash: Digest
    package var timeMs: UInt64
    package var log: LogTree
    /// What was written since a seal was last begun, block by block. The store keeps a row of each.
    package var unsealed: [Unsealed] = []
    /// The seal that was begun and whose root no header carries yet.
    package var begun: BegunSeal?

    package init(height: UInt64, hash: Digest, timeMs: UInt64, log: LogTree) {
        self.height = height
        self.hash = hash
        self.timeMs = timeMs
        self.log = log
    }

    /// Whether a header carries the root of all that was written.
    package var isSealed: Bool { unsealed.isEmpty && begun == nil }
}

/// What a block did: the block itself, and every change that the store takes over in one batch.
package struct ExecutedBlock: Sendable {
    package let block: Block
    package let header: Header
    package let tip: LedgerTip
    package let writes: [StateWrite]
    /// What the entries were that it changed or removed.
    package let former: [FormerEntry]
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

    /// An entry's value before the block.
    package struct FormerEntry: Hashable, Sendable {
        package let path: Digest
        package let value: [UInt8]
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
    /// Reads many applied entries at once, and whether transaction ids were accepted in an earlier
    /// block; each in the order asked.
    package typealias LookUp =
        (_ entries: [[UInt8]], _ ids: [Digest]) throws -> (entries: [[UInt8]?], isAccepted: [Bool])
    let lookUp: LookUp
    /// All members that have an applied entry, in any order.
    let members: () throws -> [Identifier]
    /// Gives what a seal that was begun comes to.
    let sealed: (BegunSeal) throws -> SealedState

    package init(
        network: Digest, channel: String, ordering: Header.Ordering,
        entry: @escaping ([UInt8]) throws -> [UInt8]?,
        page: @escaping ([UInt8]) throws -> [UInt8]?,
        isAccepted: @escaping (Digest) throws -> Bool,
        members: @escaping () throws -> [Identifier],
        lookUp: LookUp? = nil,
        sealed: ((BegunSeal) throws -> SealedState)? = nil
    ) {
        self.network = network
        self.channel = channel
        self.ordering = ordering
        self.entry = entry
        self.page = page
        self.isAccepted = isAccepted
        self.members = members
        self.lookUp = lookUp ?? { (try $0.map(entry), try $1.map(isAccepted)) }
        self.sealed = sealed ?? { try $0.sealed(page: page) }
    }

    /// Block 0: the state that the genesis file founds, sealed.
    package func genesis(_ genesis: Genesis) throws -> ExecutedBlock {
        var state = StateOverlay(base: entry, members: members)
        try Directory.found(genesis, channel: channel, state: &state)
        let batch = Batch(timeMs: genesis.body.createdMs, seal: .now, submissions: [])
        return try seal(
            height: 0, timeMs: genesis.body.createdMs, previous: .zero,
            before: LedgerTip(height: 0, hash: .zero, timeMs: 0, log: LogTree()),
            batch: batch, outcomes: [], state: state)
    }

    /// The block after `tip`.
    ///
    /// - Parameters:
    ///   - submissions: the batch's submissions, decoded; one that did not decode is left out.
    ///   - verified: transactions whose stamps were checked beforehand, by digest. Others are
    ///     checked here, against the state as it is at their place.
    /// - Throws: `LackedVersion` where the ledger has moved to a version that this program has not.
    package func apply(
        _ batch: Batch, submissions: [Submission], verified: [Digest: VerifiedTransaction],
        after tip: LedgerTip
    ) throws -> ExecutedBlock {
        let height = tip.height + 1
        let timeMs = max(tip.timeMs + 1, min(batch.timeMs, Genesis.timeMsMax))
        let context = BlockContext(
            network: network, channel: channel, height: height, timeMs: timeMs)
        var state = StateOverlay(base: entry, members: members)
        try ContractVersions.begin(height: height, state: &state)
        try Proposals.drop(timeMs: timeMs, state: &state)
        var run = Run(
            context: context, verified: verified, isAccepted: isAccepted, lookUp: lookUp)
        for submission in submissions { try run.apply(submission, state: &state) }
        return try seal(
            height: height, timeMs: timeMs, previous: tip.hash, before: tip, batch: batch,
            outcomes: run.outcomes, state: state)
    }

    private func seal(
        height: UInt64, timeMs: UInt64, previous: Digest, before: LedgerTip, batch: Batch,
        outcomes: [ExecutedBlock.Outcome], state: StateOverlay
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
        let writes = state.writes
        let changes = writes.map { StateTree.Change(key: $0.key, value: $0.value) }
        let sealed = try tip.seal(batch.seal, height: height, changes: changes, by: self)
        let batchBytes = batch.bytes
        let header = Header(
            network: network, channel: channel, height: height, timeMs: timeMs,
            previous: previous, acceptedRoot: MerkleTree(leaves: accepted).root,
            acceptedCount: accepted.count, refusedRoot: MerkleTree(leaves: refused).root,
            refusedCount: refused.count, logSize: tip.log.size, logRoot: tip.log.root,
            stateWrites: StateWrite.digest(of: writes), stateRoot: sealed.root,
            stateLag: sealed.lag, ordering: ordering, batch: Domain.batch.digest(batchBytes))
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
            block: block, header: header, tip: tip, writes: writes,
            former: try Execution.former(writes, changes, state), pages: sealed.pages, tiles: tiles,
            outcomes: outcomes, firstLeaf: firstLeaf)
    }

    /// The values that a block's writes replace; an entry that is new has none.
    private static func former(
        _ writes: [StateWrite], _ changes: [StateTree.Change], _ state: StateOverlay
    ) throws -> [ExecutedBlock.FormerEntry] {
        try zip(writes, changes).compactMap { write, change in
            guard let value = try state.applied(write.key), value != write.value else { return nil }
            return ExecutedBlock.FormerEntry(path: change.path, value: value)
        }
    }

    /// Later tiles replace earlier ones of the same place.
    private static func merge(_ old: [LogTree.Tile], _ new: [LogTree.Tile]) -> [LogTree.Tile] {
        old.filter { tile in !new.contains { $0.level == tile.level && $0.index == tile.index } }
            + new
    }
}

/// One pass over a batch's transactions.
private struct Run {
    let context: BlockContext
    let verified: [Digest: VerifiedTransaction]
    let isAccepted: (Digest) throws -> Bool
    let lookUp: Execution.LookUp
    var outcomes: [ExecutedBlock.Outcome] = []
    private var acceptedHere = Set<Digest>()
    private var acceptedCount = 0
    private var refusedCount = 0

    init(
        context: BlockContext, verified: [Digest: VerifiedTransaction],
        isAccepted: @escaping (Digest) throws -> Bool, lookUp: @escaping Execution.LookUp
    ) {
        self.context = context
        self.verified = verified
        self.isAccepted = isAccepted
        self.lookUp = lookUp
    }

    mutating func apply(_ submission: Submission, state: inout StateOverlay) throws {
        let problem = try check(submission, state)
        let reads = problem == nil ? try RecordReads.ahead(submission.transactions, lookUp) : []
        for (place, transaction) in submission.transactions.enumerated() {
            var refusal = problem
            if refusal == nil {
                refusal = try apply(
                    transaction, by: submission.node, reads: reads[place], state: &state)
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
        let key = try PublicKey(node.description_p.stampKey)
        return try submission.holds(network: context.network, under: key) ? nil : .stampInvalid
    }

    private func apply(
        _ transaction: UnverifiedTransaction, by node: Identifier, reads: RecordReads?,
        state: inout StateOverlay
    ) throws -> RefusalReason? {
        do {
            let checked: VerifiedTransaction
            if let known = verified[transaction.digest] {
                // Whoever checked beforehand may have known keys from elsewhere: what the ledger
                // does not know is refused at the same point as without that help.
                if !state.memo.knowsKey(of: transaction, submittedBy: node) {
                    for stamp in transaction.stamps where try state.value(.key(stamp.key)) == nil {
                        throw StampProblem.unknownKey(stamp.key)
                    }
                }
                checked = known
            } else {
                checked = try verify(transaction, state)
            }
            try Contracts.apply(
                checked, submittedBy: node, in: context, reads: reads, state: &state,
                isDuplicate: { id in
                    if acceptedHere.contains(id) { return true }
                    if let reads, id == transaction.id { return reads.isAccepted }
                    return try isAccepted(id)
                })
            return nil
        } catch let refusal as Refusal {
            return refusal.reason
        } catch let problem as StampProblem {
            return RefusalReason(problem)
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
