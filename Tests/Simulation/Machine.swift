import Contracts
import LedgerCore
import Storage
import TestSupport

@testable import Node

import struct LedgerCore.Digest

/// A machine with a disk, and the ledger's code that runs on it: the real chain log, recovery,
/// execution and block writer over a simulated disk and store.
struct Machine {
    let world: World
    let mutant: Mutant?
    let power = Power()
    let disk: SimulatedDisk
    let faulty: FaultyDisk
    let store: CrashingStore
    let segmentBytes: UInt64
    /// What runs; `nil` between a crash and the next start.
    private(set) var running: Running?

    /// What a start finds, and what is gone with a crash.
    struct Running {
        let chain: ChainLog
        let state: LedgerState
        let writer: BlockWriter
        var tip: LedgerTip
        /// A seal that was worked out before it was asked for.
        var sealed: (height: UInt64, state: SealedState)?
    }

    static let chainFolder = "chain"

    init(_ world: World, mutant: Mutant?, random: inout SeededGenerator) {
        self.world = world
        self.mutant = mutant
        disk = SimulatedDisk()
        faulty = FaultyDisk(disk, power: power, mutant: mutant)
        store = CrashingStore(power: power, mutant: mutant, seed: random.next())
        segmentBytes = [1_000, 2_500, 6_000, 1 << 20].randomElement(using: &random) ?? 6_000
    }

    var contents: ContentStore { ContentStore(disk: faulty) }

    /// Starts as `CairnNode` does: opens the chain, applies what the state lacks.
    mutating func start(_ verification: ChainVerification) throws {
        running = nil
        let state = LedgerState(store: store)
        let chain = try ChainLog.open(
            directory: Machine.chainFolder, network: world.genesis.digest, channel: World.channel,
            disk: faulty, knownDurable: try store.head()?.height, verification: verification,
            segmentBytes: segmentBytes)
        let recovery = Recovery(
            identity: world.identity, chain: chain, state: state,
            execution: state.execution(network: world.genesis.digest, channel: World.channel))
        let tip = try recovery.applyChain().tip
        running = Running(
            chain: chain, state: state,
            writer: BlockWriter(chain: chain, store: store, hasSpace: { true }), tip: tip,
            sealed: nil)
    }

    /// Ends at once. Without power the disk keeps what it likes of what was not synced.
    mutating func crash(losingPower: Bool, using random: inout SeededGenerator) {
        running = nil
        if losingPower { disk.crash(seed: random.next()) }
        store.crash(using: &random)
        power.turnOn()
    }

    /// Executes a batch after the tip.
    func execute(
        _ batch: Batch, _ submissions: [Submission], _ verified: [Digest: VerifiedTransaction]
    ) throws -> ExecutedBlock {
        guard let running else { throw Violation("a stopped machine executes") }
        let execution = running.state.execution(
            network: world.genesis.digest, channel: World.channel,
            sealed: { [sealed = running.sealed, store] seal in
                if let sealed, sealed.height == seal.height { return sealed.state }
                return try seal.sealed(page: { try store.stateNode($0) })
            })
        return try execution.apply(
            batch, submissions: submissions, verified: verified, after: running.tip)
    }

    /// The tip moves: the block is durable and applied.
    mutating func move(to executed: ExecutedBlock) { running?.tip = executed.tip }

    /// Works out the seal that was begun, before a block asks for it.
    mutating func workOutSeal() throws {
        guard let begun = running?.tip.begun, running?.sealed?.height != begun.height else {
            return
        }
        var done = try begun.sealed(page: { [store] in try store.stateNode($0) })
        // As `SealWork` does: its pages are stored before a block names them.
        try store.store(
            nodes: done.pages.compactMap { page in page.bytes.map { (page.name, $0) } })
        done.pages = []
        running?.sealed = (begun.height, done)
    }

    /// The block at a height, as the disk holds it.
    func block(_ height: UInt64) throws -> (block: Block, position: ChainPosition) {
        guard let chain = running?.chain else { throw Violation("a stopped machine reads") }
        let record = try chain.read(height: height)
        return (try Block(bytes: record.payload), record.position)
    }
}
