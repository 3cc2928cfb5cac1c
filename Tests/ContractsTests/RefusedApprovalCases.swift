import Contracts
import LedgerCore

extension RefusedCase {
    /// Proposes the grant of a role, after a change.
    private static func proposed(
        _ stage: Stage, _ policy: SignaturePolicy? = nil,
        _ change: (inout Intent) -> Void = { _ in }
    ) throws -> RefusalReason? {
        var intent = stage.waiting(
            PeopleCommands.grant("auditor", to: stage.home.nurse.id), by: stage.home.administrator)
        change(&intent)
        return try stage.submit(stage.propose(intent, policy, by: stage.home.administrator))
    }

    private static func wire(
        _ stage: Stage, _ command: WireApprovalsCommand
    ) throws -> RefusalReason? {
        try stage.submit(stage.approvals(command, by: stage.home.doctor))
    }

    static let approvals: [RefusedCase] = proposals + approvalStamps

    static let proposals: [RefusedCase] = [
        .init(.malformed, "an approvals command that says nothing") { try wire($0, .init()) },
        .init(.malformed, "a proposal of no intent") { stage in
            var command = WireApprovalsCommand()
            command.propose.intent = [1, 2].field
            return try wire(stage, command)
        },
        .init(.malformed, "a proposal larger than is kept") {
            try proposed($0) { $0.command = [UInt8](repeating: 1, count: 64 * 1024) }
        },
        .init(.malformed, "a proposal whose command cannot be read") {
            try proposed($0) { $0.command = [9, 9] }
        },
        .init(.malformed, "an attribute, proposed to version 1") { stage in
            let command = PeopleCommands.grantAttribute("unit", "icu", to: stage.home.nurse.id)
            return try proposed(stage) { $0.command = Wire.encode(command) }
        },
        .init(.wrongNetwork, "a proposal for another network") {
            try proposed($0) { $0.network = leaf(3) }
        },
        .init(.wrongChannel, "a proposal for another channel") {
            try proposed($0) { $0.channel = "other" }
        },
        .init(.stampMissing, "another person's intent, proposed") { stage in
            let doctor = stage.home.doctor.id
            return try proposed(stage) { $0.author = doctor }
        },
        .init(.versionNotActive, "a proposal to a version that is not there") {
            try proposed($0) { $0.contractVersion = 3 }
        },
        .init(.unknownSubject, "a proposal about nobody") { stage in
            let command = PeopleCommands.grant("auditor", to: identifier(9))
            return try proposed(stage) { $0.command = Wire.encode(command) }
        },
        .init(.notProposable, "a proposal of records") {
            try proposed($0) { $0.contract = "records" }
        },
        .init(.notProposable, "a proposal of a proposal") {
            try proposed($0) { $0.contract = "approvals" }
        },
        .init(.outsideWindow, "a proposal that begins later") {
            try proposed($0) { $0.notBeforeMs += 1 }
        },
        .init(.outsideWindow, "a proposal that is over") { stage in
            try proposed(stage) { $0.notAfterMs = stage.ledger.tip.timeMs + 999 }
        },
        .init(.windowTooLong, "a proposal for more than 31 days") {
            try proposed($0) { $0.notAfterMs = $0.notBeforeMs + 31 * 86_400_000 + 1 }
        },
        .init(.policyInvalid, "a policy that asks for nobody") {
            try proposed($0, .and([]))
        },
        .init(.policyInvalid, "a policy that asks for more than there are") {
            try proposed($0, .outOf(2, [.role(.nurse)]))
        },
        .init(.policyInvalid, "a policy too deep") {
            try proposed($0, (0..<6).reduce(.role(.nurse)) { part, _ in .and([part]) })
        },
        .init(.duplicate, "proposed again") { stage in
            let intent = try stage.pending()
            return try stage.submit(stage.propose(intent, by: stage.home.administrator))
        },
        .init(.proposalsFull, "a person's seventeenth") { stage in
            for _ in 0..<16 { _ = try stage.pending() }
            return try proposed(stage, .person(stage.home.doctor.id))
        },
    ]

    static let approvalStamps: [RefusedCase] = [
        .init(.stampNotAllowed, "a node proposes for its person") { stage in
            var attachment = Attachment()
            attachment.onBehalf = .init(evidence: leaf(1), tier: 2)
            let intent = stage.waiting(
                PeopleCommands.grant("auditor", to: stage.home.nurse.id),
                by: stage.home.administrator)
            return try stage.submit(
                stage.transaction(
                    stage.intent(
                        stage.home.administrator.id, "approvals",
                        Wire.encode(ApprovalsCommands.propose(intent))),
                    stamps: [(.onBehalf, stage.home.nodeKey)], attachment: attachment))
        },
        .init(.unknownProposal, "an approval of nothing") { stage in
            let intent = stage.intent(stage.home.administrator.id, "people", [])
            return try stage.submit(stage.approve(intent, by: stage.home.doctor))
        },
        .init(.malformed, "an approval without an id") { stage in
            var command = WireApprovalsCommand()
            command.approve.intent = [1].field
            return try wire(stage, command)
        },
        .init(.malformed, "a refusal in plain words") { stage in
            let intent = try stage.pending()
            return try stage.submit(
                stage.refuse(intent, "Mrs Okafor is ill", by: stage.home.doctor))
        },
        .init(.malformed, "a refusal without a reason") { stage in
            let intent = try stage.pending()
            return try stage.submit(stage.refuse(intent, "", by: stage.home.doctor))
        },
        .init(.stampNotAllowed, "an approval by somebody who was not asked") { stage in
            let intent = try stage.pending()
            return try stage.submit(stage.approve(intent, by: stage.home.nurse))
        },
        .init(.stampNotAllowed, "a refusal by somebody who was not asked") { stage in
            let intent = try stage.pending()
            return try stage.submit(stage.refuse(intent, by: stage.home.nurse))
        },
        .init(.stampNotAllowed, "an approval that another approves") { stage in
            let intent = try stage.pending()
            return try stage.submit(
                stage.approvals(
                    ApprovalsCommands.approve(intent), by: stage.home.doctor,
                    approvers: [stage.home.nurse]))
        },
        .init(.alreadyStamped, "an approval by the proposer") { stage in
            let intent = try stage.pending()
            return try stage.submit(stage.approve(intent, by: stage.home.administrator))
        },
        .init(.proposalClosed, "an approval of what was carried out") { stage in
            let intent = try stage.pending()
            try stage.accept(stage.approve(intent, by: stage.home.doctor))
            return try stage.submit(stage.approve(intent, by: stage.home.doctor))
        },
        .init(.proposalExpired, "an approval after the deadline") { stage in
            let intent = try stage.pending(lastsMs: 60_000)
            try stage.ledger.apply([], timeMs: intent.notAfterMs)
            return try stage.submit(stage.approve(intent, by: stage.home.doctor))
        },
        .init(.proposalExpired, "a refusal after the deadline") { stage in
            let intent = try stage.pending(lastsMs: 60_000)
            try stage.ledger.apply([], timeMs: intent.notAfterMs)
            return try stage.submit(stage.refuse(intent, by: stage.home.doctor))
        },
    ]
}
