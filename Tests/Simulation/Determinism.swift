import Contracts
import Crypto
import Foundation
import KeyValue
import LedgerCore
import Storage
import TestSupport

@testable import Node

import struct LedgerCore.Digest

/// The same batches for several nodes, which differ in all that may differ between two machines and
/// two runs: they must come to the same blocks and the same state.
///
/// The batches come from the seed; what is shuffled comes from the system, so that no two runs
/// shuffle alike.
struct Determinism: Sendable {
    let world: World

    /// Runs seeds; a digest over every block hash and every state entry of all of them.
    ///
    /// - Throws: `Violation` where two nodes disagree.
    func digest(_ options: Options) async throws -> Digest {
        var hasher = SHA256()
        for (number, seed) in options.seeds.enumerated() {
            let batches = try Determinism.batches(world, seed: seed)
            var node = ComparedNode(world)
            let one = try await node.run(batches)
            node = ComparedNode(world)
            guard try await node.run(batches) == one else {
                throw Violation("seed \(seed): two nodes disagree")
            }
            if number % 16 == 0 {
                let folder = FileManager.default.temporaryDirectory
                    .appendingPathComponent("cairn-sim-\(UUID().uuidString)")
                defer { try? FileManager.default.removeItem(at: folder) }
                let store = try RocksLedgerStore(directory: folder.path)
                defer { store.close() }
                node = ComparedNode(world, store: store)
                guard try await node.run(batches) == one else {
                    throw Violation("seed \(seed): two stores disagree")
                }
            }
            for digest in one { hasher.update(data: digest.bytes) }
        }
        return hasher.finalize().withUnsafeBytes { Digest($0) } ?? .zero
    }

    /// Some batches: good transactions, rivals, repetitions, submissions that do not decode, are
    /// stamped for another network or by nobody; seals of every kind; times that go back.
    static func batches(_ world: World, seed: UInt64) throws -> [Batch] {
        var random = SeededGenerator(seed: SeededGenerator(seed: seed).seed &* 0x9e37_79b9)
        var timeMs = World.startMs
        return try (0..<Int.random(in: 4...12, using: &random)).map { _ in
            timeMs = timeMs &+ UInt64.random(in: 0...60_000, using: &random) &- 10_000
            let submissions = try (0..<Int.random(in: 0...3, using: &random)).map { _ in
                try submission(world, &random)
            }
            let seal: Batch.Seal =
                [.none, .none, .begin, .begin, .now].randomElement(using: &random) ?? .now
            return Batch(timeMs: timeMs, seal: seal, submissions: submissions)
        }
    }

    private static func submission(
        _ world: World, _ random: inout SeededGenerator
    ) throws -> [UInt8] {
        let count = Int.random(in: 1...6, using: &random)
        let transactions = (0..<count).map { _ in
            world.transactions[
                Int.random(in: 0..<world.transactions.count, using: &random)
            ].transaction
        }
        let kind = Int.random(in: 0..<16, using: &random)
        let bytes = try Submission(
            network: kind == 0 ? .zero : world.genesis.digest,
            node: kind == 1 ? Identifier(using: &random) : world.node,
            transactions: transactions, signingWith: world.nodeKey
        ).bytes
        return kind == 2 ? random.mutated(bytes) : bytes
    }
}

/// One node of the comparison.
private struct ComparedNode {
    let world: World
    let store: any LedgerStore
    private var state: LedgerState
    private var random = SystemRandomNumberGenerator()
    private var early: (height: UInt64, state: SealedState)?

    init(_ world: World, store: any LedgerStore = MemoryLedgerStore()) {
        self.world = world
        self.store = store
        state = LedgerState(store: store)
    }

    /// Every block's hash, then a digest of each kind of state entry.
    mutating func run(_ batches: [Batch]) async throws -> [Digest] {
        var tip = try take(execution.genesis(world.genesis))
        var digests = [tip.hash]
        for batch in batches {
            if chance(4), let begun = tip.begun {
                early = (
                    begun.height, try begun.sealed(page: { [store] in try store.stateNode($0) })
                )
            }
            let submissions = batch.submissions.compactMap { try? Submission(bytes: $0) }
            let verified = await checked(submissions.flatMap(\.transactions))
            tip = try take(
                execution.apply(
                    batch, submissions: submissions, verified: verified, after: tip))
            digests.append(tip.hash)
            if chance(5) {
                // As after a restart.
                state = LedgerState(store: store)
                guard let read = try LedgerTip(readFrom: store) else {
                    throw Violation("the store has no head")
                }
                tip = read
            }
        }
        return try digests + LedgerKind.allCases.map { try store.contentDigest($0) }
    }

    private mutating func chance(_ oneIn: Int) -> Bool {
        Int.random(in: 0..<oneIn, using: &random) == 0
    }

    private var execution: Execution {
        state.execution(
            network: world.genesis.digest, channel: World.channel,
            sealed: { [early, store] seal in
                if let early, early.height == seal.height { return early.state }
                return try seal.sealed(page: { try store.stateNode($0) })
            })
    }

    /// Commits with the rows in another order.
    private mutating func take(_ executed: ExecutedBlock) throws -> LedgerTip {
        let place = ChainPosition(segment: 0, offset: executed.tip.height, length: 1)
        var commit = executed.commit(at: place)
        commit.stateWrites.shuffle(using: &random)
        commit.former.shuffle(using: &random)
        commit.nodes.shuffle(using: &random)
        commit.tiles.shuffle(using: &random)
        commit.transactions.shuffle(using: &random)
        commit.membership.shuffle(using: &random)
        try store.commit(commit)
        return executed.tip
    }

    /// Checks stamps beforehand in pieces of any size that end in any order, and forgets some.
    private mutating func checked(
        _ transactions: [UnverifiedTransaction]
    ) async -> [Digest: VerifiedTransaction] {
        var rest = transactions.shuffled(using: &random)[...]
        var pieces = [[UnverifiedTransaction]]()
        while !rest.isEmpty {
            let size = Int.random(in: 1...max(1, rest.count), using: &random)
            if !chance(6) { pieces.append(Array(rest.prefix(size))) }
            rest = rest.dropFirst(size)
        }
        return await withTaskGroup(of: [VerifiedTransaction].self) { [state] group in
            for piece in pieces {
                group.addTask {
                    await StampChecker.check(piece, state: state).compactMap { try? $0.get() }
                }
            }
            var verified = [Digest: VerifiedTransaction]()
            for await piece in group {
                for one in piece { verified[one.transaction.digest] = one }
            }
            return verified
        }
    }
}
