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
/// - Where another node orders, each block must come out as it came out there. One that does not
///   halts the engine: nothing is applied and nothing taken from then on, and reads go on. So does
///   the next block where it needs a version of a contract that this program has not.
package final class LedgerEngine: Sendable {
    package let network: Digest
    package let channel: String
    package let node: Identifier
    package let state: LedgerState
    let chain: ChainLog
    let ordering: any OrderingService
    let stampKey: SigningKey
    let holding = EngineHold()
    private let writer: BlockWriter
    let arrivals = Handoff<UnverifiedTransaction>(limit: EngineLimit.waitingSubmissions)
    private let applied = Handoff<ExecutedBlock>(limit: EngineLimit.unpublishedBlocks)
    let gate: SubmissionGate
    private let seals: SealWork
    private let ahead = StampsAhead()
    let shared: Mutex<Shared>
    private let stopping = Handoff<Never>(limit: 1)
    /// Tells of every block that is durable and applied.
    package let heads: HeadSignal

    struct Shared {
        var tip: LedgerTip
        var headerBytes: [UInt8]
        var waiters: [Digest: [Waiter]] = [:]
        /// Submissions that this node handed in: decoded and checked once.
        var handedIn: [Digest: HandedIn] = [:]
        var stopped: (any Error)?
        var isWaitingForSpace = false
        var isStopping = false
    }

    struct HandedIn {
        let submission: Submission
        let verified: [VerifiedTransaction]
    }

    /// - Parameters:
    ///   - tip: where the applied state stands; chain and state agree there.
    ///   - stateHistoryBlocks: for how many blocks back the state can be proved.
    ///   - hasSpace: whether the disk has room for a block of another node and what follows from it
    ///     in state and index.
    package init(
        network: Digest, channel: String, node: Identifier, state: LedgerState, chain: ChainLog,
        ordering: any OrderingService, stampKey: SigningKey, tip: LedgerTip,
        headerBytes: [UInt8],
        stateHistoryBlocks: UInt64 = NodeConfiguration.stateHistoryBlocksDefault,
        hasSpace: @escaping @Sendable () -> Bool
    ) {
        writer = BlockWriter(
            chain: chain, store: state.store, stateHistoryBlocks: stateHistoryBlocks,
            hasSpace: hasSpace)
        self.network = network
        self.channel = channel
        self.node = node
        self.state = state
        self.chain = chain
        self.ordering = ordering
        self.stampKey = stampKey
        shared = Mutex(Shared(tip: tip, headerBytes: headerBytes))
        // Another node's order takes its time on the way; submissions follow each other there.
        gate = SubmissionGate(limit: ordering.decidesElsewhere ? .max : 1)
        seals = SealWork(store: state.store)
        heads = HeadSignal(height: tip.height)
    }

    /// Where the channel stands: the applied tip and its header.
    package var head: (tip: LedgerTip, headerBytes: [UInt8]) {
        shared.withLock { ($0.tip, $0.headerBytes) }
    }

    // MARK: Submitting

    /// Gathers what arrives, checks stamps over all cores, stamps it once as this node, hands it
    /// in.
    private func handIn() async {
        await gate.enter()
        while let arrived = await arrivals.takeAll() {
            var rest = arrived[...]
            while !rest.isEmpty {
                let group = EngineLimit.group(rest)
                rest = rest.dropFirst(group.count)
                if await !handIn(Array(group)) { gate.leave() }
                await gate.enter()
            }
        }
        ordering.close()
    }

    /// - Returns: whether a submission waits to be ordered now.
    private func handIn(_ transactions: [UnverifiedTransaction]) async -> Bool {
        var verified = [VerifiedTransaction]()
        let results = await StampChecker.check(transactions, state: state)
        for (transaction, result) in zip(transactions, results) {
            switch result {
            case .success(let checked): verified.append(checked)
            case .failure(let error): fail(transaction.digest, StampRefusal.error(error))
            }
        }
        guard !verified.isEmpty else { return false }
        do {
            let submission = try Submission(
                network: network, node: node, transactions: verified.map(\.transaction),
                signingWith: stampKey)
            let bytes = submission.bytes
            let digest = Digest.sha256(bytes)
            shared.withLock {
                $0.handedIn[digest] = HandedIn(submission: submission, verified: verified)
            }
            do throws(OrderingError) {
                try await ordering.submit(bytes)
                return true
            } catch {
                shared.withLock { _ = $0.handedIn.removeValue(forKey: digest) }
                for checked in verified {
                    fail(checked.transaction.digest, OrderingProblem.error(error))
                }
            }
        } catch {
            for checked in verified { fail(checked.transaction.digest, error) }
        }
        return false
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
        let sealer = SerialThread("cairn.seal")
        do {
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { await self.handIn() }
                group.addTask(executorPreference: applier) {
                    try await self.haltingOnFailure { try await self.applyBatches() }
                }
                group.addTask(executorPreference: publisher) {
                    try await self.haltingOnFailure { try await self.publishBlocks(publish) }
                }
                group.addTask(executorPreference: sealer) { await self.seals.run() }
                var stages = 4
                if self.ordering.decidesElsewhere {
                    group.addTask { await self.prepareAhead() }
                    stages += 1
                    group.addTask { await self.expire() }
                }
                for _ in 0..<stages { try await group.next() }
                group.cancelAll()
            }
        } catch is CancellationError {
            // It was stopped while a block waited for space.
        } catch is Divergence {
            // It is in `halted`.
        }
        // What was applied before stands, and can be read until the node is stopped.
        if let halted, halted.code == .halted {
            halt(halted)
            _ = await stopping.takeAll()
        }
        halt(NodeError(.unavailable, "the node is stopping", hint: "try again in a moment"))
    }

    /// Takes nothing more; `run` returns when all that was accepted is done.
    package func stop() {
        shared.withLock { $0.isStopping = true }
        stopping.close()
        arrivals.close()
    }

    /// Why nothing is applied any more; `nil` while all is well.
    package var halted: NodeError? { shared.withLock { $0.stopped as? NodeError } }

    /// Whether a block that another node made waits for space on this node's disk.
    package var isWaitingForSpace: Bool { shared.withLock { $0.isWaitingForSpace } }

    /// Halts for a reason that another part found, for example that the node that orders has
    /// contradicted itself.
    package func halt(because error: NodeError) { halt(error) }

    /// A stage that fails closes the others' queues before the group waits for them.
    private func haltingOnFailure(_ stage: () async throws -> Void) async throws {
        do {
            try await stage()
        } catch let divergence as Divergence {
            halt(divergence.error)
            throw divergence
        } catch {
            halt(error)
            throw error
        }
    }

    private func halt(_ error: any Error) {
        let waiters = shared.withLock { shared in
            if shared.stopped == nil { shared.stopped = error }
            defer { shared.waiters = [:] }
            return shared.waiters.values.flatMap { $0 }
        }
        for waiter in waiters { waiter.resume(with: .failure(error)) }
        arrivals.close()
        gate.close()
        ahead.close()
        applied.close()
        seals.close()
        ordering.close()
    }

    private func applyBatches() async throws {
        defer {
            ahead.close()
            applied.close()
            seals.close()
        }
        if let begun = head.tip.begun { await seals.begin(begun) }
        while try hasVersions(), let prepared = await nextBatch() {
            CrashPoint.afterOrdering.pass()
            if halted != nil { return }
            try await apply(prepared)
        }
    }

    /// Where this node orders, a batch is cut when its turn comes, and holds all that came until
    /// then; another node's batches are prepared beforehand.
    private func nextBatch() async -> PreparedBatch? {
        if ordering.decidesElsewhere { return await ahead.next() }
        guard let ordered = await ordering.next() else { return nil }
        return await StampsAhead.prepare(ordered, state: state, isOwn: isOwn)
    }

    private func prepareAhead() async { await ahead.run(ordering, state: state, isOwn: isOwn) }

    private func isOwn(_ submission: Digest) -> Bool {
        shared.withLock { $0.handedIn[submission] != nil }
    }

    private func apply(_ prepared: PreparedBatch) async throws {
        let ordered = prepared.ordered
        let batch = Batch(
            timeMs: ordered.timeMs, seal: Batch.Seal(ordered.seal), submissions: ordered.entries)
        let (submissions, verified) = await checked(prepared)
        let tip = shared.withLock { $0.tip }
        let execution = state.execution(
            network: network, channel: channel, sealed: { [seals] in try seals.sealed($0) })
        let executed = try execution.apply(
            batch, submissions: submissions, verified: verified, after: tip)
        CrashPoint.afterExecution.pass()
        let isWritten = try await writer.write(
            executed, header: ordered.header, waitForSpace: waitForSpace, applied: makeKnown)
        if !isWritten { refuseForSpace(submissions) }
    }

    /// A block is durable and applied: it is the head, and goes to the index and to whoever waits.
    private func makeKnown(_ executed: ExecutedBlock) async {
        state.people.note(executed.writes)
        shared.withLock {
            $0.tip = executed.tip
            $0.headerBytes = executed.block.headerBytes
            $0.isWaitingForSpace = false
        }
        heads.move(to: executed.tip.height)
        if let begun = executed.tip.begun, begun.height == executed.tip.height {
            await seals.begin(begun)
        }
        await applied.give(executed)
    }

    /// A block that another node has made does not fit on the disk: it waits until there is room,
    /// or until this node is stopped, and comes again after the start.
    private func waitForSpace() async throws {
        let isStopping = shared.withLock { shared in
            shared.isWaitingForSpace = true
            return shared.isStopping || shared.stopped != nil
        }
        // No later block may be applied in its place.
        if isStopping { throw CancellationError() }
        try await Task.sleep(for: .milliseconds(EngineLimit.fullDiskPauseMs))
    }

    /// The batch's submissions, and those of their transactions whose stamps were checked.
    private func checked(
        _ prepared: PreparedBatch
    ) async -> ([Submission], [Digest: VerifiedTransaction]) {
        var submissions = [Submission]()
        var checked = [VerifiedTransaction]()
        var unknown = [UnverifiedTransaction]()
        for (entry, bytes) in zip(prepared.entries, prepared.ordered.entries) {
            switch entry {
            case .own(let digest):
                let known = shared.withLock { $0.handedIn.removeValue(forKey: digest) }
                if let known {
                    gate.leave()
                    submissions.append(known.submission)
                    checked += known.verified
                } else if let submission = try? Submission(bytes: bytes) {
                    // It was handed in once and ordered twice.
                    submissions.append(submission)
                    unknown += submission.transactions
                }
            case .decoded(let submission, let verified, let others):
                submissions.append(submission)
                checked += verified
                unknown += others
            case .malformed: continue
            }
        }
        // Those that do not hold now are checked once more at their place: a key may come before
        // them in the same batch.
        for case .success(let one) in await StampChecker.check(unknown, state: state) {
            checked.append(one)
        }
        let verified = Dictionary(
            checked.map { ($0.transaction.digest, $0) }, uniquingKeysWith: { first, _ in first })
        return (submissions, verified)
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
            try await BlockWriter.publish(blocks, index: publish, answer: answer)
        }
    }
}
