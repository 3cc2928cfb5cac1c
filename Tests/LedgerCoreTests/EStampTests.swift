import FoundationEssentials
import LedgerCore
import SwiftProtobuf
import Testing

@Suite struct EStampTests {
    private func holds(_ stamp: EStamp, _ intent: Digest, _ signer: SigningKey) throws -> Bool {
        let key = try signer.publicKey()
        return stamp.holds(for: intent, key: key, parsed: try ParsedKey(key))
    }

    @Test func stampHoldsForItsIntentAndPurposeAlone() throws {
        for signer in try TestKeys.all() {
            let stamp = try EStamp(intent: leaf(1), purpose: .author, signingWith: signer)
            #expect(try holds(stamp, leaf(1), signer))
            #expect(try !holds(stamp, leaf(2), signer))
            #expect(try EStamp(stamp.wire) == stamp)
            for purpose in StampPurpose.allCases where purpose != .author {
                var other = stamp
                other.purpose = purpose
                #expect(try !holds(other, leaf(1), signer))
            }
        }
    }

    @Test func stampHoldsUnderTheKeyItNamesAlone() throws {
        let (signer, other) = (try TestKeys.ed25519(1), try TestKeys.ed25519(2))
        var stamp = try EStamp(intent: leaf(1), purpose: .author, signingWith: signer)
        #expect(try !holds(stamp, leaf(1), other))
        stamp.key = try other.publicKey().id
        #expect(try !holds(stamp, leaf(1), signer))
        #expect(try !holds(stamp, leaf(1), other))
        stamp.key = try signer.publicKey().id
        stamp.scheme = .p256
        #expect(try !holds(stamp, leaf(1), signer))
    }

    @Test func webauthnIsNotTakenAsARawSignature() throws {
        let signer = TestKeys.p256()
        let key = try PublicKey(scheme: .webauthn, bytes: signer.publicKey().bytes)
        var stamp = EStamp(scheme: .webauthn, purpose: .author, key: key.id, signature: [])
        stamp.signature = try signer.sign(stamp.message(intent: leaf(1)))
        #expect(!stamp.holds(for: leaf(1), key: key, parsed: try ParsedKey(key)))
    }

    @Test(arguments: [2, 3, 5, 64, 100]) func oneSignatureStampsMany(count: Int) throws {
        let signer = try TestKeys.ed25519(3)
        let stamps = try EStamp.batch(intents: leaves(count), purpose: .author, signingWith: signer)
        #expect(Set(stamps.map(\.signature)).count == 1)
        for (index, stamp) in stamps.enumerated() {
            #expect(try holds(stamp, leaf(index), signer))
            #expect(try EStamp(stamp.wire) == stamp)
            #expect(try !holds(stamp, leaf(index + 1), signer))
        }
    }

    @Test func batchOfOneIsAStampAlone() throws {
        let signer = try TestKeys.ed25519(3)
        let stamps = try EStamp.batch(intents: [leaf(0)], purpose: .author, signingWith: signer)
        #expect(stamps.map(\.batch) == [nil])
        #expect(try EStamp.batch(intents: [], purpose: .author, signingWith: signer).isEmpty)
    }

    @Test func placeInABatchCannotBeAltered() throws {
        let signer = try TestKeys.ed25519(3)
        let stamp = try EStamp.batch(
            intents: leaves(6), purpose: .author, signingWith: signer)[2]
        let changes: [(inout EStamp) -> Void] = [
            { $0.batch?.index = 3 }, { $0.batch?.index = -1 }, { $0.batch?.size = 7 },
            { $0.batch?.size = 5 }, { $0.batch?.size = 0 }, { $0.batch?.path[0] = leaf(9) },
            { $0.batch?.path.removeLast() }, { $0.batch?.path.append(leaf(9)) },
            { $0.batch = nil }, { $0.previous = leaf(1) }, { $0.receiver = leaf(1) },
            { $0.purpose = .approve }, { $0.signature[0] ^= 1 },
        ]
        for (index, change) in changes.enumerated() {
            var altered = stamp
            change(&altered)
            #expect(try !holds(altered, leaf(2), signer), "change \(index)")
        }
    }

    @Test func receiverCannotBePassedOffAsThePreviousStamp() throws {
        let signer = try TestKeys.ed25519(4)
        var stamp = EStamp(
            scheme: .ed25519, purpose: .handOver, key: try signer.publicKey().id, signature: [])
        stamp.receiver = leaf(5)
        stamp.signature = try signer.sign(stamp.message(intent: leaf(1)))
        #expect(try holds(stamp, leaf(1), signer))
        let changes: [(inout EStamp) -> Void] = [
            { ($0.previous, $0.receiver) = ($0.receiver, nil) }, { $0.receiver = nil },
            { $0.receiver = leaf(6) }, { $0.previous = leaf(6) },
        ]
        for (index, change) in changes.enumerated() {
            var altered = stamp
            change(&altered)
            #expect(try !holds(altered, leaf(1), signer), "change \(index)")
        }
    }

    @Test func transactionIsVerifiedOnlyWhenEveryStampHolds() throws {
        let (author, approver) = (try TestKeys.ed25519(1), try TestKeys.ed25519(2))
        let bytes = Samples.intent().bytes
        let id = Intent.id(of: bytes)
        var stamps = [
            try EStamp(intent: id, purpose: .author, signingWith: author),
            try EStamp(intent: id, purpose: .approve, signingWith: approver),
        ]
        let known = try [author, approver].reduce(into: [Digest: (PublicKey, ParsedKey)]()) {
            let key = try $1.publicKey()
            $0[key.id] = (key, try ParsedKey(key))
        }
        func transaction() throws -> UnverifiedTransaction {
            try UnverifiedTransaction(intentBytes: bytes, stamps: stamps, attachment: Attachment())
        }
        #expect(try transaction().verified { known[$0] }.transaction.id == id)
        #expect(throws: StampProblem.unknownKey(stamps[0].key)) {
            _ = try transaction().verified { _ in nil }
        }
        stamps[1].signature[5] ^= 1
        #expect(throws: StampProblem.doesNotHold(stamps[1].key, .signature)) {
            _ = try transaction().verified { known[$0] }
        }
        stamps = []
        #expect(throws: MalformedBytes("transaction", .tooMany)) { _ = try transaction() }
        stamps = [EStamp](
            repeating: try EStamp(intent: id, purpose: .author, signingWith: author), count: 65)
        #expect(throws: MalformedBytes("transaction", .tooMany)) { _ = try transaction() }
    }

    @Test func submissionIsBoundToNodeNetworkOrderAndCount() throws {
        let signer = try TestKeys.ed25519(9)
        let key = try ParsedKey(signer.publicKey())
        let submission = try Samples.submission()
        #expect(submission.holds(network: leaf(1), key: key))
        #expect(!submission.holds(network: leaf(2), key: key))
        let wire = try WireSubmission(serializedBytes: submission.bytes)
        let changes: [(inout WireSubmission) -> Void] = [
            { $0.node = Samples.identifier(8).bytes.field }, { $0.transactions.swapAt(0, 1) },
            { $0.transactions.removeLast() }, { $0.transactions.append($0.transactions[0]) },
            { $0.signature[3] ^= 1 }, { $0.signature = .init() },
        ]
        for (index, change) in changes.enumerated() {
            var altered = wire
            change(&altered)
            let read = try Submission(bytes: Wire.encode(altered))
            #expect(!read.holds(network: leaf(1), key: key), "change \(index)")
        }
        var empty = wire
        empty.transactions = []
        #expect(throws: MalformedBytes("submission", .tooMany)) {
            try Submission(bytes: Wire.encode(empty))
        }
    }
}
