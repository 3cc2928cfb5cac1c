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
        /// The node's stamp on a submission does not hold.
        case submissionStamp = "submission-stamp"
        /// A transaction of the members or people contract is malformed, refused or out of order.
        case membershipInvalid = "membership-invalid"
        /// A block that is said to precede an activation is malformed, out of order, or precedes
        /// none.
        case activationInvalid = "activation-invalid"
        /// The ledger runs a version of a contract that this verifier does not have.
        case versionUnknown = "version-unknown"
        /// The subject is no records transaction of this network and channel, or not well formed.
        case subjectInvalid = "subject-invalid"
        /// The subject's author or stamps do not satisfy the ledger's rules.
        case subjectRefused = "subject-refused"
        /// The write that the proof speaks of is not in the subject.
        case writeMissing = "write-missing"
        /// The header is not that of the subject's block, or contradicts the log.
        case sealInvalid = "seal-invalid"
        /// The content is not what was committed to.
        case openingMismatch = "opening-mismatch"
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

    /// One check and what it found.
    package struct Step: Hashable, Sendable {
        package let name: String
        package let value: String
    }

    mutating func add(_ name: String, _ value: String) {
        steps.append(Step(name: name, value: value))
    }
}
