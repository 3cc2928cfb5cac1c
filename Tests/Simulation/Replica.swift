import Contracts
import KeyValue
import LedgerCore
import Storage

@testable import Node

import struct LedgerCore.Digest

/// The chain run again from genesis, block by block as they become durable, on a machine that never
/// fails: what the state must be. It also counts, from the blocks alone, what was accepted.
struct Replica {
    let world: World
    private let store = MemoryLedgerStore()
    private let state: LedgerState
    private(set) var tip: LedgerTip?
    private(set) var hashes: [Digest] = []
    /// Every accepted transaction's id with its block.
    private(set) var accepted: [Digest: UInt64] = [:]
    /// Refused transactions' ids, by block.
    private(set) var refused: [Set<Digest>] = []

    init(_ world: World) {
        self.world = world
        state = LedgerState(store: store)
    }

    var height: UInt64? { tip?.height }

    /// Runs the next block. Returns the transactions that it accepted.
    mutating func take(
        _ block: Block, at position: ChainPosition
    ) throws -> [UnverifiedTransaction] {
        let execution = state.execution(network: world.genesis.digest, channel: World.channel)
        let batch = try Batch(bytes: block.batchBytes)
        let submissions = batch.submissions.compactMap { try? Submission(bytes: $0) }
        let executed: ExecutedBlock
        if let tip {
            executed = try execution.apply(
                batch, submissions: submissions, verified: world.verified, after: tip)
        } else {
            executed = try execution.genesis(world.genesis)
        }
        guard executed.block.headerBytes == block.headerBytes,
            executed.block.bytes == block.bytes
        else { throw Violation("block \(executed.tip.height) is not what its replay leads to") }
        try store.commit(executed.commit(at: position))
        tip = executed.tip
        hashes.append(block.hash)
        return try count(block, submissions.flatMap(\.transactions), executed.tip.height)
    }

    private mutating func count(
        _ block: Block, _ transactions: [UnverifiedTransaction], _ height: UInt64
    ) throws -> [UnverifiedTransaction] {
        let places = Set(block.refusals.map(\.index))
        let taken = transactions.indices.filter { !places.contains($0) }.map { transactions[$0] }
        refused.append(Set(places.map { transactions[$0].id }))
        for transaction in taken {
            guard accepted.updateValue(height, forKey: transaction.id) == nil else {
                throw Violation("transaction \(transaction.id) was accepted twice")
            }
        }
        return taken
    }

    /// Compares every entry of every kind but those left out.
    func compare(with other: any LedgerStore, without: Set<LedgerKind> = []) throws {
        for kind in LedgerKind.allCases where !without.contains(kind) {
            if kind == .node {
                try compareNodes(with: other)
            } else if try other.contentDigest(kind) != store.contentDigest(kind) {
                throw Violation("the state's \(kind) entries are not what a replay leads to")
            }
        }
        guard try other.head() == store.head() else {
            throw Violation("the state's head is not what a replay leads to")
        }
    }

    /// Pages of a seal that was begun may be stored before a block names them; nothing else may be
    /// there, and nothing be missing.
    private func compareNodes(with other: any LedgerStore) throws {
        var left: [[UInt8]: [UInt8]] = [:]
        try other.forEachStateNode { name, bytes in
            left[name] = bytes
            return .continue
        }
        try store.forEachStateNode { name, bytes in
            guard left.removeValue(forKey: name) == bytes else {
                throw Violation("the state's tree is not what a replay leads to")
            }
            return .continue
        }
        var ahead: [[UInt8]: [UInt8]] = [:]
        for page in try tip?.begun?.sealed(page: store.stateNode).pages ?? [] {
            ahead[page.name] = page.bytes
        }
        guard left.allSatisfy({ ahead[$0.key] == $0.value }) else {
            throw Violation("the state's tree has pages that no seal makes")
        }
    }
}
