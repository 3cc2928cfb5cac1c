package import LedgerCore

/// What happened on a ledger between two states of its log. Everything in it was counted from
/// blocks whose transactions are leaves of the log, or refusals in a header that is one.
package struct AuditReport: Sendable {
    /// Of one contract, handed in by nodes of one member.
    package struct Line: Hashable, Sendable {
        package let contract: String
        /// The member's id; `nil` where no member has such a node.
        package let member: Identifier?
        package var accepted = 0
        /// Record versions, of the contract `records`.
        package var writes = 0
        /// By reason.
        package var refused: [String: Int] = [:]
    }

    /// Something about members or people that was accepted.
    package struct Event: Hashable, Sendable {
        /// For example `member-admitted`.
        package let kind: String
        package let height: UInt64
        /// The member, node, person or key.
        package let subject: String
        /// The member's name.
        package let name: String
    }

    /// A state of the log, and who vouches for it.
    package struct State: Sendable {
        package var height: UInt64
        package var size: UInt64
        package var root: Digest
        package var timeMs: UInt64
        /// What was checked of signatures.
        package var signatures: String
    }

    package internal(set) var network: Digest
    package internal(set) var channel: String
    package internal(set) var from: State
    package internal(set) var to: State
    package internal(set) var blocks: UInt64 = 0
    /// Of the first and last block between; 0 where there is none.
    package internal(set) var firstMs: UInt64 = 0
    package internal(set) var lastMs: UInt64 = 0
    package internal(set) var lines: [Line] = []
    package internal(set) var events: [Event] = []
    /// Names of members by id.
    package internal(set) var names: [Identifier: String] = [:]

    package var accepted: Int { lines.reduce(0) { $0 + $1.accepted } }
    package var refused: Int { lines.reduce(0) { $0 + $1.refused.values.reduce(0, +) } }

    /// What the report rests on, and what it does not say.
    package static let basis = [
        "the newer log was worked out, leaf by leaf, from the older one and the blocks between",
        "every count is of transactions in those blocks; refusals are under their headers",
        "a member is the one whose node handed a transaction in, as the log has its admission",
        "not run again: contracts, stamps, state; acts by proposal count under approvals",
    ]
}
