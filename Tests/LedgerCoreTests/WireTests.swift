import FoundationEssentials
import LedgerCore
import SwiftProtobuf
import Testing

/// A decoder, what it is given, and what it encodes again.
struct Travelling: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let bytes: [UInt8]
    /// Decodes and encodes again.
    let decode: @Sendable ([UInt8]) throws -> [UInt8]

    static func all() throws -> [Travelling] {
        [
            .init(testDescription: "intent", bytes: Samples.intent().bytes) {
                try Intent(bytes: $0).bytes
            },
            .init(testDescription: "attachment", bytes: Samples.attachment().bytes) {
                try Attachment(bytes: $0).bytes
            },
            .init(testDescription: "transaction", bytes: try Samples.transaction().bytes) {
                let read = try UnverifiedTransaction(bytes: $0)
                return try UnverifiedTransaction(
                    intentBytes: read.intent.bytes, stamps: read.stamps, attachment: read.attachment
                ).bytes
            },
            .init(testDescription: "submission", bytes: try Samples.submission().bytes) {
                try Submission(bytes: $0).bytes
            },
            .init(testDescription: "batch", bytes: try Samples.batch().bytes) {
                try Batch(bytes: $0).bytes
            },
            .init(testDescription: "header", bytes: Samples.header().bytes) {
                try Header(bytes: $0).bytes
            },
            .init(testDescription: "unsealed header", bytes: Samples.header(stateRoot: nil).bytes) {
                try Header(bytes: $0).bytes
            },
            .init(testDescription: "block", bytes: try Samples.block().bytes) {
                try Block(bytes: $0).bytes
            },
            .init(testDescription: "records command", bytes: command) {
                RecordsCommand.bytes(try RecordsCommand.writes($0))
            },
        ]
    }

    static let command = RecordsCommand.bytes([
        .init(
            record: Samples.identifier(1), previous: 0, commitment: .init(value: leaf(1)),
            conditional: true),
        .init(record: Samples.identifier(2), previous: 300, commitment: .init(value: leaf(2))),
    ])
}

@Suite struct WireTests {
    /// What is put together is not decoded, and is the same as what a reader of its bytes gets.
    @Test func aTransactionPutTogetherIsTheOneThatIsRead() throws {
        let made = try Samples.transaction()
        let read = try UnverifiedTransaction(bytes: made.bytes)
        #expect(made.bytes == read.bytes && made.digest == read.digest && made.id == read.id)
        #expect(made.intent == read.intent && made.intentBytes == read.intentBytes)
        #expect(made.stamps == read.stamps && made.attachment == read.attachment)
    }

    @Test func aTransactionPutTogetherIsHeldToTheLimitsOfAReader() throws {
        let sample = try Samples.transaction()
        let intent = try ReceivedIntent(bytes: sample.intentBytes)
        func refusal(
            _ stamps: [EStamp], _ change: (inout LedgerCore.Attachment) -> Void = { _ in }
        ) -> MalformedBytes? {
            var attachment = sample.attachment
            change(&attachment)
            do throws(MalformedBytes) {
                _ = try UnverifiedTransaction(intent, stamps: stamps, attachment: attachment)
                return nil
            } catch { return error }
        }
        #expect(refusal(sample.stamps) == nil)
        #expect(refusal([]) == MalformedBytes("transaction", .tooMany))
        let many = Array(repeating: sample.stamps[0], count: WireLimit.stampsPerTransaction + 1)
        #expect(refusal(many) == MalformedBytes("transaction", .tooMany))
        var short = sample.stamps[0]
        short.signature.removeLast()
        #expect(refusal([short]) == MalformedBytes("stamp", .badField))
        let writes = Array(
            repeating: sample.attachment.writes[0], count: WireLimit.writesPerIntent + 1)
        #expect(
            refusal(sample.stamps) { $0.writes = writes } == MalformedBytes("attachment", .tooMany))
        #expect(
            refusal(sample.stamps) { $0.onBehalf = .init(evidence: .zero, tier: 9) }
                == MalformedBytes("attachment", .badField))
        var large = sample.stamps[3]
        large.webauthn = .init(
            authenticatorData: Array(repeating: 1, count: WireLimit.transactionBytes),
            clientDataJSON: [])
        #expect(refusal([large]) == MalformedBytes("transaction", .oversize))
    }

    @Test(arguments: try Travelling.all()) func everythingComesBackAsItWent(_ item: Travelling)
        throws
    {
        #expect(try item.decode(item.bytes) == item.bytes)
    }

    @Test(arguments: try Travelling.all()) func everyOtherEncodingIsRefused(_ item: Travelling) {
        let unknownField: [UInt8] = [0xf8, 0x07, 0x01]
        let attempts: [[UInt8]] = [
            item.bytes + [0], item.bytes + unknownField, unknownField + item.bytes,
            unknownField, Array(item.bytes.dropLast()),
        ]
        for bytes in attempts {
            #expect(throws: MalformedBytes.self, "\(bytes.prefix(8))") { try item.decode(bytes) }
        }
    }

    /// An unknown field inside a nested message, with the lengths around it right.
    @Test func unknownFieldAtDepthIsRefused() throws {
        let unknown: [UInt8] = [0xf8, 0x07, 0x01]
        var batch = WireStampBatch()
        batch.size = 2
        batch.path = [leaf(1).bytes.field]
        batch.unknownFields = try WireStampBatch(serializedBytes: unknown).unknownFields
        #expect(!batch.unknownFields.data.isEmpty)
        var transaction = try WireTransaction(serializedBytes: Samples.transaction().bytes)
        transaction.stamps[0].batch = batch
        let bytes: [UInt8] = try transaction.serializedBytes()
        #expect(throws: MalformedBytes("transaction", .notCanonical)) {
            try UnverifiedTransaction(bytes: bytes)
        }
    }

    @Test func fieldsOutOfOrderAreRefused() {
        // Write attachment: locator, then size; here the size comes first.
        let locator: [UInt8] = [0x0a, 16] + Samples.identifier(1).bytes
        let inOrder = locator + [0x10, 1]
        let outOfOrder = [0x10, 1] + locator
        func attachment(_ write: [UInt8]) -> [UInt8] { [0x0a, UInt8(write.count)] + write }
        #expect(throws: Never.self) { try Attachment(bytes: attachment(inOrder)) }
        #expect(throws: MalformedBytes("attachment", .notCanonical)) {
            try Attachment(bytes: attachment(outOfOrder))
        }
    }

    @Test(
        arguments: [
            [0x08, 0x81, 0x00],  // 1 in two bytes
            [0x08, 0x00],  // a default that is written out
            [0x08, 0x01, 0x08, 0x01],  // twice
            [0x88, 0x00, 0x01],  // a long tag
            [0x10, 0x03],  // a seal that there is not
            [0x0d, 1, 0, 0, 0],  // another wire type
        ] as [[UInt8]]) func longAndDoubledFieldsAreRefused(bytes: [UInt8])
    {
        #expect(throws: MalformedBytes.self) { try Batch(bytes: bytes) }
    }

    @Test func limitsAreErrorsNotTruncations() throws {
        let bytes = [UInt8](repeating: 0, count: WireLimit.intentBytes + 1)
        #expect(throws: MalformedBytes("intent", .oversize)) { try Intent(bytes: bytes) }
        let full = Samples.intent(command: [UInt8](repeating: 1, count: WireLimit.intentBytes))
        #expect(throws: MalformedBytes("intent", .oversize)) { try Intent(bytes: full.bytes) }
        let write = RecordsCommand.Write(
            record: Samples.identifier(1), previous: 0, commitment: .init(value: leaf(1)))
        let most = RecordsCommand.bytes(
            [RecordsCommand.Write](repeating: write, count: WireLimit.writesPerIntent))
        #expect(try RecordsCommand.writes(most).count == 4096)
        let above = RecordsCommand.bytes(
            [RecordsCommand.Write](repeating: write, count: WireLimit.writesPerIntent + 1))
        #expect(throws: MalformedBytes("records command", .tooMany)) {
            try RecordsCommand.writes(above)
        }
        #expect(throws: MalformedBytes("records command", .tooMany)) {
            try RecordsCommand.writes([])
        }
    }

    @Test func largestIntentWithItsAttachmentFitsATransaction() throws {
        let write = RecordsCommand.Write(
            record: Samples.identifier(1), previous: .max, commitment: .init(value: leaf(1)),
            conditional: true)
        let command = RecordsCommand.bytes([RecordsCommand.Write](repeating: write, count: 4096))
        var attachment = Attachment()
        for index in 0..<4096 {
            attachment.writes.append(
                .init(
                    locator: Samples.identifier(2), paddedSizeBytes: .max,
                    satisfiedBy: Samples.identifier(3)))
            attachment.claims.append(
                .init(id: leaf(3), kind: .name, write: index, expiresMs: .max))
        }
        let bytes = Samples.intent(command: command).bytes
        let stamp = try EStamp(
            intent: Intent.id(of: bytes), purpose: .author, signingWith: TestKeys.all()[2])
        #expect(throws: Never.self) {
            try UnverifiedTransaction(intentBytes: bytes, stamps: [stamp], attachment: attachment)
        }
    }

    @Test func fieldsOfWrongLengthAreRefused() throws {
        let wire = try WireIntent(serializedBytes: Samples.intent().bytes)
        let changes: [(inout WireIntent) -> Void] = [
            { $0.network.removeLast() }, { $0.network = .init() }, { $0.author.append(1) },
            { $0.nonce = .init() }, { $0.channel = "" }, { $0.channel = "A" },
            { $0.contract = "a b" }, { $0.notBeforeMs = $0.notAfterMs + 1 },
        ]
        for (index, change) in changes.enumerated() {
            var altered = wire
            change(&altered)
            #expect(throws: MalformedBytes.self, "change \(index)") {
                try Intent(bytes: Wire.encode(altered))
            }
        }
    }

    @Test func stampsOfWrongShapeAreRefused() throws {
        let good = try EStamp.batch(
            intents: leaves(4), purpose: .author, signingWith: TestKeys.ed25519(1))[2].wire
        #expect(throws: Never.self) { try EStamp(good) }
        let changes: [(inout WireStamp) -> Void] = [
            { $0.scheme = .unspecified }, { $0.scheme = .UNRECOGNIZED(77) },
            { $0.scheme = .mldsa65 },
            { $0.purpose = .unspecified }, { $0.purpose = .UNRECOGNIZED(7) },
            { $0.signature.removeLast() }, { $0.key.append(0) }, { $0.batch.index = 4 },
            { $0.batch.size = 1 }, { $0.batch.path[0].removeLast() },
            { $0.batch.path = Array(repeating: $0.key, count: 21) },
            { $0.previous = Digest.zero.bytes.field }, { $0.receiver = Digest.zero.bytes.field },
            { $0.webauthn = .init() }, { $0.scheme = .webauthn },
        ]
        for (index, change) in changes.enumerated() {
            var altered = good
            change(&altered)
            #expect(throws: MalformedBytes.self, "change \(index)") { try EStamp(altered) }
        }
    }

    @Test func attachmentsOfUnknownKindsAreRefused() throws {
        let wire = try WireAttachment(serializedBytes: Samples.attachment().bytes)
        let changes: [(inout WireAttachment) -> Void] = [
            { $0.claims[0].kind = .unspecified }, { $0.claims[0].kind = .UNRECOGNIZED(4) },
            { $0.claims[0].id.removeLast() }, { $0.writes[0].locator = .init() },
            { $0.writes[0].satisfiedBy = leaf(1).bytes.field }, { $0.released[0] = .init() },
            { $0.onBehalf.tier = 3 }, { $0.onBehalf.evidence = .init() },
        ]
        for (index, change) in changes.enumerated() {
            var altered = wire
            change(&altered)
            #expect(throws: MalformedBytes.self, "change \(index)") {
                try Attachment(bytes: Wire.encode(altered))
            }
        }
    }
}
