import Contracts
import LedgerCore
import Storage
import TestSupport

@testable import Node
@testable import Ordering

import struct LedgerCore.Digest

/// The way of a transaction from its client to the answer: what `LedgerEngine` does with threads
/// and queues, one step at a time, through the same parts.
extension Run {
    /// Checks stamps, stamps once as the node, queues for ordering.
    mutating func handIn() async throws {
        guard let state = leader.running?.state, !arrived.isEmpty else { return }
        var rest = arrived[...]
        arrived = []
        while !rest.isEmpty {
            let group = Array(EngineLimit.group(rest))
            rest = rest.dropFirst(group.count)
            let good = try await checked(group, state).map(\.transaction)
            for transaction in group
            where !good.contains(where: { $0.digest == transaction.digest }) {
                client.givesUp(transaction.digest)
            }
            guard !good.isEmpty else { continue }
            let submission = try Submission(
                network: world.genesis.digest, node: world.node, transactions: good,
                signingWith: world.nodeKey)
            trace("hand in \(good.count)")
            try queue.submit(submission.bytes)
        }
    }

    /// Those whose stamps hold by keys that the state knows.
    private func checked(
        _ transactions: [UnverifiedTransaction], _ state: LedgerState
    ) async throws -> [VerifiedTransaction] {
        if checksStamps {
            return await StampChecker.check(transactions, state: state)
                .compactMap { try? $0.get() }
        }
        return try transactions.compactMap { transaction in
            let isKnown = try transaction.stamps.allSatisfy { try state.keyState($0.key) != nil }
            return isKnown ? world.verified[transaction.digest] : nil
        }
    }

    /// Cuts the next batch, and brings its block onto the disk and into the state.
    mutating func applyBatch() async throws {
        guard leader.running != nil, case .batch(let ordered) = queue.next(nowMs: nowMs) else {
            return
        }
        let marks: [SealMark] = sealsAsUnderLoad ? [.none, .none, .begin, .now] : [ordered.seal]
        let batch = Batch(
            timeMs: ordered.timeMs,
            seal: Batch.Seal(marks.randomElement(using: &random) ?? ordered.seal),
            submissions: ordered.entries)
        let executed = try execute(batch, on: leader)
        trace(
            "block \(executed.tip.height), \(executed.outcomes.count) transactions, \(batch.seal)")
        if mutant == .earlyAcknowledgement { try answer(executed) }
        guard let writer = leader.running?.writer else { return }
        let isWritten = try await writer.write(
            executed, header: nil, waitForSpace: { throw Violation("own blocks never wait") },
            applied: { executed in
                leader.move(to: executed)
                unpublished.append(executed)
                try takeIntoReplica(upTo: executed.tip.height)
            })
        faults.blocks += 1
        guard !isWritten else { return }
        trace("no space for block \(executed.tip.height)")
        for outcome in executed.outcomes { client.givesUp(outcome.transaction.digest) }
    }

    private func execute(_ batch: Batch, on machine: Machine) throws -> ExecutedBlock {
        let submissions = batch.submissions.compactMap { try? Submission(bytes: $0) }
        return try machine.execute(batch, submissions, world.verified)
    }

    /// Takes applied blocks into the index, which is nothing here, and answers.
    mutating func publish() async throws {
        let blocks = unpublished
        guard !blocks.isEmpty else { return }
        trace("publish \(blocks.count)")
        try await BlockWriter.publish(
            blocks, index: { _ in },
            answer: { block in
                try answer(block)
                unpublished.removeFirst()
            })
    }

    private mutating func answer(_ executed: ExecutedBlock) throws {
        for outcome in executed.outcomes {
            let digest = outcome.transaction.digest
            guard client.waiting[digest] != nil else { continue }
            faults.answers += 1
            if outcome.refusal != nil { faults.refusals += 1 }
            client.isAnswered(
                digest,
                Client.Answer(
                    height: executed.tip.height, block: executed.tip.hash,
                    isAccepted: outcome.refusal == nil, transaction: outcome.transaction.id))
        }
    }

    /// The other node takes all that is left, and must stand where the ordering node stands.
    mutating func followToTheEnd() async throws {
        guard follower != nil else { return }
        try await restartFollower(losingPower: true)
        // It may be stopped on the way, but not for ever.
        for _ in 0..<1_000 where try await !follow() {
            if follower?.running != nil { break }
            try await restartFollower(losingPower: false)
        }
        guard let machine = follower, machine.running?.tip.hash == replica.tip?.hash else {
            throw Violation("the node that follows does not come to the end")
        }
        // Its chain may be cut into other segments.
        try replica.compare(with: machine.store.memory, without: [.block])
    }

    /// The other node takes the next block from the ordering one. Returns whether there was one.
    mutating func follow() async throws -> Bool {
        guard let at = follower?.running?.tip.height, let tip = leader.running?.tip,
            at < tip.height
        else { return false }
        let (block, _) = try leader.block(at + 1)
        do {
            try await follow(block)
        } catch let divergence as Divergence {
            throw Violation("two nodes disagree: \(divergence.error.message)")
        } catch let violation as Violation {
            throw violation
        } catch {
            guard leader.power.isOn else { throw error }
            trace("follower stops: \(error)")
            try await restartFollower(losingPower: chance(2))
        }
        return true
    }

    private mutating func follow(_ block: Block) async throws {
        guard let machine = follower, let writer = machine.running?.writer else { return }
        let executed = try execute(try Batch(bytes: block.batchBytes), on: machine)
        trace("follower takes block \(executed.tip.height)")
        if chance(12) { machine.disk.setCapacity(machine.disk.usedBytes + 40) }
        if chance(12) {
            machine.power.fail(
                afterCalls: Int.random(in: 0..<6, using: &random), lastCallHappens: chance(2))
        }
        let gives = chance(2)
        _ = try await writer.write(
            executed, header: block.headerBytes,
            waitForSpace: {
                // Room again, or the node is stopped while it waits.
                machine.disk.setCapacity(.max)
                if !gives { throw CancellationError() }
            }, applied: { follower?.move(to: $0) })
        machine.disk.setCapacity(.max)
    }
}
