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
    /// The version of every contract that this code runs.
    package static let version: UInt32 = 1

    /// Names of the contracts.
    package enum Name: String, Sendable, CaseIterable { case members, people, records }

    /// Applies one transaction: changes `state`, or throws a `Refusal` and changes nothing.
    ///
    /// - Parameter isDuplicate: whether a transaction of that id was accepted before.
    /// - Throws: `Refusal`; any other error is damage of the store below.
    package static func apply(
        _ verified: VerifiedTransaction, submittedBy node: Identifier, in context: BlockContext,
        state: inout StateOverlay, isDuplicate: (Digest) throws -> Bool
    ) throws {
        let transaction = verified.transaction
        let intent = transaction.intent
        guard let name = Name(rawValue: intent.contract), intent.contractVersion == version else {
            throw Refusal(.unknownContract)
        }
        try checkWindow(intent, context, state)
        if try isDuplicate(transaction.id) { throw Refusal(.duplicate) }
        let authority = try Authority(transaction, submittedBy: node, contract: name, state: state)
        guard name == .records || transaction.attachment.namesNoRecord else {
            throw Refusal(.malformed)
        }
        try state.attempt { state in
            switch name {
            case .members:
                try Members.apply(intent.command, authority, context, state: &state)
            case .people:
                try People.apply(intent.command, authority, context, state: &state)
            case .records:
                try Records.apply(transaction, authority, context, state: &state)
            }
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
        let parameters = try state.value(.parameters, as: WireParameters.self)
        guard intent.notAfterMs - intent.notBeforeMs <= parameters?.windowMaxMs ?? 0 else {
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

/// Who stands behind a transaction: the author, the node that handed it in, the signers.
struct Authority {
    let author: Identifier
    let member: Identifier
    let node: Identifier
    let signers: [SignaturePolicy.Signer]

    init(
        _ transaction: UnverifiedTransaction, submittedBy node: Identifier,
        contract: Contracts.Name, state: StateOverlay
    ) throws {
        guard let submitter = try state.value(.node(node), as: WireNodeState.self),
            !submitter.retired, let nodeMember = Identifier(submitter.description_p.member)
        else { throw Refusal(.unknownNode) }
        let author = transaction.intent.author
        guard let person = try state.value(.person(author), as: WirePersonState.self),
            let member = Identifier(person.member)
        else { throw Refusal(.unknownAuthor) }
        guard member == nodeMember else { throw Refusal(.notCustodian) }
        var signers = [SignaturePolicy.Signer]()
        var authorSigned = false
        for stamp in transaction.stamps {
            guard let key = try state.value(.key(stamp.key), as: WireKeyState.self) else {
                throw Refusal(.stampInvalid)
            }
            guard !key.revoked else { throw Refusal(.keyRevoked) }
            let signer: Identifier
            switch stamp.purpose {
            case .author:
                guard Identifier(key.person) == author else { throw Refusal(.stampInvalid) }
                signer = author
                authorSigned = true
            case .onBehalf:
                // A node may speak for people of its own member, on clinical writes only.
                guard contract == .records, transaction.attachment.onBehalf != nil,
                    Identifier(key.node) == node
                else { throw Refusal(.stampNotAllowed) }
                signer = author
                authorSigned = true
            case .approve:
                guard let approver = Identifier(key.person) else { throw Refusal(.stampInvalid) }
                signer = approver
            case .handOver, .accept, .refuse:
                throw Refusal(.stampNotAllowed)
            }
            if let found = try Authority.signer(signer, state) { signers.append(found) }
        }
        guard authorSigned else { throw Refusal(.stampMissing) }
        self.author = author
        self.member = member
        self.node = node
        self.signers = signers
    }

    private static func signer(
        _ person: Identifier, _ state: StateOverlay
    ) throws -> SignaturePolicy.Signer? {
        guard let found = try state.value(.person(person), as: WirePersonState.self),
            let member = Identifier(found.member)
        else { return nil }
        return SignaturePolicy.Signer(person: person, member: member, roles: found.roles)
    }

    /// Refuses unless the signers satisfy `policy` at `member`.
    func require(_ policy: SignaturePolicy, at member: Identifier) throws {
        guard policy.isMet(by: signers, at: member) else { throw Refusal(.policyNotMet) }
    }
}
