import LedgerCore

/// What one records transaction asks the applied state for, read ahead together with the others of
/// its submission: for a store many reads at once cost less than one by one.
struct RecordReads: Sendable {
    /// The command, decoded.
    let command: WireRecordsCommand
    /// What the applied state holds of each write's record, in the order of the writes.
    let records: [[UInt8]?]
    /// Whether a transaction of this id was accepted in an earlier block.
    let isAccepted: Bool

    /// A command, and which of the transactions it is of.
    private struct Decoded {
        let place: Int
        let command: WireRecordsCommand
    }

    /// Fewer are not worth it.
    private static let transactionsMin = 8
    /// Keys looked up at once, so that a hostile submission takes no more memory than that.
    private static let keysMax = 16_384

    /// Reads for all transactions of a submission that write records; `nil` for the others, and for
    /// those whose command does not decode: these are refused at their place.
    static func ahead(
        _ transactions: [UnverifiedTransaction], _ lookUp: Execution.LookUp
    ) throws -> [RecordReads?] {
        var found = [RecordReads?](repeating: nil, count: transactions.count)
        guard transactions.count >= transactionsMin else { return found }
        var next = 0
        while next < transactions.count {
            var part = [Decoded]()
            var keys = [[UInt8]]()
            while next < transactions.count, keys.count < keysMax {
                if let command = command(of: transactions[next]) {
                    for write in command.writes { keys.append(StateKey.recordKey(write.record)) }
                    part.append(Decoded(place: next, command: command))
                }
                next += 1
            }
            let read = try lookUp(keys, part.map { transactions[$0.place].id })
            var start = 0
            for (index, one) in part.enumerated() {
                let end = start + one.command.writes.count
                found[one.place] = RecordReads(
                    command: one.command, records: Array(read.entries[start..<end]),
                    isAccepted: read.isAccepted[index])
                start = end
            }
        }
        return found
    }

    private static func command(of transaction: UnverifiedTransaction) -> WireRecordsCommand? {
        let intent = transaction.intent
        guard intent.contract == Contracts.Name.records.rawValue,
            let command: WireRecordsCommand = try? Contracts.command(intent.command),
            (1...WireLimit.writesPerIntent).contains(command.writes.count)
        else { return nil }
        return command
    }
}
