import LedgerCore

import struct LedgerCore.Digest

/// What clients were told, and what they still wait for.
struct Client {
    /// The answer to one transaction.
    struct Answer {
        let height: UInt64
        let block: Digest
        let isAccepted: Bool
        let transaction: Digest
    }

    /// Transactions that were handed in and not answered, by digest, with their number.
    private(set) var waiting: [Digest: Int] = [:]
    private(set) var answers: [Answer] = []
    /// Accepted, by number.
    private(set) var accepted: Set<Int> = []
    /// Handed in at least once, in order.
    private(set) var tried: [Int] = []

    mutating func handsIn(_ number: Int, _ digest: Digest) {
        waiting[digest] = number
        tried.append(number)
    }

    /// An error instead of an answer: it may have been decided or not.
    mutating func givesUp(_ digest: Digest) { waiting[digest] = nil }

    /// Whoever waited at a machine that stopped knows nothing.
    mutating func losesConnection() { waiting = [:] }

    mutating func isAnswered(_ digest: Digest, _ answer: Answer) {
        guard let number = waiting.removeValue(forKey: digest) else { return }
        answers.append(answer)
        if answer.isAccepted { accepted.insert(number) }
    }
}
