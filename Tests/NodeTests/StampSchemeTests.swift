import Contracts
import Crypto
import Foundation
import Identity
import LedgerCore
import Node
import TestSupport
import Testing

import struct LedgerCore.Digest

/// Stamps of every scheme and hand-overs, through a whole node: checked over all cores before they
/// are ordered, decided by the contracts, kept in the state.
@Suite(.timeLimit(.minutes(2))) struct StampSchemeTests {
    /// A node, its administrator, and what stamps for them.
    private final class Desk: Sendable {
        let folder: TestFolder
        let node: TestNode
        let wallet: Wallet

        init() throws {
            folder = try TestFolder()
            node = try TestNode(folder.path + "/node")
            wallet = try node.wallet()
        }

        var person: Identifier { wallet.person }

        func intent(_ contract: String, _ command: [UInt8], version: UInt32 = 1) -> Intent {
            var random = SystemRandomNumberGenerator()
            let now = TestNode.clock()
            return Intent(
                network: node.node.identity.genesis.digest, channel: CairnNode.channel,
                author: person, notBeforeMs: now - 30_000, notAfterMs: now + 120_000,
                nonce: Identifier(using: &random), contract: contract, contractVersion: version,
                command: command)
        }

        /// Hands an intent in; gives the receipt.
        func submit(_ intent: Intent, _ stamps: [EStamp]) async throws -> WriteReceipt {
            let item = SubmittedItem(
                intentBytes: intent.bytes, stamps: stamps, contents: [], idempotencyKey: nil)
            return try await node.node.submit([item], caller: node.caller)[0].get().receipt
        }

        func enrol(_ key: PublicKey) async throws {
            var command = WirePeopleCommand()
            command.addKey.person = person.bytes.field
            command.addKey.key = key.wire
            let intent = intent("people", Wire.encode(command), version: 2)
            let stamp = try EStamp(
                intent: Intent.id(of: intent.bytes), purpose: .author,
                signingWith: wallet.defaultKey.signingKey)
            try #require(try await submit(intent, [stamp]).refused == nil)
        }

        /// A command that somebody else becomes auditor or is it no more, so that each is accepted.
        func change(_ number: Int) -> Intent {
            var command = WirePeopleCommand()
            command.grantAttribute.person = person.bytes.field
            command.grantAttribute.name = "step"
            command.grantAttribute.value = "\(number)"
            return intent("people", Wire.encode(command), version: 2)
        }
    }

    /// What stamps an intent's id.
    private typealias Stamping = @Sendable (Digest) throws -> EStamp

    /// A stamping of each scheme, enrolled at the desk.
    private func schemes(_ desk: Desk) async throws -> [(StampScheme, Stamping)] {
        var all: [(StampScheme, Stamping)] = []
        for signer in [
            SigningKey.ed25519(.init()), .p256(.init()), .mldsa65(try .init()),
        ] {
            let key = try signer.publicKey()
            try await desk.enrol(key)
            all.append(
                (
                    key.scheme,
                    { try EStamp(intent: $0, purpose: .author, signingWith: signer) }
                ))
        }
        let passkey = try SoftAuthenticator()
        try await desk.enrol(try passkey.publicKey())
        all.append((.webauthn, { try passkey.stamp(intent: $0, purpose: .author) }))
        return all
    }

    @Test func everySchemeStampsAndItsFaultsAreNamed() async throws {
        let desk = try Desk()
        for (number, (scheme, stamping)) in try await schemes(desk).enumerated() {
            let intent = desk.change(number)
            let id = Intent.id(of: intent.bytes)
            var altered = try stamping(id)
            altered.signature[7] ^= 1
            await #expect(throws: NodeError.self, "\(scheme)") {
                try await desk.submit(intent, [altered])
            }
            let stranger = try stamping(Digest.sha256([1]))
            do {
                _ = try await desk.submit(intent, [stranger])
                Issue.record("\(scheme) holds for another intent")
            } catch let error as NodeError {
                #expect(error.code == .forbidden)
                #expect(error.message.contains("webauthn-challenge") == (scheme == .webauthn))
            }
            let receipt = try await desk.submit(intent, [try stamping(id)])
            #expect(receipt.refused == nil, "\(scheme)")
        }
        try await desk.node.stop()
    }

    /// More than one unit of work of the checker, in one request, of all schemes at once.
    @Test func manyStampsOfAllSchemesAreCheckedTogether() async throws {
        let desk = try Desk()
        let schemes = try await schemes(desk)
        var items = [SubmittedItem]()
        for number in 0..<200 {
            // Roles that are not held, so that every one is decided and none changes the next.
            var command = WirePeopleCommand()
            command.revokeRole.person = desk.person.bytes.field
            command.revokeRole.role = "auditor"
            let intent = desk.intent("people", Wire.encode(command))
            var stamp = try schemes[number % schemes.count].1(Intent.id(of: intent.bytes))
            if number % 10 == 9 { stamp.signature[3] ^= 1 }
            items.append(
                SubmittedItem(
                    intentBytes: intent.bytes, stamps: [stamp], contents: [],
                    idempotencyKey: nil))
        }
        let results = await desk.node.node.submit(items, caller: desk.node.caller)
        #expect(results.count == items.count)
        for (number, result) in results.enumerated() {
            switch result {
            case .success(let outcome):
                #expect(number % 10 != 9 && outcome.receipt.refused == "unknown-subject")
            case .failure(let error): #expect(number % 10 == 9, "\(number): \(error)")
            }
        }
        try await desk.node.stop()
    }

    @Test func recordIsHandedOverThroughTheNode() async throws {
        let desk = try Desk()
        let receiver = SigningKey.mldsa65(try .init())
        try await desk.enrol(try receiver.publicKey())
        var random = SystemRandomNumberGenerator()
        let record = Identifier(using: &random)
        let content = Array(#"{"resourceType":"Patient"}"#.utf8)
        let secret = Digest.sha256(record.bytes)
        let intent = desk.intent(
            "records",
            RecordsCommand.bytes([
                .init(
                    record: record, previous: 0,
                    commitment: Commitment(content: content, secret: secret))
            ]), version: 2)
        let id = Intent.id(of: intent.bytes)
        let own = desk.wallet.defaultKey.signingKey
        let first = try EStamp(intent: id, purpose: .author, signingWith: own)
        let offer = try EStamp(
            intent: id, purpose: .handOver, after: first, to: receiver.publicKey().id,
            signingWith: own)
        let taken = try EStamp(
            intent: id, purpose: .accept, after: offer, signingWith: receiver)
        func submit(_ stamps: [EStamp]) async throws -> SubmittedOutcome {
            let item = SubmittedItem(
                intentBytes: intent.bytes, stamps: stamps,
                contents: [
                    SubmittedContent(
                        content: content, secret: secret, isSealed: false,
                        mediaType: "application/fhir+json")
                ], idempotencyKey: nil)
            return try await desk.node.node.submit([item], caller: desk.node.caller)[0].get()
        }
        // Never accepted: the ledger says so, and the same intent is free to come whole.
        #expect(try await submit([first, offer]).receipt.refused == "hand-over-not-accepted")
        let receipt = try await submit([first, offer, taken]).receipt
        #expect(receipt.refused == nil)
        let found = try #require(try desk.node.node.reader.transaction(id))
        #expect(try receipt.holder(of: found.transaction) == receiver.publicKey().id)
        let state = try #require(try desk.node.node.engine.state.record(record))
        #expect(Identifier(state.holder) == desk.person)
        try await desk.node.stop()
    }

    @Test func stateIsProvedPresentAbsentAndNewest() async throws {
        let desk = try Desk()
        let passkey = try SoftAuthenticator()
        let key = try passkey.publicKey()
        let proofs = desk.node.node.proofs
        func state(_ key: StateKey) async throws -> WireProvenState {
            let proof = try ProofFile.read(try await proofs.proof(ofState: key.bytes))
            #expect(!proof.hasSubject && proof.hasState)
            return proof.state
        }
        #expect(try await !state(.key(key.id)).present)
        try await desk.enrol(key)
        let found = try await state(.key(key.id))
        #expect(found.present)
        let entry = try Wire.decode(
            WireKeyState.self, from: [UInt8](found.value), what: "key", limitBytes: 10_000)
        #expect(try PublicKey(entry.key) == key)
        let header = try Header(bytes: [UInt8](found.seal.header))
        let proof = StateProof(
            place: .present(value: [UInt8](found.value)),
            siblings: found.path.compactMap { Digest($0) })
        let root = try #require(header.stateRoot)
        #expect(proof.holds(key: StateKey.key(key.id).bytes, root: root))
        // Absent entries of every shape of the tree.
        var shapes = Set<Bool>()
        var random = SystemRandomNumberGenerator()
        for _ in 0..<40 {
            let absent = StateKey.record(Identifier(using: &random))
            let none = try await state(absent)
            #expect(!none.present)
            shapes.insert(none.otherPath.isEmpty)
        }
        #expect(shapes.contains(false))
        try await desk.node.stop()
    }
}
