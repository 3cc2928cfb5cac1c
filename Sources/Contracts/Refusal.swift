/// Why a contract did not accept a transaction. The raw values are stable: they stand in blocks.
package enum RefusalReason: String, Sendable, CaseIterable {
    case malformed = "malformed"
    case wrongNetwork = "wrong-network"
    case wrongChannel = "wrong-channel"
    case outsideWindow = "outside-window"
    case windowTooLong = "window-too-long"
    case duplicate = "duplicate"
    case unknownContract = "unknown-contract"
    case unknownNode = "unknown-node"
    case unknownAuthor = "unknown-author"
    case stampMissing = "stamp-missing"
    case stampInvalid = "stamp-invalid"
    case stampNotAllowed = "stamp-not-allowed"
    case keyRevoked = "key-revoked"
    case policyNotMet = "policy-not-met"
    case recordExists = "record-exists"
    case unknownRecord = "unknown-record"
    case versionConflict = "version-conflict"
    case notCustodian = "not-custodian"
    case claimHeld = "claim-held"
    case alreadyExists = "already-exists"
    case unknownSubject = "unknown-subject"
    case unknownRole = "unknown-role"
    case lastAdministrator = "last-administrator"
    case notProposable = "not-proposable"
    case policyInvalid = "policy-invalid"
    case proposalsFull = "proposals-full"
    case unknownProposal = "unknown-proposal"
    case proposalClosed = "proposal-closed"
    case proposalExpired = "proposal-expired"
    case alreadyStamped = "already-stamped"
    case versionNotActive = "version-not-active"
    case contractPaused = "contract-paused"
    case notPausable = "not-pausable"
    case activationWaits = "activation-waits"
    case heightPassed = "height-passed"
}

/// A contract's "no", with its stable reason.
package struct Refusal: Error, Hashable, Sendable {
    package let reason: RefusalReason

    package init(_ reason: RefusalReason) { self.reason = reason }
}
