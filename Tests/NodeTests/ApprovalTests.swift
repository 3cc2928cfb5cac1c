import Contracts
import Foundation
import Identity
import LedgerCore
import Node
import Synchronization
import Testing

/// Acts that need stamps of two members' people, over both members' nodes.
@Suite("Approvals over two nodes", .timeLimit(.minutes(5)))
struct ApprovalTests {
    /// Someone with a key, and the node through which they act.
    private struct Actor {
        let node: CairnNode
        let caller: Caller
        let wallet: Wallet
        let nodes: TwoNodes

        var member: Identifier { node.identity.member }

        func intent(
            _ contract: String, _ command: [UInt8], lastsMs: UInt64 = 120_000
        ) -> Intent {
            var random = SystemRandomNumberGenerator()
            // The first node's clock gives the blocks their time.
            let now = nodes.clocks.first()
            return Intent(
                network: node.identity.genesis.digest, channel: CairnNode.channel,
                author: wallet.person, notBeforeMs: now - 30_000, notAfterMs: now + lastsMs,
                nonce: Identifier(using: &random), contract: contract, contractVersion: 1,
                command: command)
        }

        /// Hands an intent in under one's own stamp; gives the refusal's reason, or nothing.
        func submit(_ intent: Intent) async throws -> String? {
            let stamp = try EStamp(
                intent: Intent.id(of: intent.bytes), purpose: .author,
                signingWith: wallet.defaultKey.signingKey)
            let item = SubmittedItem(
                intentBytes: intent.bytes, stamps: [stamp], contents: [], idempotencyKey: nil)
            return try await node.submit([item], caller: caller)[0].get().receipt.refused
        }

        func propose(_ intent: Intent, _ policy: SignaturePolicy) async throws -> String? {
            var command = WireApprovalsCommand()
            command.propose.intent = intent.bytes.field
            command.propose.policy = policy.wire
            return try await submit(self.intent("approvals", Wire.encode(command)))
        }

        func approve(_ intent: Intent) async throws -> String? {
            var command = WireApprovalsCommand()
            command.approve.intent = Intent.id(of: intent.bytes).bytes.field
            return try await submit(self.intent("approvals", Wire.encode(command)))
        }

        func refuse(_ intent: Intent, _ reason: String) async throws -> String? {
            var command = WireApprovalsCommand()
            command.refuse.intent = Intent.id(of: intent.bytes).bytes.field
            command.refuse.reason = reason
            return try await submit(self.intent("approvals", Wire.encode(command)))
        }
    }

    private static func actors(_ nodes: TwoNodes) throws -> (hospital: Actor, clinic: Actor) {
        let second = nodes.second.withLock { $0 }
        return (
            Actor(
                node: nodes.first.node, caller: nodes.first.caller,
                wallet: try nodes.first.wallet(), nodes: nodes),
            Actor(
                node: second.node, caller: second.caller,
                wallet: try WalletFile.read(nodes.directory.administratorWallet)
                    .unlock(passphrase: nil), nodes: nodes)
        )
    }

    /// What both nodes have of a proposal: the same, in blocks of the same digests.
    private static func proposal(
        _ intent: Intent, _ nodes: TwoNodes
    ) async throws -> WireProposalState? {
        try await nodes.agree()
        let id = Intent.id(of: intent.bytes)
        let (one, other) = (
            try nodes.first.node.engine.state.proposal(id),
            try nodes.node.engine.state.proposal(id)
        )
        #expect(one == other)
        return one
    }

    private static func grant(_ role: Role, to actor: Actor) -> [UInt8] {
        var command = WirePeopleCommand()
        command.grantRole.person = actor.wallet.person.bytes.field
        command.grantRole.role = role.rawValue
        return Wire.encode(command)
    }

    @Test func proposalsAreApprovedRefusedAndExpireAlikeOnBothNodes() async throws {
        let nodes = try await TwoNodes()
        try await nodes.connect()
        let (hospital, clinic) = try Self.actors(nodes)
        let both = SignaturePolicy.and([
            .role(.administrator, at: hospital.member), .role(.administrator, at: clinic.member),
        ])

        // By people of both members, the second through its own node.
        let first = hospital.intent(
            "people", Self.grant(.auditor, to: hospital), lastsMs: 3_600_000)
        #expect(try await hospital.propose(first, both) == nil)
        #expect(try await Self.proposal(first, nodes)?.standing == .pending)
        #expect(try await hospital.approve(first) == "already-stamped")
        #expect(try await clinic.approve(first) == nil)
        #expect(try await Self.proposal(first, nodes)?.standing == .run)
        for node in [nodes.first.node, nodes.node] {
            let roles = try node.engine.state.person(hospital.wallet.person)?.roles
            #expect(roles?.contains("auditor") == true)
        }
        #expect(try await clinic.approve(first) == "proposal-closed")
        #expect(try await hospital.propose(first, both) == "duplicate")

        // With a reason, by the other member.
        let second = clinic.intent("people", Self.grant(.nurse, to: clinic))
        #expect(try await clinic.propose(second, both) == nil)
        #expect(try await clinic.submit(second) == "duplicate")
        try await nodes.agree()
        #expect(try await hospital.refuse(second, "no-such-unit") == nil)
        let refused = try await Self.proposal(second, nodes)
        #expect(refused?.standing == .refused)
        #expect(refused?.reason == "no-such-unit")

        // Too late, then gone.
        let third = clinic.intent("people", Self.grant(.nurse, to: clinic))
        #expect(try await clinic.propose(third, both) == nil)
        try await nodes.agree()
        nodes.clocks.set(firstMs: 150_000, secondMs: 0)
        #expect(try await hospital.approve(third) == "proposal-expired")
        #expect(try await Self.proposal(third, nodes)?.standing == .pending)
        nodes.clocks.set(firstMs: 150_000 + 600_000, secondMs: 0)
        _ = try await nodes.first.node.records.create(
            type: "Patient", body: NodeLifeTests.patient("Later"), nodes.first.request())
        #expect(try await Self.proposal(third, nodes) == nil)
        #expect(try await Self.proposal(second, nodes) == nil)
        #expect(try await clinic.submit(third) == "outside-window")

        // Replayed from the genesis, both chains lead to the same state.
        try await nodes.stop()
        for path in ["/first", "/second"] {
            let report = try await DataVerifier(DataDirectory(nodes.folder.path + path)).run()
            #expect(report.findings == [])
        }
    }

    @Test func whatWaitsOutlivesARestart() async throws {
        let nodes = try await TwoNodes()
        try await nodes.connect()
        let (hospital, clinic) = try Self.actors(nodes)
        let intent = hospital.intent("people", Self.grant(.auditor, to: hospital))
        #expect(try await hospital.propose(intent, .member(clinic.member)) == nil)
        try await nodes.agree()
        try await nodes.stopSecond()
        try nodes.startSecond()
        try await nodes.connect()
        let again = try Self.actors(nodes).clinic
        #expect(try await Self.proposal(intent, nodes)?.standing == .pending)
        #expect(try await again.approve(intent) == nil)
        #expect(try await Self.proposal(intent, nodes)?.standing == .run)
        try await nodes.stop()
    }
}
