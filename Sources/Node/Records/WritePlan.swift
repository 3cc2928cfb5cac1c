package import FHIR
package import Identity
package import LedgerCore
import Vault

/// One write on its way: decided, validated, not yet sealed.
struct PlannedWrite: Sendable {
    let record: Identifier
    /// The version it follows; 0 creates.
    let previous: UInt32
    let content: [UInt8]
    let secret: Digest
    let commitment: Commitment
    var sidecar: Sidecar
    let locator: Identifier
    /// Claims that this write takes.
    var claims: [(id: Digest, kind: Attachment.Claim.Kind)] = []
    /// Claims that end with it.
    var released: [Digest] = []
    /// An `ifNoneExist` was given.
    var conditional = false
    /// A record that already satisfies it: nothing is written.
    var satisfiedBy: VersionRow?
    /// Where the content was streamed to the vault beforehand.
    var uploaded: SealedVersion?

    /// The row that the version will have.
    var row: VersionRow {
        VersionRow(
            record: record, type: sidecar.type, fhirID: sidecar.fhirID, version: sidecar.version,
            deleted: sidecar.form == .tombstone, lastUpdatedMs: sidecar.lastUpdatedMs,
            locator: locator)
    }
}

/// Who asks for a write, and how.
package struct WriteRequest: Sendable {
    package let caller: Caller
    /// The author's own stamp, where the request carried one.
    package let stamp: StampedRequest?
    package let idempotencyKey: String?
    /// The server's own address, as the request names it: what tells references to its resources.
    package let base: ServerBase?

    package init(
        caller: Caller, stamp: StampedRequest? = nil, idempotencyKey: String? = nil,
        base: ServerBase? = nil
    ) {
        self.caller = caller
        self.stamp = stamp
        self.idempotencyKey = idempotencyKey
        self.base = base
    }
}

/// What a write came to.
package struct WriteOutcome: Sendable {
    /// What became of the record.
    package enum Effect: Sendable, Hashable {
        case created, updated, deleted
        /// Nothing was written: it existed, or was gone already.
        case unchanged
    }

    package let effect: Effect
    /// `nil` where a record that never existed was deleted.
    package let row: VersionRow?
    package let receipt: WriteReceipt?
    /// The answer of an earlier request under the same idempotency key, given again.
    package let isReplay: Bool

    package init(
        effect: Effect, row: VersionRow?, receipt: WriteReceipt?, isReplay: Bool = false
    ) {
        self.effect = effect
        self.row = row
        self.receipt = receipt
        self.isReplay = isReplay
    }
}

/// The contracts refused: by its reason a caller may plan anew.
struct LedgerRefusal: Error {
    let reason: String
    let receipt: WriteReceipt?
}
