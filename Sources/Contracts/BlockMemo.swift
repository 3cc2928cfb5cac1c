import LedgerCore
import SwiftProtobuf

/// What most transactions of a block ask for, worked out once.
///
/// `entries` never holds what the block itself wrote; what follows from entries is forgotten
/// whenever one that many transactions read is written or taken back.
final class BlockMemo {
    /// Entries of the applied state (parameters, nodes, people, keys), decoded.
    var entries: [[UInt8]: any SwiftProtobuf.Message] = [:]
    /// Asked for by every transaction, and not there.
    var absent = Set<[UInt8]>()
    /// Values as they are applied, and `nil` for what is not there.
    var applied: [[UInt8]: [UInt8]?] = [:]
    /// Whether the block wrote an entry that many transactions read.
    private(set) var hasWrittenShared = false

    private var authorities: [AuthorityKey: Authority] = [:]
    private var windowMaxMs: UInt64?
    private var recordWriters: [RecordWriter: Bool] = [:]
    private var active: (contract: String, version: UInt32, name: Contracts.Name)?

    /// Whose authority it is: one author under one own stamp, through one node.
    private struct AuthorityKey: Hashable {
        let author: Identifier
        let node: Identifier
        let key: Digest
        let contract: Contracts.Name
        let version: UInt32

        /// `nil` where the stamps say more than that.
        init?(
            _ transaction: UnverifiedTransaction, _ node: Identifier, _ contract: Contracts.Name
        ) {
            guard transaction.stamps.count == 1, let stamp = transaction.stamps.first,
                stamp.purpose == .author
            else { return nil }
            author = transaction.intent.author
            self.node = node
            key = stamp.key
            self.contract = contract
            version = transaction.intent.contractVersion
        }
    }

    func sharedChanged() {
        hasWrittenShared = true
        forget()
    }

    /// Something that was written is as before.
    func undone() { if hasWrittenShared { forget() } }

    private func forget() {
        authorities.removeAll()
        windowMaxMs = nil
        recordWriters.removeAll()
        active = nil
    }

    /// Who stands behind a transaction.
    func authority(
        _ transaction: UnverifiedTransaction, submittedBy node: Identifier,
        contract: Contracts.Name, state: StateOverlay
    ) throws -> Authority {
        guard let key = AuthorityKey(transaction, node, contract) else {
            return try Authority(
                transaction, submittedBy: node, contract: contract, state: state)
        }
        if let known = authorities[key] { return known }
        let found = try Authority(
            transaction, submittedBy: node, contract: contract, state: state)
        authorities[key] = found
        return found
    }

    /// Whether this transaction's only stamp is known to be by a key that the ledger has.
    func knowsKey(
        of transaction: UnverifiedTransaction, submittedBy node: Identifier
    ) -> Bool {
        guard let name = Contracts.Name(rawValue: transaction.intent.contract),
            let key = AuthorityKey(transaction, node, name)
        else { return false }
        return authorities[key] != nil
    }

    /// Whether the signers may write records of the author's member.
    func mayWriteRecords(_ authority: Authority) -> Bool {
        guard authority.signers.count == 1, let signer = authority.signers.first else {
            return Records.policy.isMet(by: authority.signers, at: authority.member)
        }
        let writer = RecordWriter(person: signer.person, member: authority.member)
        if let known = recordWriters[writer] { return known }
        let may = Records.policy.isMet(by: authority.signers, at: authority.member)
        recordWriters[writer] = may
        return may
    }

    /// One signer, and the member whose records would be written.
    private struct RecordWriter: Hashable {
        let person: Identifier
        let member: Identifier
    }

    /// The longest validity window that the network allows, in milliseconds.
    func windowMaxMs(_ state: StateOverlay) throws -> UInt64 {
        if let windowMaxMs { return windowMaxMs }
        let found = try state.value(.parameters, as: WireParameters.self)?.windowMaxMs ?? 0
        windowMaxMs = found
        return found
    }

    /// The contract that an intent speaks to, where the ledger runs that version now.
    func active(_ intent: Intent, _ state: StateOverlay) throws -> Contracts.Name {
        if let active, active.version == intent.contractVersion, active.contract == intent.contract
        {
            return active.name
        }
        let name = try ContractVersions.active(intent, state)
        active = (intent.contract, intent.contractVersion, name)
        return name
    }
}
