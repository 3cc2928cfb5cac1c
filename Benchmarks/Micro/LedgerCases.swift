import Contracts
import Crypto
import LedgerCore

/// What a transaction costs on its way into a block.
enum LedgerCases {
    /// Transactions in the batch that is decoded and applied.
    private static let batchSize = 500

    static func all() throws -> [Case] {
        try intents() + stamps() + trees() + blocks()
    }

    private static func intents() throws -> [Case] {
        let founded = try Founded()
        let intent = try founded.intent()
        let bytes = intent.bytes
        return [
            Case("intent, encode", bytes: bytes.count, bound: .copy(bytes.count)) {
                keep(intent.bytes)
            },
            Case("intent, decode", bytes: bytes.count, bound: .copy(bytes.count)) {
                keep(try Intent(bytes: bytes))
            },
        ]
    }

    private static func stamps() throws -> [Case] {
        let intent = LedgerCore.Digest.sha256([1])
        let keys: [(String, SigningKey)] = [
            ("Ed25519", .ed25519(.init())), ("P-256", .p256(.init())),
            ("ML-DSA-65", .mldsa65(try .init())),
        ]
        return try keys.flatMap { name, signer in
            let stamp = try EStamp(intent: intent, purpose: .author, signingWith: signer)
            let key = try signer.publicKey()
            let parsed = try ParsedKey(key)
            try Expect.that(stamp.holds(for: intent, key: key, parsed: parsed), "\(name) stamp")
            let message = stamp.message(intent: intent)
            return [
                Case("e-stamp, sign \(name)", bound: Library.sign(signer, message)) {
                    keep(try EStamp(intent: intent, purpose: .author, signingWith: signer))
                },
                Case("e-stamp, verify \(name)", bound: try Library.verify(signer, message)) {
                    keep(stamp.holds(for: intent, key: key, parsed: parsed))
                },
            ]
        }
    }

    private static func trees() throws -> [Case] {
        let leaves = (0..<1_000).map { LedgerCore.Digest.sha256(Array("leaf \($0)".utf8)) }
        var log = LogTree()
        for _ in 0..<10 { _ = log.append(leaves) }
        let tree = try StateOfMany(100_000)
        return [
            Case(
                "log tree, append a leaf", operations: leaves.count,
                bound: .sha256(65, times: 2)
            ) { [log] in
                var grown = log
                keep(grown.append(leaves))
            },
            Case(
                "state tree of 100,000, update an entry", operations: 1_000,
                bound: .sha256(90, times: 17)
            ) {
                keep(try tree.change(1_000))
            },
        ]
    }

    private static func blocks() throws -> [Case] {
        let founded = try Founded()
        let submission = try founded.submission(batchSize)
        let bytes = submission.bytes
        let batch = Batch(
            timeMs: Founded.timeMs + 1_000, seal: .none, submissions: [bytes])
        let verified = try founded.verified(submission)
        let apply = {
            try founded.execution.apply(
                batch, submissions: [submission], verified: verified, after: founded.tip)
        }
        let refused = try apply().outcomes.count { $0.refusal != nil }
        try Expect.that(refused == 0, "all transactions are accepted")
        return [
            Case(
                "submission of 500, decode, per transaction", operations: batchSize,
                bytes: bytes.count / batchSize, bound: .sha256(bytes.count / batchSize)
            ) { keep(try Submission(bytes: bytes)) },
            Case(
                "block of 500, apply, per transaction", operations: batchSize,
                bound: .sha256(bytes.count / batchSize)
            ) {
                keep(try apply())
            },
        ]
    }
}

/// A state tree with so many entries, its pages in a dictionary.
struct StateOfMany {
    private var pages: [[UInt8]: [UInt8]] = [:]
    private let count: Int

    init(_ count: Int) throws {
        self.count = count
        var update = StateTreeUpdate(version: 0, read: { _ in nil })
        _ = try update.apply((0..<count).map { StateOfMany.change(of: $0, value: 0) })
        for page in update.pages + update.rootRows { pages[page.name] = page.bytes }
    }

    /// Changes so many entries, spread over all of them; the new root.
    func change(_ changed: Int) throws -> LedgerCore.Digest {
        var update = StateTreeUpdate(version: 1, read: { pages[$0] })
        let step = count / changed
        return try update.apply(
            (0..<changed).map { StateOfMany.change(of: $0 * step, value: 1) })
    }

    private static func change(of number: Int, value: UInt8) -> StateTree.Change {
        StateTree.Change(key: Array("entry \(number)".utf8), value: [value])
    }
}
