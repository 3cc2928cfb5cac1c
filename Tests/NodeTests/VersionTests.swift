import Contracts
import Foundation
import Identity
import LedgerCore
import Node
import Testing

/// A node whose ledger moves to a version that its program has not.
@Suite("Contract versions in a node", .timeLimit(.minutes(5)))
struct VersionTests {
    /// Hands in a command of version 2 of members, stamped by the wallets; the first is its author.
    private static func submit(
        _ command: WireMembersCommand, _ wallets: [Wallet], to node: CairnNode, as caller: Caller
    ) async throws -> String? {
        var random = SystemRandomNumberGenerator()
        let now = TestNode.clock()
        let intent = Intent(
            network: node.identity.genesis.digest, channel: CairnNode.channel,
            author: wallets[0].person, notBeforeMs: now - 30_000, notAfterMs: now + 120_000,
            nonce: Identifier(using: &random), contract: "members", contractVersion: 2,
            command: Wire.encode(command))
        let stamps = try wallets.enumerated().map { index, wallet in
            try EStamp(
                intent: Intent.id(of: intent.bytes), purpose: index == 0 ? .author : .approve,
                signingWith: wallet.defaultKey.signingKey)
        }
        let item = SubmittedItem(
            intentBytes: intent.bytes, stamps: stamps, contents: [], idempotencyKey: nil)
        return try await node.submit([item], caller: caller)[0].get().receipt.refused
    }

    private static func activate(at height: UInt64) -> WireMembersCommand {
        var version = WireContractVersion()
        version.contract = "people"
        version.version = 41
        var command = WireMembersCommand()
        command.activate.versions = [version]
        command.activate.height = height
        command.activate.release = "9.1.0"
        return command
    }

    private static let reason =
        "version 41 of the contract people is not in this program; Cairn 9.1.0 has it"

    /// Writes until the node has halted; gives the ids of what was acknowledged.
    private static func writeUntilHalted(_ node: TestNode) async throws -> [String] {
        var written = [String]()
        while node.node.engine.halted == nil {
            try #require(written.count < 50)
            do {
                let one = try await node.node.records.create(
                    type: "Patient", body: NodeLifeTests.patient("Halt\(written.count)"),
                    node.request())
                written.append(try #require(one.row).fhirID)
            } catch let error as NodeError {
                #expect(error.code == .halted || error.code == .unavailable)
            }
        }
        return written
    }

    private static func expectHalted(_ node: CairnNode, before height: UInt64) {
        let halted = node.engine.halted
        #expect(halted?.code == .halted)
        #expect(halted?.message == "halted before height \(height): \(reason)")
        #expect(halted?.hint?.hasPrefix("install Cairn 9.1.0 or newer") == true)
        #expect(node.engine.head.tip.height == height - 1)
    }

    @Test func versionThatIsLackedHaltsTheNodeAndReadsGoOn() async throws {
        let folder = try TestFolder()
        var node = try TestNode(folder.path)
        let height = node.node.engine.head.tip.height + 6
        #expect(
            try await Self.submit(
                Self.activate(at: height), [node.wallet()], to: node.node, as: node.caller) == nil)
        let written = try await Self.writeUntilHalted(node)
        #expect(!written.isEmpty)
        Self.expectHalted(node.node, before: height)
        func expectReads() throws {
            for id in written {
                _ = try node.node.records.read(type: "Patient", id: id)
            }
        }
        try expectReads()
        let problem = await #expect(throws: NodeError.self) {
            try await node.node.records.create(
                type: "Patient", body: NodeLifeTests.patient("Late"), node.request())
        }
        #expect(problem?.code == .halted)
        try await node.stop()

        // Nor after a restart; and what is there is whole.
        node = try TestNode(folder.path)
        let restarted = node
        try await TwoNodes.eventually("it has halted") { restarted.node.engine.halted != nil }
        Self.expectHalted(node.node, before: height)
        try expectReads()
        try await node.stop()
        let report = try await DataVerifier(node.directory).run()
        #expect(report.findings == [])
        #expect(report.versions == written.count)
    }

    /// Both nodes halt before the same block; one member alone cannot bring it about.
    @Test func bothMembersDecideAndBothNodesHalt() async throws {
        let nodes = try await TwoNodes()
        try await nodes.connect()
        let (first, second) = (
            try nodes.first.wallet(),
            try WalletFile.read(nodes.directory.administratorWallet).unlock(passphrase: nil)
        )
        let height = nodes.first.node.engine.head.tip.height + 8
        let (node, caller) = (nodes.first.node, nodes.first.caller)
        #expect(
            try await Self.submit(Self.activate(at: height), [first], to: node, as: caller)
                == "policy-not-met")
        #expect(
            try await Self.submit(Self.activate(at: height), [first, second], to: node, as: caller)
                == nil)
        try await nodes.agree()
        #expect(try nodes.node.engine.state.contracts().pending.height == height)
        _ = try await Self.writeUntilHalted(nodes.first)
        try await TwoNodes.eventually("the second node has halted") {
            nodes.node.engine.halted != nil
        }
        Self.expectHalted(nodes.first.node, before: height)
        Self.expectHalted(nodes.node, before: height)
        #expect(nodes.node.engine.head.tip.hash == nodes.first.node.engine.head.tip.hash)
        try await nodes.stop()
    }

    /// The same bytes, the same intent under its node's other submission, and as a proposal: not
    /// again, by a node that has started since.
    @Test func acceptedIntentStaysADuplicateAfterARestart() async throws {
        let folder = try TestFolder()
        var node = try TestNode(folder.path)
        let wallet = try node.wallet()
        var random = SystemRandomNumberGenerator()
        let now = TestNode.clock()
        func item(
            _ contract: String, _ version: UInt32, _ command: [UInt8], nonce: Identifier
        ) throws -> (Intent, SubmittedItem) {
            let intent = Intent(
                network: node.node.identity.genesis.digest, channel: CairnNode.channel,
                author: wallet.person, notBeforeMs: now - 30_000, notAfterMs: now + 240_000,
                nonce: nonce, contract: contract, contractVersion: version, command: command)
            let stamp = try EStamp(
                intent: Intent.id(of: intent.bytes), purpose: .author,
                signingWith: wallet.defaultKey.signingKey)
            return (
                intent,
                SubmittedItem(
                    intentBytes: intent.bytes, stamps: [stamp], contents: [], idempotencyKey: nil)
            )
        }
        var command = WirePeopleCommand()
        command.grantAttribute.person = wallet.person.bytes.field
        command.grantAttribute.name = "unit"
        command.grantAttribute.value = "icu"
        let (intent, once) = try item(
            "people", 2, Wire.encode(command), nonce: Identifier(using: &random))
        var propose = WireApprovalsCommand()
        propose.propose.intent = intent.bytes.field
        let (_, proposal) = try item(
            "approvals", 1, Wire.encode(propose), nonce: Identifier(using: &random))
        func refusals(_ items: [SubmittedItem]) async throws -> [String?] {
            var found = [String?]()
            for item in items {
                let results = await node.node.submit([item], caller: node.caller)
                found.append(try results[0].get().receipt.refused)
            }
            return found
        }
        #expect(try await refusals([once, once]) == [nil, "duplicate"])
        try await node.stop()
        node = try TestNode(folder.path)
        #expect(try await refusals([once, proposal]) == ["duplicate", "duplicate"])
        try await node.stop()
    }

    /// A pause stops one contract; reading what is there goes on.
    @Test func pausedRecordsAreReadAndNotWritten() async throws {
        let folder = try TestFolder()
        let node = try TestNode(folder.path)
        let written = try await node.node.records.create(
            type: "Patient", body: NodeLifeTests.patient("Before"), node.request())
        var pause = WireMembersCommand()
        pause.pause.contract = "records"
        #expect(
            try await Self.submit(pause, [node.wallet()], to: node.node, as: node.caller) == nil)
        let problem = await #expect(throws: NodeError.self) {
            try await node.node.records.create(
                type: "Patient", body: NodeLifeTests.patient("While"), node.request())
        }
        #expect(problem?.code == .unavailable)
        #expect(problem?.message.contains("paused") == true)
        let id = try #require(written.row).fhirID
        #expect(
            try node.node.records.read(type: "Patient", id: id).content
                == NodeLifeTests.patient("Before"))
        var resume = WireMembersCommand()
        resume.resume.contract = "records"
        #expect(
            try await Self.submit(resume, [node.wallet()], to: node.node, as: node.caller) == nil)
        _ = try await node.node.records.create(
            type: "Patient", body: NodeLifeTests.patient("After"), node.request())
        try await node.stop()
    }
}
