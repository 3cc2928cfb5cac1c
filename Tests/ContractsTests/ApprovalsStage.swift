import Contracts
import LedgerCore

/// Transactions of the approvals contract.
extension Stage {
    /// An intent of the people contract that may wait for `lastsMs`.
    func waiting(
        _ command: WirePeopleCommand, by person: Person, lastsMs: UInt64 = 3_600_000,
        version: UInt32 = 1
    ) -> Intent {
        var intent = intent(person.id, "people", Wire.encode(command))
        intent.notAfterMs = intent.notBeforeMs + lastsMs
        intent.contractVersion = version
        return intent
    }

    func approvals(
        _ command: WireApprovalsCommand, by person: Person,
        approvers: [Person] = []
    ) throws -> UnverifiedTransaction {
        try transaction(
            intent(person.id, "approvals", Wire.encode(command)),
            stamps: [(.author, person.key)] + approvers.map { (.approve, $0.key) })
    }

    func propose(
        _ intent: Intent, _ policy: SignaturePolicy? = nil, by person: Person,
        approvers: [Person] = []
    ) throws -> UnverifiedTransaction {
        try approvals(
            ApprovalsCommands.propose(intent, policy), by: person, approvers: approvers)
    }

    func approve(_ intent: Intent, by person: Person) throws -> UnverifiedTransaction {
        try approvals(ApprovalsCommands.approve(intent), by: person)
    }

    func refuse(
        _ intent: Intent, _ reason: String = "not-needed", by person: Person
    ) throws -> UnverifiedTransaction {
        try approvals(ApprovalsCommands.refuse(intent, reason), by: person)
    }

    /// What became of a proposed intent.
    func proposal(_ intent: Intent) throws -> WireProposalState? {
        try ledger.state(.proposal(Intent.id(of: intent.bytes)), as: WireProposalState.self)
    }

    func roles(_ person: Person) throws -> [String]? {
        try ledger.state(.person(person.id), as: WirePersonState.self)?.roles
    }

    /// A pending proposal of the administrator that the nurse becomes auditor, for which the doctor
    /// must stamp too.
    func pending(lastsMs: UInt64 = 3_600_000) throws -> Intent {
        let intent = waiting(
            PeopleCommands.grant("auditor", to: home.nurse.id), by: home.administrator,
            lastsMs: lastsMs)
        try accept(propose(intent, .person(home.doctor.id), by: home.administrator))
        return intent
    }
}

enum ApprovalsCommands {
    static func propose(_ intent: Intent, _ policy: SignaturePolicy? = nil) -> WireApprovalsCommand
    {
        var command = WireApprovalsCommand()
        command.propose.intent = intent.bytes.field
        if let policy { command.propose.policy = policy.wire }
        return command
    }

    static func approve(_ intent: Intent) -> WireApprovalsCommand {
        var command = WireApprovalsCommand()
        command.approve.intent = Intent.id(of: intent.bytes).bytes.field
        return command
    }

    static func refuse(_ intent: Intent, _ reason: String) -> WireApprovalsCommand {
        var command = WireApprovalsCommand()
        command.refuse.intent = Intent.id(of: intent.bytes).bytes.field
        command.refuse.reason = reason
        return command
    }
}

extension PeopleCommands {
    static func grantAttribute(
        _ name: String, _ value: String, to person: Identifier
    ) -> WirePeopleCommand {
        var command = WirePeopleCommand()
        command.grantAttribute.person = person.bytes.field
        command.grantAttribute.name = name
        command.grantAttribute.value = value
        return command
    }

    static func revokeAttribute(
        _ name: String, _ value: String, of person: Identifier
    ) -> WirePeopleCommand {
        var command = WirePeopleCommand()
        command.revokeAttribute.person = person.bytes.field
        command.revokeAttribute.name = name
        command.revokeAttribute.value = value
        return command
    }
}
