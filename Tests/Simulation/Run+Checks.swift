import Contracts
import LedgerCore
import Node
import Storage

/// What must hold after every step.
extension Run {
    /// The replica runs the blocks that the ordering node has made durable since.
    mutating func takeIntoReplica(upTo height: UInt64) throws {
        var next = replica.height.map { $0 + 1 } ?? 0
        while next <= height {
            let (block, position) = try leader.block(next)
            for transaction in try replica.take(block, at: position) {
                try checkContent(of: transaction)
            }
            next += 1
        }
    }

    /// Acknowledged is durable, the state is what a replay leads to, nothing was accepted twice
    /// (`Replica` counts), nothing accepted lacks content.
    ///
    /// - Parameter everything: reads every acknowledged block and every accepted content again.
    mutating func check(everything: Bool) throws {
        guard let running = leader.running, let tip = replica.tip else { return }
        guard leader.power.isOn else { return }
        guard running.tip.height == tip.height, running.tip.hash == tip.hash else {
            throw Violation(
                "the node stands at block \(running.tip.height), durable is \(tip.height)")
        }
        if everything || comparedHeight != tip.height {
            try replica.compare(with: leader.store.memory)
            comparedHeight = tip.height
        }
        guard everything else { return }
        try checkAnswers(tip.height)
        for id in replica.accepted.keys.sorted() {
            guard let transaction = world.byID[id] else {
                throw Violation("a transaction was accepted that nobody made")
            }
            try checkContent(of: transaction)
        }
    }

    private func checkAnswers(_ last: UInt64) throws {
        var read = [UInt64: Block]()
        for answer in client.answers {
            let name = "the answer to \(answer.transaction)"
            guard answer.height <= last else {
                throw Violation("\(name) names block \(answer.height), which is lost")
            }
            let block = try read[answer.height] ?? leader.block(answer.height).block
            read[answer.height] = block
            guard block.hash == answer.block else {
                throw Violation("\(name) names another block \(answer.height)")
            }
            // What was refused may come again later and be accepted; what was accepted stays.
            let place = try leader.running?.state.store.transaction(answer.transaction)
            let holds =
                answer.isAccepted
                ? place?.height == answer.height
                : replica.refused[Int(answer.height)].contains(answer.transaction)
            guard holds else { throw Violation("\(name) is not what the ledger knows") }
        }
    }

    private func checkContent(of transaction: UnverifiedTransaction) throws {
        guard let number = world.byDigest[transaction.digest] else { return }
        for (locator, content) in world.transactions[number].contents {
            guard try leader.contents.content(locator) == content else {
                throw Violation("accepted transaction \(transaction.id) lacks content")
            }
        }
    }
}
