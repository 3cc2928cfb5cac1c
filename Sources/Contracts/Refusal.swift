import LedgerCore

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
    case handOverBroken = "hand-over-broken"
    case handOverNotHolder = "hand-over-not-holder"
    case handOverRedirected = "hand-over-redirected"
    case handOverForked = "hand-over-forked"
    case handOverNotAccepted = "hand-over-not-accepted"
    case webauthnMalformed = "webauthn-malformed"
    case webauthnType = "webauthn-type"
    case webauthnChallenge = "webauthn-challenge"
    case webauthnOrigin = "webauthn-origin"
    case webauthnRelyingParty = "webauthn-relying-party"
    case webauthnUserNotVerified = "webauthn-user-not-verified"

    /// What a block says of a stamp that does not hold.
    init(_ problem: StampProblem) {
        self = .stampInvalid
        // What browser and authenticator said wrong has a name of its own; for the other schemes
        // the word has always been the same.
        if case .doesNotHold(_, .webauthn(let fault)) = problem {
            self = RefusalReason(rawValue: fault.rawValue) ?? .stampInvalid
        }
    }

    /// What a block says of a hand-over that does not hold.
    init(_ kind: HandOverChain.Fault.Kind) {
        switch kind {
        case .broken: self = .handOverBroken
        case .notHolder: self = .handOverNotHolder
        case .redirected: self = .handOverRedirected
        case .forked: self = .handOverForked
        case .notAccepted: self = .handOverNotAccepted
        }
    }
}

/// A contract's "no", with its stable reason.
package struct Refusal: Error, Hashable, Sendable {
    package let reason: RefusalReason

    package init(_ reason: RefusalReason) { self.reason = reason }
}
