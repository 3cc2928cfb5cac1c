import Contracts
package import LedgerCore
import Synchronization

extension LedgerEngine {
    /// Somebody who waits for what becomes of a transaction.
    struct Waiter {
        let answer: Answer
        let since = ContinuousClock.now

        enum Answer {
            case one(CheckedContinuation<CommittedTransaction, any Error>)
            /// One of several that are answered together, and its place among them.
            case part(Gathering, Int)
        }

        /// Answers. Called once.
        func resume(with result: Result<CommittedTransaction, any Error>) {
            switch answer {
            case .one(let continuation): continuation.resume(with: result)
            case .part(let gathering, let place): gathering.put(result, at: place)
            }
        }
    }

    /// Transactions that were handed in together: their submitter goes on once the last of them is
    /// answered.
    final class Gathering: Sendable {
        typealias Results = [Result<CommittedTransaction, any Error>]

        private struct State {
            var results: [Result<CommittedTransaction, any Error>?]
            var missing: Int
        }

        private let state: Mutex<State>
        private let continuation: CheckedContinuation<Results, Never>

        init(_ count: Int, _ continuation: CheckedContinuation<Results, Never>) {
            state = Mutex(State(results: Array(repeating: nil, count: count), missing: count))
            self.continuation = continuation
        }

        /// Takes the answer for one place; each place gets one.
        func put(_ result: Result<CommittedTransaction, any Error>, at place: Int) {
            let all: Results? = state.withLock { state in
                guard state.results[place] == nil else { return nil }
                state.results[place] = result
                state.missing -= 1
                return state.missing == 0 ? state.results.compactMap { $0 } : nil
            }
            if let all { continuation.resume(returning: all) }
        }
    }

    /// Hands one transaction in and waits for its block.
    ///
    /// - Throws: `NodeError` where it was not taken (full, stopped, a stamp that does not hold). A
    ///   refusal by a contract is no error: it is in the answer.
    package func submit(_ transaction: UnverifiedTransaction) async throws -> CommittedTransaction {
        try await withCheckedThrowingContinuation { continuation in
            take([transaction]) { _ in .one(continuation) }
        }
    }

    /// Hands transactions in and waits for their blocks; each stands alone. They may come into one
    /// block, in this order, or into several.
    ///
    /// - Returns: for each, in order, what `submit` of it alone returns or throws.
    package func submit(
        _ transactions: [UnverifiedTransaction]
    ) async -> [Result<CommittedTransaction, any Error>] {
        guard !transactions.isEmpty else { return [] }
        return await withCheckedContinuation { continuation in
            let gathering = Gathering(transactions.count, continuation)
            take(transactions) { .part(gathering, $0) }
        }
    }

    private func take(
        _ transactions: [UnverifiedTransaction], _ answer: (Int) -> Waiter.Answer
    ) {
        let waiters = transactions.indices.map { Waiter(answer: answer($0)) }
        let problem: (any Error)? = shared.withLock { shared in
            if let stopped = shared.stopped ?? held { return stopped }
            for (transaction, waiter) in zip(transactions, waiters) {
                shared.waiters[transaction.digest, default: []].append(waiter)
            }
            return nil
        }
        if let problem {
            for waiter in waiters { waiter.resume(with: .failure(problem)) }
        } else if !arrivals.offer(contentsOf: transactions) {
            let busy = NodeError(
                .busy, "more transactions wait than this node takes at once",
                hint: "try again in a second")
            for transaction in transactions { fail(transaction.digest, busy) }
        }
    }

    func fail(_ digest: Digest, _ error: any Error) {
        let waiters = shared.withLock { $0.waiters.removeValue(forKey: digest) ?? [] }
        for waiter in waiters { waiter.resume(with: .failure(error)) }
    }

    /// Answers those who wait for a block's transactions.
    func answer(_ block: ExecutedBlock) throws {
        let receipts = try ReceiptMaker(block: block, node: node, stampKey: stampKey)
        let waiting = shared.withLock { shared in
            block.outcomes.map { shared.waiters.removeValue(forKey: $0.transaction.digest) ?? [] }
        }
        for (outcome, waiters) in zip(block.outcomes, waiting) where !waiters.isEmpty {
            let committed = CommittedTransaction(
                receipt: receipts.receipt(outcome), refusal: outcome.refusal,
                height: block.tip.height, timeMs: block.tip.timeMs)
            for waiter in waiters { waiter.resume(with: .success(committed)) }
        }
    }
}
