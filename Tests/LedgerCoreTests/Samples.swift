import LedgerCore
import TestSupport

/// One of everything that travels, deterministic.
enum Samples {
    static func identifier(_ number: UInt64) -> Identifier {
        var generator = SeededGenerator(seed: number)
        return Identifier(using: &generator)
    }

    static func intent(command: [UInt8] = [1, 2, 3], nonce: UInt64 = 2) -> Intent {
        Intent(
            network: leaf(1), channel: "main", author: identifier(1), notBeforeMs: 1_000,
            notAfterMs: 301_000, nonce: identifier(nonce), contract: "records", contractVersion: 1,
            command: command)
    }

    static func attachment() -> Attachment {
        var attachment = Attachment()
        attachment.writes = [
            .init(locator: identifier(3), paddedSizeBytes: 4096),
            .init(locator: identifier(4), paddedSizeBytes: 300, satisfiedBy: identifier(5)),
        ]
        attachment.claims = [
            .init(id: leaf(6), kind: .idempotency, write: 1, expiresMs: 99),
            .init(id: leaf(7), kind: .name, write: 0),
        ]
        attachment.released = [leaf(8)]
        attachment.onBehalf = .init(evidence: leaf(9), tier: 1)
        return attachment
    }

    static func transaction(nonce: UInt64 = 2) throws -> UnverifiedTransaction {
        let bytes = intent(nonce: nonce).bytes
        let id = Intent.id(of: bytes)
        var handOver = EStamp(
            scheme: .ed25519, purpose: .handOver, key: leaf(10),
            signature: [UInt8](repeating: 5, count: 64))
        handOver.previous = leaf(11)
        handOver.receiver = leaf(12)
        let several = try EStamp.batch(
            intents: [leaf(0), id, leaf(2)], purpose: .author, signingWith: TestKeys.ed25519(1))
        var webauthn = EStamp(
            scheme: .webauthn, purpose: .approve, key: leaf(13),
            signature: [UInt8](repeating: 6, count: 64))
        webauthn.webauthn = .init(authenticatorData: [1], clientDataJSON: [2, 3])
        return try UnverifiedTransaction(
            intentBytes: bytes,
            stamps: [
                try EStamp(intent: id, purpose: .approve, signingWith: TestKeys.ed25519(2)),
                several[1], handOver, webauthn,
            ], attachment: attachment())
    }

    static func submission() throws -> Submission {
        try Submission(
            network: leaf(1), node: identifier(7),
            transactions: [transaction(), transaction(nonce: 3)],
            signingWith: TestKeys.ed25519(9))
    }

    static func header(stateRoot: Digest? = leaf(20)) -> Header {
        Header(
            network: leaf(1), channel: "main", height: 7, timeMs: 8, previous: leaf(21),
            acceptedRoot: leaf(22), acceptedCount: 3, refusedRoot: leaf(23), refusedCount: 1,
            logSize: 44, logRoot: leaf(24), stateWrites: leaf(25), stateRoot: stateRoot,
            ordering: .etcd, batch: leaf(26))
    }

    static func batch() throws -> Batch {
        Batch(timeMs: 5, seal: .now, submissions: [try submission().bytes, [], [1]])
    }

    static func block() throws -> Block {
        Block(
            headerBytes: header().bytes, batchBytes: try batch().bytes,
            refusals: [.init(index: 0, reason: "malformed"), .init(index: 3, reason: "duplicate")])
    }

    static func request(_ signer: SigningKey) throws -> StampedRequest {
        var request = StampedRequest(
            seed: leaf(30), author: identifier(1), notBeforeMs: 5, notAfterMs: 6,
            follows: .init(record: identifier(31), version: 4))
        try request.sign(intents: [leaf(32)], with: signer)
        return request
    }
}
