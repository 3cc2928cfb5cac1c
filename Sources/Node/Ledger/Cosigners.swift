package import LedgerCore

extension LedgerReader {
    /// Who keeps the ledger.
    package var directory: PeerDirectory { PeerDirectory(state: state) }
}

/// What a member's signature on a checkpoint says.
package struct Cosigner: Sendable {
    package let member: PeerDirectory.Member
    /// When it cosigned, in seconds since 1970; `nil` where this checkpoint has no valid signature
    /// of it.
    package let atSeconds: UInt64?
}

extension Checkpoint {
    /// Which of the members cosigned it; signatures are checked.
    package func cosigners(_ members: [PeerDirectory.Member]) -> [Cosigner] {
        members.map { member in
            let key = NoteKey(
                name: "\(origin)/\(member.id)", algorithm: .cosignature,
                publicKey: member.checkpointKey)
            return Cosigner(member: member, atSeconds: key.verify(self))
        }
    }
}
