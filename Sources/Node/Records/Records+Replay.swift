import Contracts
import LedgerCore

/// Answers to repeated requests: an idempotency key that was used before leads to its transaction.
extension Records {
    /// What the transaction under an idempotency claim wrote, one outcome per write; empty where the
    /// claim is not held.
    func replay(_ claim: Digest) throws -> [WriteOutcome] {
        guard let held = try state.claim(
            claim, of: committer.member, nowMs: clock()),
            let id = Digest(held.transaction), let found = try reader.transaction(id)
        else { return [] }
        let writes = try RecordsCommand.writes(found.transaction.intent.command)
        return try zip(writes, found.transaction.attachment.writes).map { write, attached in
            if let existing = attached.satisfiedBy {
                return WriteOutcome(
                    effect: .unchanged, row: try index.current(record: existing), receipt: nil)
            }
            guard let row = try index.version(record: write.record, write.previous + 1) else {
                // Applied, but its block is still on its way into the index.
                throw NodeError(
                    .busy, "the first request under this Idempotency-Key is being finished",
                    hint: "ask again in a second")
            }
            let effect: WriteOutcome.Effect =
                row.deleted ? .deleted : write.previous == 0 ? .created : .updated
            return WriteOutcome(effect: effect, row: row, receipt: nil, isReplay: true)
        }
    }
}
