import Contracts
import LedgerCore

/// A channel held in dictionaries: what a store keeps, and nothing else.
final class MemoryLedger {
    let genesis: Genesis
    var entries: [[UInt8]: [UInt8]] = [:]
    var pages: [[UInt8]: [UInt8]] = [:]
    var accepted = Set<Digest>()
    var leaves: [Digest] = []
    private(set) var tip = LedgerTip(
        height: 0, hash: .zero, timeMs: 0, log: LogTree())

    init(_ genesis: Genesis) throws {
        self.genesis = genesis
        try take(execution.genesis(genesis))
    }

    var execution: Execution {
        Execution(
            network: genesis.digest, channel: "main", ordering: .local,
            entry: { [unowned self] in entries[$0] }, page: { [unowned self] in pages[$0] },
            isAccepted: { [unowned self] in accepted.contains($0) },
            members: { [unowned self] in members })
    }

    private var members: [Identifier] { entries.keys.compactMap { StateKey.memberID(inKey: $0) } }

    /// Orders, applies and keeps a batch; the block time follows the last one by a second.
    @discardableResult
    func apply(
        _ submissions: [Submission], timeMs: UInt64? = nil, seals: Bool = true,
        seal: Batch.Seal? = nil,
        verified: [Digest: VerifiedTransaction] = [:]
    ) throws -> ExecutedBlock {
        let batch = Batch(
            timeMs: timeMs ?? tip.timeMs + 1000, seal: seal ?? (seals ? .now : .none),
            submissions: submissions.map(\.bytes))
        let block = try execution.apply(
            batch, submissions: submissions, verified: verified, after: tip)
        take(block)
        return block
    }

    private func take(_ block: ExecutedBlock) {
        for write in block.writes { entries[write.key] = write.value }
        for page in block.pages { pages[page.name] = page.bytes }
        for outcome in block.outcomes where outcome.refusal == nil {
            accepted.insert(outcome.transaction.id)
        }
        leaves += block.acceptedDigests + [block.block.hash]
        tip = block.tip
    }

    /// What a restart knows: nothing of `unsealed` but the rows.
    func restart() throws {
        let begun = tip.begun?.height
        tip.unsealed = []
        tip.begun = nil
        let rows = pages.filter { $0.key.first == UnsealedRow.prefix }
            .sorted { $0.key.lexicographicallyPrecedes($1.key) }
        for (name, bytes) in rows { try UnsealedRow.read(name: name, bytes: bytes, into: &tip) }
        if let begun { tip.begunSeal(at: begun) }
    }

    func state<Message: WireState>(_ key: StateKey, as type: Message.Type) throws -> Message? {
        try StateOverlay(base: { self.entries[$0] }, members: { self.members }).value(key, as: type)
    }

    /// The root of a tree built afresh over all entries.
    func rebuiltRoot() throws -> Digest {
        var update = StateTreeUpdate(version: 0, read: { _ in nil })
        return try update.apply(
            entries.map { StateTree.Change(key: $0.key, value: $0.value) })
    }
}
