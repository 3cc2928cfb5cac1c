package import LedgerCore

/// What is shared as a unit: the versions of one patient and sensitivity class that this member
/// keeps, under one keyring.
package struct Compartment: Hashable, Sendable {
    /// The patient's record id; `nil` for the member's own compartment.
    package let patient: Identifier?
    /// 0 is normal.
    package let sensitivityClass: UInt8
    /// The patient's pseudonym at this member, the same in all classes; random.
    package let subject: Identifier
    /// What the ledger calls the compartment; random.
    package let handle: Identifier
    /// The newest epoch; new slots are sealed under it.
    package let epoch: UInt32
}
