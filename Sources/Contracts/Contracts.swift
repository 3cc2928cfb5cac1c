package import LedgerCore
import SwiftProtobuf

/// What holds for every transaction of a block.
package struct BlockContext: Sendable {
    package let network: Digest
    package let channel: String
    package let height: UInt64
    package let timeMs: UInt64

    package init(network: Digest, channel: String, height: UInt64, timeMs: UInt64) {
        self.network = network
        self.channel = channel
        self.height = height
        self.timeMs = timeMs
    }
}

/// The rules of the ledger: deterministic, versioned, pure.
package enum Contracts {
    /// The version of a contract's commands that clients use where they need nothing newer.
    package static let version: UInt32 = 1

    /// Names of the contracts.
    package enum Name: String, Sendable, CaseIterable {
        case members, people, records, approvals

        /// The versions that this code runs: old ones stay as they were, for replay.
        package var versions: ClosedRange<UInt32> {
            switch self {
            // Version 2 of members begins and pauses versions; that of people knows attributes;
            // both know where a passkey may be used. Version 2 of records takes hand-overs.
            case .members, .people, .records: 1...2
            case .approvals: 1...1
            }
        }

        /// Whether a command can wait on the ledger for more stamps. What names sealed content
        /// cannot: the content is kept for one short window only (decision 12).
        var isProposable: Bool { self == .members || self == .people }
    }

    /// Applies one transaction: changes `state`, or throws a `Refusal` and changes nothing.
    ///
    /// - Parameter isDuplicate: whether a transaction of that id was accepted before.
    /// - Throws: `Refusal`; any other error is damage of the store below.
    package static func apply(
        _ verified: VerifiedTransaction, submittedBy node: Identifier, in context: BlockContext,
        state: inout StateOverlay, isDuplicate: (Digest) throws -> Bool
    ) throws {
        try apply(
            verified, submittedBy: node, in: context, reads: nil, state: &state,
            isDuplicate: isDuplicate)
    }

    /// - Parameter reads: what the transaction asks the applied state for, where it was read
    ///   already.
    static func apply(
        _ verified: VerifiedTransaction, submittedBy node: Identifier, in context: BlockContext,
        reads: RecordReads?, state: inout StateOverlay, isDuplicate: (Digest) throws -> Bool
    ) throws {
        func run(_ name: Name) throws {
            try apply(
                verified.transaction, to: name, submittedBy: node, in: context, reads: reads,
                state: &state,
                isDuplicate: isDuplicate)
        }
        let intent = verified.transaction.intent
        let name: Name
        do {
            name = try state.memo.active(intent, state)
        } catch let refusal as Refusal {
            guard try ContractVersions.isFirst(intent, state) else { throw refusal }
            do { try run(.members) } catch let problem as Refusal {
                // On a ledger without versions whatever does not begin them is refused as it was
                // before they existed.
                throw try ContractVersions.entry(state) == nil ? refusal : problem
            }
            return
        }
        try run(name)
    }

    private static func apply(
        _ transaction: UnverifiedTransaction, to name: Name, submittedBy node: Identifier,
        in context: BlockContext, reads: RecordReads?, state: inout StateOverlay,
        isDuplicate: (Digest) throws -> Bool
    ) throws {
        let intent = transaction.intent
        try checkWindow(intent, context, state)
        if try isDuplicate(transaction.id) { throw Refusal(.duplicate) }
        if name.isProposable, try state.value(.proposal(transaction.id)) != nil {
            throw Refusal(.duplicate)
        }
        let authority = try state.memo.authority(
            transaction, submittedBy: node, contract: name, state: state)
        guard name == .records || transaction.attachment.namesNoRecord else {
            throw Refusal(.malformed)
        }
        try state.attempt { state in
            switch name {
            case .members, .people:
                try govern(intent, as: name, authority, context, state: &state)
            case .records:
                try Records.apply(transaction, authority, context, reads: reads, state: &state)
            case .approvals:
                try Approvals.apply(
                    transaction, authority, context, state: &state, isDuplicate: isDuplicate)
            }
        }
    }

    /// Carries out a command about members or people.
    static func govern(
        _ intent: Intent, as name: Name, _ authority: Authority, _ context: BlockContext,
        state: inout StateOverlay
    ) throws {
        switch name {
        case .members:
            try Members.apply(
                intent.command, version: intent.contractVersion, authority, context, state: &state)
        case .people:
            try People.apply(
                intent.command, version: intent.contractVersion, authority, context, state: &state)
        case .records, .approvals: throw Refusal(.notProposable)
        }
    }

    /// The policy that such a command declares; whether its version is active is no matter.
    static func declared(
        by intent: Intent, author member: Identifier, _ state: StateOverlay
    ) throws -> DeclaredPolicy {
        switch Name(rawValue: intent.contract) {
        case .members:
            return try Members.declared(by: command(intent.command), author: member, state)
        case .people: return try People.declared(by: command(intent.command), state)
        case .records, .approvals, nil: throw Refusal(.notProposable)
        }
    }

    private static func checkWindow(
        _ intent: Intent, _ context: BlockContext, _ state: StateOverlay
    ) throws {
        guard intent.network == context.network else { throw Refusal(.wrongNetwork) }
        guard intent.channel == context.channel else { throw Refusal(.wrongChannel) }
        guard (intent.notBeforeMs...intent.notAfterMs).contains(context.timeMs) else {
            throw Refusal(.outsideWindow)
        }
        guard try intent.notAfterMs - intent.notBeforeMs <= state.memo.windowMaxMs(state) else {
            throw Refusal(.windowTooLong)
        }
    }

    /// Decodes a contract's command.
    static func command<Message: SwiftProtobuf.Message>(_ bytes: [UInt8]) throws -> Message {
        do {
            return try Wire.decode(
                Message.self, from: bytes, what: "command", limitBytes: WireLimit.intentBytes)
        } catch {
            throw Refusal(.malformed)
        }
    }
}
