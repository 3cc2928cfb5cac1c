package import Contracts
package import LedgerCore
package import Ordering
package import Storage
import Synchronization

/// The ledger of one channel on this node: takes transactions, hands them in for ordering, turns
/// ordered batches into blocks, and makes them durable.
///
/// Contract:
/// - `submit` returns once the block that decided is durable in the chain, applied to the state and
///   has been through `publish` (the index). Until then nothing is acknowledged.
/// - Blocks are applied one after the other, by one task; `publish` sees each block once, in order.
/// - A block that cannot be made durable stops the engine: what follows would not be durable
///   either.
package final class LedgerEngine: Sendable {
    package let network: Digest
    package let channel: String
    package let node: Identifier
    package let state: LedgerState
    let chain: ChainLog
    let ordering: LocalOrdering
    let stampKey: SigningKey
    private let arrivals = Handoff<Arrival>(limit: EngineLimit.waitingSubmissions)
    private let applied = Handoff<Applied>(limit: EngineLimit.unpublishedBlocks)
    private let shared: Mutex<Shared>

    private struct Shared {
        var tip: LedgerTip
        var headerBytes: [UInt8]
        var waiters: [Digest: [CheckedContinuation<CommittedTransaction, any Error>]] = [:]
        /// Submissions that this node handed in: decoded and checked once.
        var handedIn: [Digest: HandedIn] = [:]
        var stopped: (any Error)?
    }

    private struct HandedIn {
        let submission: Submission
        let verified: [VerifiedTransaction]
    }

    private struct Arrival: Sendable {
        let transactions: [UnverifiedTransaction]
    }

    private struct Applied: Sendable {
        let block: ExecutedBlock
        let hash: Digest
    }

    /// - Parameter tip: where the applied state stands; chain and state agree there.
    package init(
        network: Digest, channel: String, node: Identifier, state: LedgerState, chain: ChainLog,
        ordering: LocalOrdering, stampKey: SigningKey, tip: LedgerTip, headerBytes: [UInt8]
    ) {
        self.network = network
        self.channel = channel
        self.node = node
        self.state = state
        self.chain = chain
        self.ordering = ordering
        self.stampKey = stampKey
        shared = Mutex(Shared(tip: tip, headerBytes: headerBytes))
    }

    /// Where the channel stands: the applied tip and its header.
    package var head: (tip: LedgerTip, headerBytes: [UInt8]) {
        shared.withLock { ($0.tip, $0.headerBytes) }
    }

    // MARK: Submitting

    /// Hands one transaction in and waits for its block.
    ///
    /// - Throws: `NodeError` where it was not taken (full, stopped, a stamp that does not hold). A
    ///   refusal by a contract is no error: it is in the answer.
    package func submit(_ transaction: UnverifiedTransaction) async throws -> CommittedTransaction {
        try await withCheckedThrowingContinuation { continuation in
            let problem: (any Error)? = shared.withLock { shared in
                if let stopped = shared.stopped { return stopped }
                shared.waiters[transaction.digest, default: []].append(continuation)
                return nil
            }
            if let problem { continuation.resume(throwing: problem) } else { arrive([transaction]) }
        }
    }

    private func arrive(_ transactions: [UnverifiedTransaction]) {
        if !arrivals.offer(Arrival(transactions: transactions)) {
            let busy = NodeError(
                .busy, "more transactions wait than this node takes at once",
                hint: "try again in a second")
            for transaction in transactions { fail(transaction.digest, busy) }
        }
    }

    private func fail(_ digest: Digest, _ error: any Error) {
        let waiters = shared.withLock { $0.waiters.removeValue(forKey: digest) ?? [] }
        for waiter in waiters { waiter.resume(throwing: error) }
    }

    /// Gathers what arrives, checks stamps over all cores, stamps it once as this node, hands it
    /// in.
    private func handIn() async {
        while let arrived = await arrivals.takeAll() {
            var rest = arrived.flatMap(\.transactions)[...]
            while !rest.isEmpty {
                let group = EngineLimit.group(rest)
                rest = rest.dropFirst(group.count)
                await handIn(Array(group))
            }
        }
        ordering.close()
    }

    private func handIn(_ transactions: [UnverifiedTransaction]) async {
        var verified = [VerifiedTransaction]()
        let results = await StampChecker.check(transactions, state: state)
        for (transaction, result) in zip(transactions, results) {
            switch result {
            case .success(let checked): verified.append(checked)
            case .failure(let error): fail(transaction.digest, StampRefusal.error(error))
            }
        }
        guard !verified.isEmpty else { return }
        do {
            let submission = try Submission(
                network: network, node: node, transactions: verified.map(\.transaction),
                signingWith: stampKey)
            let bytes = submission.bytes
            let digest = Digest.sha256(bytes)
            shared.withLock {
                $0.handedIn[digest] = HandedIn(submission: submission, verified: verified)
            }
            do {
                try ordering.submit(bytes)
            } catch {
                shared.withLock { _ = $0.handedIn.removeValue(forKey: digest) }
                throw error
            }
        } catch {
            let busy = NodeError(
                .busy, "the ordering service does not take more at the moment",
                hint: "try again in a second")
            for checked in verified { fail(checked.transaction.digest, busy) }
        }
    }

    // MARK: Applying

    /// Runs until `stop` has been called and everything accepted is published.
    ///
    /// - Parameter publish: takes blocks over into the index, in order; called from one task.
    package func run(
        publish: @escaping @Sendable ([ExecutedBlock]) async throws -> Void
    ) async throws {
        let applier = SerialThread("cairn.apply")
        let publisher = SerialThread("cairn.publish")
        do {
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { await self.handIn() }
                group.addTask(executorPreference: applier) { try await self.applyBatches() }
                group.addTask(executorPreference: publisher) {
                    try await self.publishBlocks(publish)
                }
                try await group.waitForAll()
            }
        } catch {
            halt(error)
            throw error
        }
        halt(NodeError(.unavailable, "the node is stopping", hint: "try again in a moment"))
    }

    /// Takes nothing more; `run` returns when all that was accepted is done.
    package func stop() { arrivals.close() }

    private func halt(_ error: any Error) {
        let waiters = shared.withLock { shared in
            if shared.stopped == nil { shared.stopped = error }
            defer { shared.waiters = [:] }
            return shared.waiters.values.flatMap { $0 }
        }
        for waiter in waiters { waiter.resume(throwing: error) }
        arrivals.close()
        applied.close()
        ordering.close()
    }

    private func applyBatches() async throws {
        defer { applied.close() }
        while let ordered = await ordering.next() {
            CrashPoint.afterOrdering.pass()
            let batch = Batch(
                timeMs: ordered.timeMs, sealsState: ordered.sealsState, submissions: ordered.entries
            )
            try await apply(batch)
        }
    }

    private func apply(_ batch: Batch) async throws {
        var submissions = [Submission]()
        var verified = [Digest: VerifiedTransaction]()
        for bytes in batch.submissions {
            let known = shared.withLock { $0.handedIn.removeValue(forKey: Digest.sha256(bytes)) }
            if let known {
                submissions.append(known.submission)
                for checked in known.verified { verified[checked.transaction.digest] = checked }
            } else if let submission = try? Submission(bytes: bytes) {
                submissions.append(submission)
            }
        }
        let tip = shared.withLock { $0.tip }
        let execution = state.execution(network: network, channel: channel)
        let executed = try execution.apply(
            batch, submissions: submissions, verified: verified, after: tip)
        CrashPoint.afterExecution.pass()
        let blockBytes = executed.block.bytes
        let position: ChainPosition
        do {
            position = try chain.append(height: executed.tip.height, payload: blockBytes)
        } catch ChainLogError.full {
            refuseForSpace(submissions)
            return
        }
        CrashPoint.afterChainAppend.pass()
        try chain.sync()
        CrashPoint.afterChainSync.pass()
        try state.store.commit(executed.commit(at: position))
        CrashPoint.afterState.pass()
        shared.withLock {
            $0.tip = executed.tip
            $0.headerBytes = executed.block.headerBytes
        }
        await applied.give(Applied(block: executed, hash: executed.tip.hash))
    }

    /// The block did not fit on the disk and was not made: its transactions are told so.
    private func refuseForSpace(_ submissions: [Submission]) {
        let full = NodeError(
            .storageFull, "no space left for the chain; nothing was stored",
            hint: "free space on the node's disk, then try again")
        for submission in submissions {
            for transaction in submission.transactions { fail(transaction.digest, full) }
        }
    }

    private func publishBlocks(
        _ publish: @Sendable ([ExecutedBlock]) async throws -> Void
    ) async throws {
        while let blocks = await applied.takeAll() {
            try await publish(blocks.map(\.block))
            CrashPoint.afterIndex.pass()
            for applied in blocks { try answer(applied.block) }
            CrashPoint.afterAnswer.pass()
        }
    }

    private func answer(_ block: ExecutedBlock) throws {
        let receipts = try ReceiptMaker(block: block, node: node, stampKey: stampKey)
        for outcome in block.outcomes {
            let waiters = shared.withLock {
                $0.waiters.removeValue(forKey: outcome.transaction.digest) ?? []
            }
            if waiters.isEmpty { continue }
            let committed = CommittedTransaction(
                receipt: receipts.receipt(outcome), refusal: outcome.refusal,
                height: block.tip.height, timeMs: block.tip.timeMs)
            for waiter in waiters { waiter.resume(returning: committed) }
        }
    }
}

/// What became of a submitted transaction.
package struct CommittedTransaction: Sendable {
    package let receipt: WriteReceipt
    package let refusal: RefusalReason?
    package let height: UInt64
    package let timeMs: UInt64
}

/// The bounds of the engine's queues.
enum EngineLimit {
    /// Callers that wait to be handed in; beyond that they are told to come back.
    static let waitingSubmissions = 20_000
    /// Blocks applied but not yet in the index: bounds how far the index lags.
    static let unpublishedBlocks = 16
    /// Bytes of transactions in one submission; half the wire's limit.
    static let submissionBytes = WireLimit.submissionBytes / 2
    /// Transactions in one submission.
    static let submissionTransactions = 2048

    /// The first transactions that fit into one submission.
    static func group(
        _ transactions: ArraySlice<UnverifiedTransaction>
    ) -> ArraySlice<UnverifiedTransaction> {
        var bytes = 0
        var count = 0
        for transaction in transactions {
            bytes += transaction.bytes.count
            if count > 0, bytes > submissionBytes || count == submissionTransactions { break }
            count += 1
        }
        return transactions.prefix(count)
    }
}

/// Receipts of one block: its tree is built and its hash signed once.
private struct ReceiptMaker {
    let block: ExecutedBlock
    let node: Identifier
    let accepted: MerkleTree
    let refused: MerkleTree
    let signature: [UInt8]

    init(block: ExecutedBlock, node: Identifier, stampKey: SigningKey) throws {
        self.block = block
        self.node = node
        accepted = MerkleTree(leaves: block.acceptedDigests)
        refused = MerkleTree(leaves: block.refusalLeaves)
        signature = try stampKey.sign(WriteReceipt.message(block: block.tip.hash))
    }

    func receipt(_ outcome: ExecutedBlock.Outcome) -> WriteReceipt {
        let tree = outcome.refusal == nil ? accepted : refused
        return WriteReceipt(
            transaction: outcome.transaction.id, digest: outcome.transaction.digest,
            refused: outcome.refusal?.rawValue, index: outcome.index,
            path: tree.path(to: outcome.index), headerBytes: block.block.headerBytes, node: node,
            signature: signature)
    }
}

/// Stamp problems as callers read them.
enum StampRefusal {
    static func error(_ error: any Error) -> any Error {
        switch error {
        case StampProblem.unknownKey:
            NodeError(
                .forbidden, "a stamp names a key that the ledger does not know",
                hint: "enrol the wallet's key first: cairn person add-key")
        case StampProblem.doesNotHold:
            NodeError(
                .forbidden, "a stamp does not hold for what was sent",
                hint: "stamp the exact bytes that are sent, with the key that is named")
        default: error
        }
    }
}
