import KeyValue
import LedgerCore
import Storage
import Synchronization
import TestSupport

/// The ledger's state on a simulated machine: in memory, and after a crash as of some commit
/// between the last flush and the newest one, as the contract of `LedgerStore` allows.
final class CrashingStore: LedgerStore {
    private struct State {
        var memory = MemoryLedgerStore()
        var steps: [Step] = []
        /// So many steps stay over a crash.
        var durable = 0
        /// For `unsorted-state`.
        var disorder: SeededGenerator
    }
    /// What was written, in order.
    private enum Step {
        case commit(LedgerCommit)
        case nodes([(key: [UInt8], value: [UInt8])])
    }

    private let state: Mutex<State>
    private let power: Power
    private let mutant: Mutant?

    init(power: Power, mutant: Mutant?, seed: UInt64) {
        self.power = power
        self.mutant = mutant
        state = Mutex(State(disorder: SeededGenerator(seed: seed)))
    }

    /// The entries themselves, whatever the mutant says of them.
    var memory: MemoryLedgerStore { state.withLock { $0.memory } }

    /// Loses what the seed decides.
    func crash(using random: inout SeededGenerator) {
        let range = state.withLock { $0.durable...$0.steps.count }
        // Mostly a part of what there is: all of it applied again costs more than it shows.
        let kept = max(
            Int.random(in: range, using: &random), Int.random(in: range, using: &random))
        state.withLock { state in
            state.steps.removeLast(state.steps.count - kept)
            if mutant == .blockTwice { CrashingStore.tear(&state.steps) }
            state.durable = state.steps.count
            state.memory = MemoryLedgerStore()
            for step in state.steps {
                switch step {
                case .commit(let commit): try? state.memory.commit(commit)
                case .nodes(let nodes): try? state.memory.store(nodes: nodes)
                }
            }
        }
    }

    /// The entries of the last commit stay, its head goes: what a store must never do.
    private static func tear(_ steps: inout [Step]) {
        let commits = steps.indices.filter { if case .commit = steps[$0] { true } else { false } }
        guard commits.count > 1, case .commit(let last) = steps[commits[commits.count - 1]],
            case .commit(var torn) = steps[commits[commits.count - 2]]
        else { return }
        torn.stateWrites += last.stateWrites
        torn.former += last.former
        torn.nodes += last.nodes
        torn.tiles += last.tiles
        torn.transactions += last.transactions
        torn.membership += last.membership
        steps[commits[commits.count - 2]] = .commit(torn)
        steps.remove(at: commits[commits.count - 1])
    }

    func value(for stateKey: [UInt8]) throws -> [UInt8]? { try memory.value(for: stateKey) }

    func values(for stateKeys: [[UInt8]]) throws -> [[UInt8]?] {
        try memory.values(for: stateKeys)
    }

    func stateNode(_ key: [UInt8]) throws -> [UInt8]? { try memory.stateNode(key) }

    func tile(level: UInt8, index: UInt64) throws -> [UInt8]? {
        try memory.tile(level: level, index: index)
    }

    func transaction(_ id: Digest) throws -> TransactionPlace? {
        mutant == .doubleApply ? nil : try memory.transaction(id)
    }

    func block(_ height: UInt64) throws -> BlockPlace? { try memory.block(height) }

    func head() throws -> AppliedHead? { try memory.head() }

    func commit(_ commit: LedgerCommit) throws {
        try power.call("commit", "state") { () throws(DiskError) in
            guard (try? memory.commit(commit)) != nil else {
                throw DiskError(.exists, operation: "commit", path: "state")
            }
            state.withLock { $0.steps.append(.commit(commit)) }
        }
    }

    func store(nodes: [(key: [UInt8], value: [UInt8])]) throws {
        try power.call("store", "state") { () throws(DiskError) in
            guard (try? memory.store(nodes: nodes)) != nil else {
                throw DiskError(.exists, operation: "store", path: "state")
            }
            state.withLock { $0.steps.append(.nodes(nodes)) }
        }
    }

    func prune(below height: UInt64) throws { try memory.prune(below: height) }

    func header(_ height: UInt64) throws -> [UInt8]? { try memory.header(height) }

    func proven(_ id: Digest) throws -> [UInt8]? { try memory.proven(id) }

    func height(ofBlock hash: Digest) throws -> UInt64? { try memory.height(ofBlock: hash) }

    func stateMoment() throws -> StateMoment { try memory.stateMoment() }

    /// No simulated machine begins with a snapshot; the rows are what the store would take over.
    func load(_ rows: [LedgerRow], head: AppliedHead?) throws {
        try memory.load(rows, head: head)
    }

    func flush() throws {
        try power.call("flush", "state") { () throws(DiskError) in
            state.withLock { $0.durable = $0.steps.count }
        }
    }

    func close() {}

    func forEach(
        _ kind: LedgerKind, from start: [UInt8],
        _ visit: (_ key: [UInt8], _ value: [UInt8]) throws -> ScanStep
    ) throws {
        guard mutant == .unsortedState else {
            return try memory.forEach(kind, from: start, visit)
        }
        var entries = [([UInt8], [UInt8])]()
        try memory.forEach(kind, from: start) { key, value in
            entries.append((key, value))
            return .continue
        }
        state.withLock { entries.shuffle(using: &$0.disorder) }
        for (key, value) in entries where try visit(key, value) == .stop { return }
    }
}
