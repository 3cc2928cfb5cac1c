/// Why a comparison of two states of a log does not hold: a stable reason, and a line for a person.
package struct AuditRefusal: Error, Hashable, Sendable {
    package let reason: Reason
    package let message: String

    init(_ reason: Reason, _ message: String) {
        self.reason = reason
        self.message = message
    }

    /// Every reason by its word.
    package enum Reason: String, Sendable, CaseIterable {
        /// What the node sent is malformed, or ends early.
        case damaged = "audit-damaged"
        /// Checkpoints and blocks are of different logs.
        case otherLog = "other-log"
        /// One log cannot have been in both states: it was forked, or rewritten.
        case fork = "fork"
        /// The log is shorter than the checkpoint says that it was.
        case rolledBack = "rolled-back"
        /// What a block shows is not what its header says.
        case blockMismatch = "block-mismatch"
        /// Half or more of the members, or of the trusted keys, did not sign the checkpoint.
        case notTrusted = "checkpoint-not-trusted"
    }
}
