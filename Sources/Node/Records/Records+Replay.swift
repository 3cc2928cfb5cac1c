import Contracts
import LedgerCore

/// Answers to repeated requests: an idempotency key that was used before leads to its transaction.
extension Records {
    /// What the transaction under an idempotency claim wrote, one outcome per write; empty where
    /// the claim is not held.
    ///
    /// The ledger knows of a transaction a moment before the index does: waits until both do.
    ///
    /// - Throws: `busy` where the index stays behind.
    func replay(_ claim: Digest) async throws -> [WriteOutcome] {
        for _ in 0..<Self.indexLooks {
            if let earlier = try indexed(claim) { return earlier }
            try await Task.sleep(for: .milliseconds(Self.indexLookMs))
        }
        throw NodeError(
            .busy, "the first request under this Idempotency-Key is being finished",
            hint: "ask again in a second")
    }

    private static var indexLooks: Int { 500 }
    private static var indexLookMs: Int { 10 }

    /// The outcomes under a claim; `nil` while its block is on its way into the index.
    private func indexed(_ claim: Digest) throws -> [WriteOutcome]? {
        guard
            let held = try state.claim(
                claim, of: committer.member, nowMs: clock()),
            let id = Digest(held.transaction), let found = try reader.transaction(id)
        else { return [] }
        let writes = try RecordsCommand.writes(found.transaction.intent.command)
        var outcomes = [WriteOutcome]()
        for (write, attached) in zip(writes, found.transaction.attachment.writes) {
            if let existing = attached.satisfiedBy {
                let row = try index.current(record: existing)
                outcomes.append(WriteOutcome(effect: .unchanged, row: row, receipt: nil))
                continue
            }
            guard let row = try index.version(record: write.record, write.previous + 1) else {
                return nil
            }
            let effect: WriteOutcome.Effect =
                row.deleted ? .deleted : write.previous == 0 ? .created : .updated
            outcomes.append(
                WriteOutcome(effect: effect, row: row, receipt: nil, isReplay: true))
        }
        return outcomes
    }

    /// The answer of an earlier single write under the same idempotency key; `nil` where there is
    /// none.
    func replay(_ claim: Digest, of write: RepeatedWrite) async throws -> WriteOutcome? {
        guard let earlier = try await replay(claim).first else { return nil }
        try check(earlier, repeats: write)
        return earlier
    }

    /// Refuses a key that was used for something else: the caller would take another write's answer
    /// for this one's, and this one would be lost.
    func check(_ earlier: WriteOutcome, repeats write: RepeatedWrite) throws {
        guard let row = earlier.row else { return }
        var isSame = row.type == write.type && (write.id.map { $0 == row.fhirID } ?? true)
        if earlier.effect != .unchanged {
            isSame = isSame && row.deleted == write.deletes
            if isSame, let content = write.content {
                isSame = try open(row).content.elementsEqual(content)
            }
        }
        guard isSame else { throw RepeatedWrite.isAnother }
    }
}

/// What a write asks for, as far as a repetition of it must ask for the same.
struct RepeatedWrite {
    var type: String
    /// `nil` where the server gives the id.
    var id: String?
    /// The resource's exact bytes; `nil` for deletions, and for files, which are not held whole.
    var content: ArraySlice<UInt8>?
    var deletes = false

    static var isAnother: NodeError {
        NodeError(
            .unprocessable, "the Idempotency-Key was used for another request",
            hint: "use a new key for a new request")
    }
}
