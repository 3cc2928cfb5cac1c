import Contracts
import LedgerCore
import Storage
import Vault

/// What the collector asks the ledger.
extension OrphanCollector {
    /// Collects by what the engine has applied. A node that has halted collects nothing: its state
    /// may not be what it should be.
    convenience init(
        vault: Vault, engine: LedgerEngine, ledger: LedgerReader, directory: DataDirectory
    ) {
        self.init(
            vault: vault, appliedMs: { engine.halted == nil ? engine.head.tip.timeMs : nil },
            accepted: { transaction in
                guard try ledger.state.store.transaction(transaction) != nil else { return [] }
                guard let found = try ledger.transaction(transaction) else {
                    throw NodeError(.damaged, "the chain lacks an accepted transaction")
                }
                return Set(Self.versions(of: found.transaction).map(\.locator))
            }, hold: { CollectionHold.forRound(directory) })
    }

    /// Takes note of what blocks accepted from a node.
    func note(_ blocks: [ExecutedBlock], from node: Identifier) {
        note(
            blocks.flatMap(\.outcomes).filter { $0.refusal == nil && $0.node == node }
                .flatMap { Self.versions(of: $0.transaction) })
    }

    /// The versions that a transaction writes.
    private static func versions(of transaction: UnverifiedTransaction) -> [NamedVersion] {
        guard transaction.intent.contract == Contracts.Name.records.rawValue else { return [] }
        let naming = Naming(transaction: transaction.id, endMs: transaction.intent.notAfterMs)
        return transaction.attachment.writes.filter { $0.satisfiedBy == nil }
            .map { NamedVersion(locator: $0.locator, naming: naming) }
    }
}
