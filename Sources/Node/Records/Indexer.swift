import Contracts
import LedgerCore
import Storage
import Synchronization
import Vault

/// Takes published blocks over into the query index: from memory where this node wrote the version
/// a moment ago, else from the vault.
final class Indexer: Sendable {
    private let index: RecordIndex
    private let vault: Vault
    private let member: Identifier
    private let state: LedgerState
    private let expected = Mutex<[Identifier: IndexedVersion]>([:])

    init(index: RecordIndex, vault: Vault, member: Identifier, state: LedgerState) {
        self.index = index
        self.vault = vault
        self.member = member
        self.state = state
    }

    /// Versions that are handed in and will be published soon.
    func expect(_ versions: [IndexedVersion]) {
        expected.withLock { expected in
            for version in versions { expected[version.row.locator] = version }
        }
    }

    /// Versions that will not be published after all.
    func forget(_ locators: [Identifier]) {
        expected.withLock { expected in
            for locator in locators { expected[locator] = nil }
        }
    }

    /// Writes the blocks' versions in one index transaction.
    func publish(_ blocks: [ExecutedBlock]) throws {
        var batch = [PublishedBlock]()
        for block in blocks {
            var versions = [PublishedVersion]()
            for outcome in block.outcomes where outcome.refusal == nil {
                versions += try self.versions(of: outcome.transaction)
            }
            batch.append(PublishedBlock(height: block.tip.height, versions: versions))
        }
        try index.apply(batch)
    }

    /// The versions that an accepted transaction wrote.
    func versions(of transaction: UnverifiedTransaction) throws -> [PublishedVersion] {
        guard transaction.intent.contract == Contracts.Name.records.rawValue,
            try isOwn(transaction)
        else { return [] }
        let attached = transaction.attachment.writes
        let locators = attached.filter { $0.satisfiedBy == nil }.map(\.locator)
        let known = expected.withLock { expected in
            locators.map { expected.removeValue(forKey: $0) }
        }
        return try zip(locators, known).map { locator, known in
            PublishedVersion(version: try known ?? read(locator), transaction: transaction.id)
        }
    }

    /// Whether this member is the custodian of what a transaction wrote: each member's records stay
    /// its own. The contract has compared the author's member with the node's that handed it in.
    private func isOwn(_ transaction: UnverifiedTransaction) throws -> Bool {
        guard let author = try state.person(transaction.intent.author) else { return false }
        return Identifier(author.member) == member
    }

    private func read(_ locator: Identifier) throws -> IndexedVersion {
        let opened = try vault.open(locator)
        return try IndexedVersion(
            sidecar: try Sidecar(bytes: opened.sidecar), content: opened.content, locator: locator)
    }
}

extension IndexedVersion {
    /// What the index will hold of a planned write.
    init(written write: PlannedWrite) throws {
        try self.init(sidecar: write.sidecar, content: write.content, locator: write.locator)
    }
}

/// A version and the transaction that wrote it.
struct PublishedVersion: Sendable {
    let version: IndexedVersion
    let transaction: Digest
}

/// The versions that one block wrote.
struct PublishedBlock: Sendable {
    let height: UInt64
    let versions: [PublishedVersion]
}
