import LedgerCore

/// Checks the stamps of many transactions over all cores, before they are ordered.
enum StampChecker {
    /// Transactions in one unit of work: fewer are not worth a task of their own, and more leave a
    /// core without work at the end.
    private static let chunks = 16...256
    /// Units of work that are wished for: a few for each core of most machines.
    private static let parts = 8

    /// For each transaction, in order: verified, or why not.
    static func check(
        _ transactions: [UnverifiedTransaction], state: LedgerState
    ) async -> [Result<VerifiedTransaction, any Error>] {
        let chunk = min(max(transactions.count / parts, chunks.lowerBound), chunks.upperBound)
        if transactions.count <= chunk { return check(transactions[...], state) }
        return await withTaskGroup(
            of: (Int, [Result<VerifiedTransaction, any Error>]).self
        ) { group in
            for start in stride(from: 0, to: transactions.count, by: chunk) {
                let part = transactions[start..<min(start + chunk, transactions.count)]
                // Whoever asks may run on one thread of its own.
                group.addTask(executorPreference: globalConcurrentExecutor) {
                    (start, check(part, state))
                }
            }
            var parts = [(Int, [Result<VerifiedTransaction, any Error>])]()
            for await part in group { parts.append(part) }
            return parts.sorted { $0.0 < $1.0 }.flatMap(\.1)
        }
    }

    private static func check(
        _ transactions: ArraySlice<UnverifiedTransaction>, _ state: LedgerState
    ) -> [Result<VerifiedTransaction, any Error>] {
        transactions.map { transaction in
            Result { try transaction.verified { try state.key($0) } }
        }
    }
}
