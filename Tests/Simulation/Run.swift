import Contracts
import LedgerCore
import Storage
import TestSupport

@testable import Node
@testable import Ordering

import struct LedgerCore.Digest

/// One seed: an ordering node and, in some seeds, one that follows it, clients, a clock, and
/// faults.
struct Run {
    let world: World
    let mutant: Mutant?
    let isTraced: Bool
    var random: SeededGenerator
    var leader: Machine
    var follower: Machine?
    var queue: BatchQueue
    var replica: Replica
    var client = Client()
    var nowMs = World.startMs
    /// Taken from clients and not handed in for ordering.
    var arrived: [UnverifiedTransaction] = []
    /// Durable and applied, not yet answered.
    var unpublished: [ExecutedBlock] = []
    /// Whether the leader checks every stamp itself; else it trusts the shared result of that
    /// check.
    let checksStamps: Bool
    /// So many records are written; where they are few, one block overwrites what another wrote.
    let records: Int
    /// Whether batches ask for seals as under load, of which a seed has too little.
    let sealsAsUnderLoad: Bool
    /// The state was last compared with the replica's at this block.
    var comparedHeight: UInt64?
    var steps = 0
    var faults = Faults()

    /// How often what happened.
    struct Faults {
        var crashes = 0
        var blocks = 0
        var flips = 0
        var full = 0
        var tornTails = 0
        var answers = 0
        var refusals = 0
    }

    init(_ world: World, seed: UInt64, mutant: Mutant?, isTraced: Bool) {
        self.world = world
        self.mutant = mutant
        self.isTraced = isTraced
        var random = SeededGenerator(seed: seed)
        // Neighbouring seeds begin far from each other.
        random = SeededGenerator(seed: random.next())
        leader = Machine(world, mutant: mutant, random: &random)
        if Int.random(in: 0..<3, using: &random) == 0 {
            follower = Machine(world, mutant: nil, random: &random)
        }
        checksStamps = Int.random(in: 0..<8, using: &random) == 0
        records = Int.random(in: 1...world.versions.count, using: &random)
        sealsAsUnderLoad = Bool.random(using: &random)
        replica = Replica(world)
        queue = Run.queue(after: nil)
        self.random = random
    }

    static func queue(after tip: LedgerTip?) -> BatchQueue {
        BatchQueue(
            limits: OrderingLimits(), startHeight: (tip?.height ?? 0) + 1,
            lastSealedMs: tip.map { $0.isSealed ? $0.timeMs : 0 } ?? 0,
            lastBatchSealed: tip?.isSealed ?? true)
    }

    mutating func chance(_ oneIn: Int) -> Bool { Int.random(in: 0..<oneIn, using: &random) == 0 }

    func trace(_ text: @autoclosure () -> String) {
        if isTraced { print("  \(steps): \(text())") }
    }

    /// Runs the seed to its end.
    ///
    /// - Throws: `Violation`.
    mutating func run() async throws {
        try await restart(losingPower: false)
        if follower != nil { try await restartFollower(losingPower: false) }
        for _ in 0..<Int.random(in: 16...52, using: &random) {
            steps += 1
            do {
                try await step()
            } catch let violation as Violation {
                throw violation
            } catch {
                try await recover(from: error)
            }
        }
        trace("end")
        leader.disk.setCapacity(.max)
        leader.disk.failSyncs(0)
        try await restart(losingPower: true)
        try check(everything: true)
        try await followToTheEnd()
    }

    private mutating func step() async throws {
        switch Int.random(in: 0..<100, using: &random) {
        case 0..<22: try await submit()
        case 22..<32: try await handIn()
        case 32..<46: try await applyBatch()
        case 46..<66: try await burst()
        case 66..<78: try await publish()
        case 78..<83: moveClock()
        case 83..<86: armPower()
        case 86: try await restart(losingPower: chance(2))
        case 87..<89: setCapacity()
        case 89: leader.disk.failSyncs(1)
        case 90: try flush()
        case 91: try leader.workOutSeal()
        case 92: try collectContent()
        default: if follower != nil { _ = try await follow() }
        }
        try check(everything: false)
    }

    // MARK: Clients

    /// A transaction goes all the way to its block.
    private mutating func burst() async throws {
        try await submit()
        try await handIn()
        try await applyBatch()
    }

    /// A client puts content and hands a transaction in, or the same one again.
    private mutating func submit() async throws {
        let number = choose()
        let prepared = world.transactions[number]
        trace("submit \(number)")
        let machine = leader
        func put() throws(DiskError) {
            for (locator, content) in prepared.contents {
                try machine.contents.put(locator, content)
            }
        }
        do {
            if mutant == .contentLate {
                arrive(number, prepared.transaction)
                try put()
                return
            }
            try await ContentFirst.commit {
                try put()
            } submit: { _ in
                arrive(number, prepared.transaction)
            }
        } catch let error as DiskError {
            guard leader.power.isOn else { throw error }
            trace("content is not taken: \(error.code)")
        }
    }

    private mutating func arrive(_ number: Int, _ transaction: UnverifiedTransaction) {
        client.handsIn(number, transaction.digest)
        arrived.append(transaction)
    }

    /// Mostly the next version of some record; also rivals, repetitions and people.
    private mutating func choose() -> Int {
        let kind = Int.random(in: 0..<20, using: &random)
        if kind < 3, let again = client.tried.randomElement(using: &random) { return again }
        if kind < 6, let number = world.people.randomElement(using: &random) {
            return world.people.first { !client.accepted.contains($0) } ?? number
        }
        let record = Int.random(in: 0..<records, using: &random)
        if kind < 9, let number = world.repeatable[record].randomElement(using: &random) {
            return number
        }
        let versions = world.versions[record]
        let next = versions.first { rivals in !rivals.contains { client.accepted.contains($0) } }
        return (next ?? versions[0]).randomElement(using: &random) ?? 0
    }

    /// Removes content whose window has ended in an applied block without its being accepted: what
    /// comes later cannot be.
    private mutating func collectContent() throws {
        guard let tip = leader.running?.tip else { return }
        trace("collect content")
        let kept = Set(try leader.contents.locators())
        for prepared in world.transactions
        where prepared.transaction.intent.notAfterMs < tip.timeMs
            && replica.accepted[prepared.transaction.id] == nil
        {
            for (locator, _) in prepared.contents where kept.contains(locator) {
                try leader.contents.remove(locator)
            }
        }
    }

    private mutating func moveClock() {
        let change =
            [1, 50, 999, 1_000, 90_000, 200_000, -1, -30_000, -3_600_000, 86_400_000]
            .randomElement(using: &random) ?? 1
        // A day ahead ends every window: seldom.
        guard change < 86_400_000 || chance(6) else { return }
        nowMs = change < 0 ? nowMs - UInt64(-change) : nowMs + UInt64(change)
        trace("clock moves by \(change) ms")
    }
}
