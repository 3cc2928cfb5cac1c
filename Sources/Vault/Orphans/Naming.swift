package import LedgerCore

/// The transaction that names a version, and until when a block may accept it.
package struct Naming: Hashable, Sendable {
    /// The transaction's id.
    package let transaction: LedgerCore.Digest
    /// Block time, milliseconds since 1970: in a later block the transaction is refused.
    package let endMs: UInt64

    package init(transaction: LedgerCore.Digest, endMs: UInt64) {
        self.transaction = transaction
        self.endMs = endMs
    }
}

/// A version of which it is not settled whether the ledger names it.
package struct NamedVersion: Hashable, Sendable {
    package let locator: Identifier
    package let naming: Naming

    package init(locator: Identifier, naming: Naming) {
        self.locator = locator
        self.naming = naming
    }
}
