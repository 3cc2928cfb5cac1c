/// Why a proof does not hold: a stable reason, and a line for a person.
package struct ProofRefusal: Error, Hashable, Sendable {
    package let reason: Reason
    package let message: String

    init(_ reason: Reason, _ message: String) {
        self.reason = reason
        self.message = message
    }

    package enum Reason: String, Sendable, CaseIterable {
        /// The file is no proof, or a byte of it was altered.
        case damaged
        /// The genesis in the proof is none, or its founders' stamps do not hold.
        case genesisInvalid = "genesis-invalid"
        /// Another genesis than the trusted one.
        case genesisNotTrusted = "genesis-not-trusted"
        /// Block 0 is not what the genesis founds.
        case genesisSeal = "genesis-seal"
        /// The checkpoint is malformed, or speaks of another log.
        case checkpointInvalid = "checkpoint-invalid"
        /// The trusted keys did not sign the checkpoint.
        case checkpointNotTrusted = "checkpoint-not-trusted"
        /// A signature on the checkpoint is not a member's, or does not hold.
        case cosignatureInvalid = "cosignature-invalid"
        /// Too few members cosigned.
        case quorumMissing = "quorum-missing"
        /// Something is not in the log where the proof says.
        case notInLog = "not-in-log"
        /// A place at or beyond the end of the checkpoint's log: it is of another or an older one.
        case beyondLog = "beyond-log"
        /// A path is too long or too short for its place, or is not made of digests.
        case pathMalformed = "path-malformed"
        /// The node's stamp on a submission does not hold.
        case submissionStamp = "submission-stamp"
        /// A transaction of the members or people contract is malformed, refused or out of order.
        case membershipInvalid = "membership-invalid"
        /// A block that is said to precede an activation is malformed, out of order, or precedes
        /// none.
        case activationInvalid = "activation-invalid"
        /// The ledger runs a version of a contract that this verifier does not have.
        case versionUnknown = "version-unknown"
        /// One leaf of the log stands twice among the membership transactions.
        case leafRepeated = "leaf-repeated"
        /// The subject is no records transaction of this network and channel, or not well formed.
        case subjectInvalid = "subject-invalid"
        /// The subject's author or stamps do not satisfy the ledger's rules.
        case subjectRefused = "subject-refused"
        /// A stamp of the subject is by a key that the ledger did not know at that place.
        case stampUnknownKey = "stamp-unknown-key"
        /// A stamp of the subject names another scheme than its key's.
        case stampScheme = "stamp-scheme"
        /// A stamp of the subject has the other signature that ECDSA allows.
        case stampMalleable = "stamp-malleable"
        /// A stamp of the subject is over something else, or by another key.
        case stampInvalid = "stamp-invalid"
        /// What browser and authenticator said of a stamp of the subject; see `WebAuthnFault`.
        case webauthnMalformed = "webauthn-malformed"
        case webauthnType = "webauthn-type"
        case webauthnChallenge = "webauthn-challenge"
        case webauthnOrigin = "webauthn-origin"
        case webauthnRelyingParty = "webauthn-relying-party"
        case webauthnUserNotVerified = "webauthn-user-not-verified"
        /// The hand-overs among the subject's stamps; see `HandOverChain.Fault`.
        case handOverBroken = "hand-over-broken"
        case handOverNotHolder = "hand-over-not-holder"
        case handOverRedirected = "hand-over-redirected"
        case handOverForked = "hand-over-forked"
        case handOverNotAccepted = "hand-over-not-accepted"
        /// The write that the proof speaks of is not in the subject.
        case writeMissing = "write-missing"
        /// The header is not that of the subject's block, or contradicts the log.
        case sealInvalid = "seal-invalid"
        /// The content is not what was committed to.
        case openingMismatch = "opening-mismatch"
        /// A certificate is none, is of no node of the ledger, or was not issued by its member.
        case certificateInvalid = "certificate-invalid"
        /// The header with the state root is none, or not in the log where the proof says.
        case stateSealInvalid = "state-seal-invalid"
        /// What is said of the state does not lead to the header's state root.
        case stateMismatch = "state-mismatch"
        /// Signed, or sealed, before the time that was asked for.
        case stale
    }
}

/// What a proof that holds says.
package struct ProofReport: Hashable, Sendable {
    /// Checks in order, for a person.
    package var steps: [Step] = []
    package var network: String = ""
    package var channel: String = ""
    package var transaction: String = ""
    package var record: String = ""
    /// The version of the record, from 1; 0 where an existing record made the write needless.
    package var version: UInt32 = 0
    package var author: String = ""
    package var member: String = ""
    /// The block's height and time (ms since 1970).
    package var height: UInt64 = 0
    package var timeMs: UInt64 = 0
    /// The content that the proof opens, where it does.
    package var content: [UInt8]?
    /// Who handed the record over to whom, in order.
    package var hops: [Hop] = []
    /// What the proof says of an entry of the state, where it does.
    package var state: ProvenEntry?
    /// When the newest cosignature of the checkpoint was made, in seconds since 1970.
    package var checkpointSeconds: UInt64 = 0
    /// Leaves of the checkpoint's log.
    package var checkpointSize: UInt64 = 0

    /// One accepted hand-over.
    package struct Hop: Hashable, Sendable {
        /// Who gave away, and who accepted.
        package let from: Holder
        package let to: Holder
    }

    /// One end of a hand-over, as the proven membership has it.
    package struct Holder: Hashable, Sendable {
        package let person: String
        package let member: String
        package let roles: [String]
        /// Id of the key that stamped.
        package let key: String

        var words: String {
            "\(person) of \(member) (\(roles.joined(separator: ", "))), key \(key.prefix(16))…"
        }
    }

    /// One check and what it found.
    package struct Step: Hashable, Sendable {
        package let name: String
        package let value: String
    }

    mutating func add(_ name: String, _ value: String) {
        steps.append(Step(name: name, value: value))
    }
}
