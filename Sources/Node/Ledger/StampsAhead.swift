import LedgerCore
import Ordering

/// An ordered batch, its submissions decoded and their stamps checked as far as they can be before
/// its turn comes.
struct PreparedBatch: Sendable {
    let ordered: OrderedBatch
    /// In the batch's order.
    let entries: [Entry]

    enum Entry: Sendable {
        /// Handed in here: decoded and checked already. The digest of its bytes.
        case own(Digest)
        /// `unknown`: transactions with a stamp under a key that the ledger did not know yet; it
        /// may be enrolled before their turn. Stamps under known keys that do not hold never will.
        case decoded(
            Submission, verified: [VerifiedTransaction], unknown: [UnverifiedTransaction])
        /// No submission, whatever it is.
        case malformed
    }
}

/// Prepares the batches of another node on all cores while earlier ones are applied.
///
/// Contract:
/// - Batches come out as they came from the ordering service, each once, in order.
/// - A signature is checked against the key that its stamp names by digest, and a key is never
///   another: what holds ahead of its turn holds at its turn. Whether that key is known, live and
///   the author's there is for the contracts to say, at its turn.
/// - Beside the batch that is applied, one waits ready and one is prepared: memory is bounded by
///   three batches and what the ordering service holds.
final class StampsAhead: Sendable {
    private let ready = Handoff<PreparedBatch>(limit: 1)

    /// Prepares what comes until the service ends, or `close`.
    func run(
        _ ordering: any OrderingService, state: LedgerState,
        isOwn: @Sendable (Digest) -> Bool
    ) async {
        while let ordered = await ordering.next() {
            await ready.give(await StampsAhead.prepare(ordered, state: state, isOwn: isOwn))
        }
        ready.close()
    }

    /// The next batch; `nil` once the service has ended. For one consumer.
    func next() async -> PreparedBatch? { await ready.takeAll()?.first }

    /// Nobody waits any longer, and nothing is taken.
    func close() { ready.close() }

    /// Decodes a batch and checks its stamps against the keys of the applied state.
    static func prepare(
        _ ordered: OrderedBatch, state: LedgerState, isOwn: @Sendable (Digest) -> Bool
    ) async -> PreparedBatch {
        var entries = [PreparedBatch.Entry]()
        for bytes in ordered.entries {
            let digest = Digest.sha256(bytes)
            if isOwn(digest) {
                entries.append(.own(digest))
            } else if let submission = try? Submission(bytes: bytes) {
                entries.append(await check(submission, state))
            } else {
                entries.append(.malformed)
            }
        }
        return PreparedBatch(ordered: ordered, entries: entries)
    }

    private static func check(
        _ submission: Submission, _ state: LedgerState
    ) async -> PreparedBatch.Entry {
        var verified = [VerifiedTransaction]()
        verified.reserveCapacity(submission.transactions.count)
        var unknown = [UnverifiedTransaction]()
        let results = await StampChecker.check(submission.transactions, state: state)
        for (transaction, result) in zip(submission.transactions, results) {
            switch result {
            case .success(let checked): verified.append(checked)
            case .failure(StampProblem.doesNotHold): break
            case .failure: unknown.append(transaction)
            }
        }
        return .decoded(submission, verified: verified, unknown: unknown)
    }
}
