import KeyValue
import Contracts
import LedgerCore
import Storage

/// Runs the whole chain again from the genesis file, in memory, and compares every header, and the
/// applied state where it stands.
struct Replay {
    let identity: NodeIdentity
    let channel: String
    let directory: DataDirectory
    /// By locator: what was committed.
    private(set) var versions: [Identifier: CommittedVersion] = [:]
    private let memory = MemoryLedgerStore()
    private var tip: LedgerTip?
    private var broken = false

    init(identity: NodeIdentity, channel: String, directory: DataDirectory) {
        self.identity = identity
        self.channel = channel
        self.directory = directory
    }

    private var state: LedgerState { LedgerState(store: memory) }

    private var execution: Execution {
        state.execution(network: identity.genesis.digest, channel: channel)
    }

    mutating func run(_ report: inout VerificationReport) async throws {
        let applied = StateCheck(directory: directory.state, &report)
        var waiting = [ChainRecord]()
        let findings = try ChainLog.inspect(
            directory: directory.chain, network: identity.genesis.digest, channel: channel
        ) { waiting.append($0) }
        for finding in findings {
            let place = "\(finding.file)@\(finding.offset)"
            if finding.isHarmless {
                report.warn("chain", place, finding.reason)
            } else {
                report.damage("chain", place, finding.reason)
            }
        }
        for record in waiting where !broken {
            await apply(record, &report)
            if let applied, record.height == applied.height, !broken {
                applied.compare(with: memory, &report)
                applied.close()
            }
        }
        if let tip { report.head = "\(tip.height) \(tip.hash)" }
        if tip == nil { report.damage("chain", directory.chain, "there is no block") }
        if let applied, applied.height > tip?.height ?? 0, !broken {
            report.damage(
                "chain", directory.chain,
                "it ends at height \(tip?.height ?? 0), the state has height \(applied.height)")
        }
    }

    private mutating func apply(_ record: ChainRecord, _ report: inout VerificationReport) async {
        let place = "\(record.position.fileName)@\(record.position.offset), height \(record.height)"
        do {
            let block = try Block(bytes: record.payload)
            let executed = try await execute(block)
            guard executed.block.bytes == record.payload else {
                throw NodeError(.damaged, "the block is not what its batch and the state lead to")
            }
            try memory.commit(executed.commit(at: record.position))
            tip = executed.tip
            report.blocks += 1
            try note(executed, &report)
        } catch {
            broken = true
            let lacked = (error as? LackedVersion)?.message
            let reason = lacked ?? (error as? NodeError)?.message ?? "\(error)"
            report.damage("ledger", place, reason + "; later blocks were not checked")
        }
    }

    private func execute(_ block: Block) async throws -> ExecutedBlock {
        guard let tip else { return try execution.genesis(identity.genesis) }
        let batch = try Batch(bytes: block.batchBytes)
        let submissions = batch.submissions.compactMap { try? Submission(bytes: $0) }
        var verified = [Digest: VerifiedTransaction]()
        let transactions = submissions.flatMap(\.transactions)
        for result in await StampChecker.check(transactions, state: state) {
            if case .success(let checked) = result {
                verified[checked.transaction.digest] = checked
            }
        }
        return try execution.apply(batch, submissions: submissions, verified: verified, after: tip)
    }

    /// Whether this node's member wrote it: other members' records lie with them.
    private func isOwn(_ transaction: UnverifiedTransaction) throws -> Bool {
        let author = try state.person(transaction.intent.author)
        return author.flatMap { Identifier($0.member) } == identity.member
    }

    private mutating func note(
        _ executed: ExecutedBlock, _ report: inout VerificationReport
    ) throws {
        for outcome in executed.outcomes where outcome.refusal == nil {
            report.transactions += 1
            let transaction = outcome.transaction
            guard transaction.intent.contract == Contracts.Name.records.rawValue,
                try isOwn(transaction)
            else { continue }
            let writes = try RecordsCommand.writes(transaction.intent.command)
            for (write, attached) in zip(writes, transaction.attachment.writes)
            where attached.satisfiedBy == nil {
                versions[attached.locator] = CommittedVersion(
                    record: write.record, version: write.previous + 1,
                    commitment: write.commitment, height: executed.tip.height,
                    transaction: transaction.id)
            }
        }
    }
}

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
    func compare(with memory: MemoryLedgerStore, _ report: inout VerificationReport) {
        for kind in LedgerKind.allCases {
            do {
                var expected = [([UInt8], [UInt8])]()
                try memory.forEach(kind, from: []) { key, value in
                    expected.append((key, value))
                    return .continue
                }
                var position = 0
                var wrong: [UInt8]?
                try store.forEach(kind, from: []) { key, value in
                    let value = kind == .head ? LedgerTip.current(storedHead: value) : value
                    guard position < expected.count, expected[position] == (key, value) else {
                        wrong = key
                        return .stop
                    }
                    position += 1
                    return .continue
                }
                if wrong == nil, position < expected.count { wrong = expected[position].0 }
                if let wrong {
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

extension ChainFinding {
    /// What is wrong, without the place.
    fileprivate var reason: String {
        switch kind {
        case .segmentHeaderDamaged: "the segment's header is not as it was written"
        case .foreignSegment: "the segment is of another network or channel"
        case .unknownFile: "it is no segment of a chain"
        case .recordDamaged: "the record of height \(height) is not as it was written"
        case .tornTail(let bytes):
            "\(bytes) bytes of a record that was never durable; the next start cuts them off"
        case .heightUnexpected(let found):
            "a record of height \(found) lies where height \(height) belongs"
        case .tailMissing(let last):
            last.map { "the chain ends at height \($0), height \(height) was durable" }
                ?? "the chain is empty, height \(height) was durable"
        }
    }
}
