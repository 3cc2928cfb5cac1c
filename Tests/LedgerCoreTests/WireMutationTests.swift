import FoundationEssentials
import LedgerCore
import TestSupport
import Testing

extension Travelling {
    /// Every decoder of what comes from outside: those of the wire, and those of files and headers.
    static func outside() throws -> [Travelling] {
        let genesis = try Genesis(
            body: Founding.body(), founders: [TestKeys.ed25519(1), TestKeys.ed25519(2)])
        let key = NoteKey(
            name: "member/a", algorithm: .cosignature,
            publicKey: try TestKeys.ed25519(7).publicKey().bytes)
        return try all() + [
            .init(testDescription: "genesis", bytes: genesis.bytes) {
                try Genesis(bytes: $0).bytes
            },
            .init(testDescription: "checkpoint", bytes: Array(try note(key).utf8)) {
                Array(try Checkpoint(note: text($0)).note.utf8)
            },
            .init(testDescription: "note key", bytes: Array(key.text.utf8)) {
                Array(try NoteKey(text: text($0)).text.utf8)
            },
            .init(
                testDescription: "request stamp",
                bytes: Array(try Samples.request(TestKeys.ed25519(1)).header.utf8)
            ) {
                Array(try StampedRequest(header: text($0)).header.utf8)
            },
            .init(
                testDescription: "request stamp below its text",
                bytes: try #require(
                    Base64.decodeURL(try Samples.request(TestKeys.ed25519(1)).header))
            ) {
                let header = try StampedRequest(header: Base64.encodeURL($0)).header
                return try #require(Base64.decodeURL(header))
            },
            .init(testDescription: "proof", bytes: try proof()) {
                ProofFile.bytes(try ProofFile.read($0))
            },
            .init(
                testDescription: "proof under its own digest",
                bytes: try proof().dropLast(Digest.size)
            ) {
                let read = try ProofFile.read($0 + Digest.sha256($0).bytes)
                return ProofFile.bytes(read).dropLast(Digest.size)
            },
        ]
    }

    private static func note(_ key: NoteKey) throws -> String {
        var checkpoint = Checkpoint(
            origin: Checkpoint.origin(network: leaf(1), channel: "main"), size: 42, root: leaf(2))
        checkpoint.signatures = [
            try key.sign(checkpoint, timeSeconds: 1_700_000_000, with: TestKeys.ed25519(7))
        ]
        return checkpoint.note
    }

    /// Bytes that are no text are refused before a decoder of text sees them.
    private static func text(_ bytes: [UInt8]) throws -> String {
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw MalformedBytes("text", .badField)
        }
        return text
    }

    /// A proof with all its fields; what they say is not checked by its decoder.
    private static func proof() throws -> [UInt8] {
        var seal = WireProvenSeal()
        seal.header = Samples.header().bytes.field
        seal.leaf = 43
        seal.path = leaves(3).map(\.bytes.field)
        var transaction = WireProvenTransaction()
        transaction.transaction = try Samples.transaction().bytes.field
        transaction.node = Samples.identifier(7).bytes.field
        transaction.submissionIndex = 1
        transaction.submissionSize = 2
        transaction.submissionPath = [leaf(4).bytes.field]
        transaction.submissionSignature = [UInt8](repeating: 5, count: 64).field
        transaction.leaf = 41
        transaction.path = leaves(6).map(\.bytes.field)
        var proof = WireProof()
        proof.version = ProofFile.version
        proof.genesis = [1, 2, 3].field
        proof.genesisSeal = seal
        proof.membership = [transaction]
        proof.subject = transaction
        proof.seal = seal
        proof.write = 1
        proof.record = Samples.identifier(3).bytes.field
        proof.checkpoint = [4, 5, 6].field
        proof.opening.secret = leaf(7).bytes.field
        proof.opening.content = [7, 8, 9].field
        return ProofFile.bytes(proof)
    }
}

@Suite struct WireMutationTests {
    @Test(arguments: try Travelling.outside()) func everySampleComesBackAsItWent(
        _ item: Travelling
    ) throws {
        #expect(try item.decode(item.bytes) == item.bytes)
    }

    @Test(arguments: try Travelling.outside()) func mutatedBytesAreReadCanonicallyOrRefused(
        _ travelling: Travelling
    ) async throws {
        for await item in Soak.cases(usual: 1_800, long: 150_000, pinned: 11) {
            var random = item.random
            let bytes = random.mutated(travelling.bytes, changesMax: 3)
            guard let again = try? travelling.decode(bytes), again != bytes else { continue }
            Issue.record("\(item): \(travelling.testDescription) \(Hex.encode(bytes))")
        }
    }

    /// Parts of one sample within another: lengths and tags that are right where they came from.
    @Test func splicedBytesAreReadCanonicallyOrRefused() async throws {
        let all = try Travelling.outside()
        for await item in Soak.cases(usual: 3_000, long: 300_000, pinned: 12) {
            var random = item.random
            let travelling = all[item.number % all.count]
            let other = all[Int.random(in: 0..<all.count, using: &random)].bytes
            let from = Int.random(in: 0..<other.count, using: &random)
            let count = Int.random(in: 1...min(64, other.count - from), using: &random)
            var bytes = travelling.bytes
            let start = Int.random(in: 0..<bytes.count, using: &random)
            let end = min(bytes.count, start + (Bool.random(using: &random) ? count : 0))
            bytes.replaceSubrange(start..<end, with: other[from..<from + count])
            guard let again = try? travelling.decode(bytes), again != bytes else { continue }
            Issue.record("\(item): \(travelling.testDescription) \(Hex.encode(bytes))")
        }
    }
}
