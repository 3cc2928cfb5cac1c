import Identity
import LedgerCore
import Vault

/// A submitted intent with what it writes, checked and planned. One reference, for it passes
/// through many hands.
final class PreparedWrites: Sendable {
    let intent: ReceivedIntent
    /// The author's; empty: the node stamps on the author's behalf.
    let stamps: [EStamp]
    /// Empty for contracts that keep no content.
    let writes: [PlannedWrite]
    /// What decides about the versions; `nil` where there are none.
    let naming: Naming?
    /// The claim that makes a repetition find this transaction.
    let idempotency: Digest?

    init(
        intent: ReceivedIntent, stamps: [EStamp], writes: [PlannedWrite] = [],
        naming: Naming? = nil, idempotency: Digest? = nil
    ) {
        self.intent = intent
        self.stamps = stamps
        self.writes = writes
        self.naming = naming
        self.idempotency = idempotency
    }
}

extension Committer {
    /// Commits several intents; each is all or none, and stands alone. Their versions are sealed
    /// in one step and their transactions handed in together, so that they share what a step costs.
    ///
    /// - Returns: for each, in order: its decision, also a refusal by a contract; or why there is
    ///   none. Where the vault fails, that is the answer for all of them.
    func commit(
        _ items: [PreparedWrites], caller: Caller
    ) async -> [Result<CommittedTransaction, any Error>] {
        var failures = [Int: any Error]()
        var versions = [VersionToSeal]()
        for (place, item) in items.enumerated() {
            do { versions += try sealable(item) } catch { failures[place] = error }
        }
        let places = items.indices.filter { failures[$0] == nil }
        let open = places.map { items[$0] }
        var results = [Result<CommittedTransaction, any Error>]()
        do {
            if versions.isEmpty {
                results = await submit(open, [:], caller)
            } else {
                results = try await ContentFirst.commit {
                    try await put(versions)
                } submit: { sizes in
                    await submit(open, sizes, caller)
                }
            }
        } catch {
            results = open.map { _ in .failure(error) }
        }
        var next = results.makeIterator()
        return items.indices.map { place in
            if let failure = failures[place] { return .failure(failure) }
            return next.next() ?? .failure(CancellationError())
        }
    }

    /// An item's versions.
    ///
    /// - Throws: `NodeError` where one could not be sealed, so that it keeps no other back.
    private func sealable(_ item: PreparedWrites) throws -> [VersionToSeal] {
        let versions = try versions(item.writes, item.naming)
        guard versions.allSatisfy({ $0.sidecar.count <= Limits.sidecarBytes }) else {
            throw NodeError(
                .tooLarge, "what the node keeps beside this content is too large",
                hint: "split the resource: it has too many references")
        }
        return versions
    }

    /// Hands sealed writes in and waits for their blocks.
    private func submit(
        _ items: [PreparedWrites], _ sizes: [Identifier: UInt64], _ caller: Caller
    ) async -> [Result<CommittedTransaction, any Error>] {
        let made = items.map { item in
            Result {
                HandedIn(
                    transaction: try transaction(
                        item.intent, stamps: item.stamps,
                        attachment: attachment(
                            item.writes, item.writes.map { sealedSize($0, sizes) },
                            idempotency: item.idempotency),
                        caller: caller),
                    versions: try item.writes.map(IndexedVersion.init(written:)))
            }
        }
        let handedIn = made.compactMap { try? $0.get() }
        indexer.expect(handedIn.flatMap(\.versions))
        let decided = await engine.submit(handedIn.map(\.transaction))
        var lost = [Identifier]()
        for (one, decision) in zip(handedIn, decided) {
            if case .success(let committed) = decision, committed.refusal == nil { continue }
            lost += one.versions.map(\.row.locator)
        }
        indexer.forget(lost)
        var next = decided.makeIterator()
        return made.map { one in
            one.flatMap { _ in next.next() ?? .failure(CancellationError()) }
        }
    }

    private struct HandedIn {
        let transaction: UnverifiedTransaction
        let versions: [IndexedVersion]
    }
}
