import Contracts
import Crypto
import LedgerCore
import TestSupport
import Testing

@Suite struct HandOverTests {
    private func record(_ stage: Stage, _ id: Identifier) throws -> WireRecordState {
        try #require(try stage.ledger.state(.record(id), as: WireRecordState.self))
    }

    @Test func recordIsHeldByWhoAcceptedLast() throws {
        let stage = try Stage()
        let guest = try stage.guest()
        let record = stage.draw()
        let transaction = try stage.handedOver([stage.write(record)], by: stage.home.doctor) {
            try Stage.chain($0, [stage.home.doctor.key, stage.home.nurse.key, guest.doctor.key])
        }
        try stage.accept(transaction)
        #expect(try Identifier(self.record(stage, record).holder) == guest.doctor.id)
        // The custodian stays: only its nodes commit versions.
        #expect(try Identifier(self.record(stage, record).custodian) == stage.home.member)
        // Nobody holds a next version but its author, unless it is handed over too.
        try stage.accept(
            stage.handedOver([stage.write(record, after: 1)], by: stage.home.doctor) {
                [try EStamp(intent: $0, purpose: .author, signingWith: stage.home.doctor.key)]
            })
        #expect(try self.record(stage, record).holder.isEmpty)
    }

    @Test func holderIsReadFromTheReceipt() throws {
        let stage = try Stage()
        let transaction = try stage.handedOver([stage.write(stage.draw())], by: stage.home.doctor) {
            try Stage.chain($0, [stage.home.doctor.key, stage.home.nurse.key])
        }
        let block = try stage.ledger.apply([try stage.submission([transaction])])
        let outcome = try #require(block.outcomes.first)
        func receipt(refused: String? = nil) throws -> WriteReceipt {
            WriteReceipt(
                transaction: transaction.id, digest: transaction.digest, refused: refused,
                index: 0, path: [], headerBytes: block.block.headerBytes, node: stage.home.node,
                signature: try stage.home.nodeKey.sign(
                    WriteReceipt.message(block: block.block.hash)))
        }
        #expect(outcome.refusal == nil)
        #expect(try receipt().holds(key: stage.home.nodeKey.publicKey()))
        #expect(try receipt().holder(of: transaction) == stage.home.nurse.key.publicKey().id)
        let other = try stage.records([stage.write(stage.draw())], by: stage.home.doctor)
        #expect(try receipt().holder(of: other) == nil)
        #expect(try receipt(refused: "duplicate").holder(of: transaction) == nil)
    }

    @Test func nodesStampOnBehalfIsHandedOverByTheAuthor() throws {
        let stage = try Stage()
        let record = stage.draw()
        var intent = stage.intent(
            stage.home.doctor.id, "records", RecordsCommand.bytes([stage.write(record)]))
        intent.contractVersion = 2
        let id = Intent.id(of: intent.bytes)
        let first = try EStamp(intent: id, purpose: .onBehalf, signingWith: stage.home.nodeKey)
        let offer = try EStamp(
            intent: id, purpose: .handOver, after: first, to: stage.home.nurse.key.publicKey().id,
            signingWith: stage.home.doctor.key)
        var attachment = Attachment()
        attachment.writes = [.init(locator: stage.draw(), paddedSizeBytes: 4096)]
        attachment.onBehalf = .init(evidence: leaf(1), tier: 1)
        try stage.accept(
            UnverifiedTransaction(
                intentBytes: intent.bytes,
                stamps: [
                    first, offer,
                    try EStamp(
                        intent: id, purpose: .accept, after: offer,
                        signingWith: stage.home.nurse.key),
                ], attachment: attachment))
        #expect(try Identifier(self.record(stage, record).holder) == stage.home.nurse.id)
    }

    /// Replays alike: what version 1 wrote before hand-overs were known has the same bytes.
    @Test func versionOneKeepsItsBytes() throws {
        let stage = try Stage()
        let record = stage.draw()
        try stage.accept(stage.records([stage.write(record)], by: stage.home.doctor))
        let bytes = try #require(stage.ledger.entries[StateKey.record(record).bytes])
        var old = WireRecordState()
        old.custodian = stage.home.member.bytes.field
        old.version = 1
        old.transaction = try self.record(stage, record).transaction
        #expect(bytes == Wire.encode(old))
    }

    /// In version 1 links of author and approval meant nothing, and still do.
    @Test func linksOfOtherStampsCountFromVersionTwoOn() throws {
        let stage = try Stage()
        func linked(_ version: UInt32) throws -> RefusalReason? {
            try stage.submit(
                stage.handedOver(
                    [stage.write(stage.draw())], by: stage.home.doctor, version: version
                ) { id in
                    let before = try EStamp(
                        intent: leaf(3), purpose: .author, signingWith: stage.home.doctor.key)
                    return [
                        try EStamp(
                            intent: id, purpose: .author, after: before,
                            signingWith: stage.home.doctor.key)
                    ]
                })
        }
        #expect(try linked(1) == nil)
        #expect(try linked(2) == .handOverBroken)
    }

    @Test func everySchemeHandsOverAndAccepts() throws {
        let stage = try Stage()
        let keys: [SigningKey] = [.p256(.init()), .mldsa65(try .init()), .ed25519(.init())]
        for key in keys {
            try stage.accept(
                stage.people(
                    PeopleCommands.addKey(key, to: stage.home.nurse.id),
                    by: stage.home.administrator))
        }
        let passkey = try stage.passkey()
        let record = stage.draw()
        try stage.accept(
            stage.handedOver([stage.write(record)], by: stage.home.doctor) { id in
                let first = try passkey.stamp(intent: id, purpose: .author)
                let offer = try passkey.stamp(
                    intent: id, purpose: .handOver, after: first, to: keys[1].publicKey().id)
                var stamps = [first, offer]
                stamps.append(
                    try EStamp(intent: id, purpose: .accept, after: offer, signingWith: keys[1]))
                for (from, to) in [(1, 0), (0, 2)] {
                    let next = try EStamp(
                        intent: id, purpose: .handOver, after: stamps[stamps.count - 1],
                        to: keys[to].publicKey().id, signingWith: keys[from])
                    stamps += [
                        next,
                        try EStamp(
                            intent: id, purpose: .accept, after: next, signingWith: keys[to]),
                    ]
                }
                return stamps
            })
        #expect(try Identifier(self.record(stage, record).holder) == stage.home.nurse.id)
    }

    /// Version 1 of members refuses it, and version 2 takes it: see the refused cases.
    @Test func somebodyIsAdmittedWithAPasskeyFromVersionTwoOn() throws {
        let stage = try Stage()
        let passkey = try SoftAuthenticator()
        var command = try stage.admit(House(2))
        command.admit.people[1].keys = [try passkey.publicKey().wire]
        try stage.accept(stage.versions(command))
        let key = try passkey.publicKey()
        let kept = try #require(
            try stage.ledger.state(.key(key.id), as: WireKeyState.self))
        #expect(try PublicKey(kept.key) == key)
        #expect(key.relyingParty != nil)
    }

    @Test func passkeyApprovesAndStampsAsAuthor() throws {
        let stage = try Stage()
        let passkey = try stage.passkey()
        #expect(try stage.touched(passkey) == nil)
        let key = try passkey.publicKey()
        let kept = try #require(
            try stage.ledger.state(.key(key.id), as: WireKeyState.self))
        #expect(try PublicKey(kept.key) == key)
    }
}
