import FoundationEssentials
import LedgerCore
import Testing

@Suite struct ReceiptTests {
    private let signer: SigningKey
    private let key: PublicKey

    init() throws {
        signer = try TestKeys.ed25519(5)
        key = try signer.publicKey()
    }

    /// Receipts of a block with `accepted` and `refused` transactions.
    private func receipts(accepted: Int, refused: Int) throws -> [WriteReceipt] {
        let acceptedTree = MerkleTree(leaves: leaves(accepted))
        let refusedTree = MerkleTree(
            leaves: (0..<refused).map {
                Block.Refusal.leaf(id: leaf(500 + $0), reason: "duplicate")
            })
        var header = Samples.header()
        header.acceptedCount = accepted
        header.acceptedRoot = acceptedTree.root
        header.refusedCount = refused
        header.refusedRoot = refusedTree.root
        let signature = try signer.sign(
            WriteReceipt.message(block: BlockHash.of(header: header.bytes)))
        func receipt(_ index: Int, _ refusal: String?) -> WriteReceipt {
            WriteReceipt(
                transaction: leaf(500 + index), digest: leaf(index), refused: refusal, index: index,
                path: (refusal == nil ? acceptedTree : refusedTree).path(to: index),
                headerBytes: header.bytes, node: Samples.identifier(2), signature: signature)
        }
        return (0..<accepted).map { receipt($0, nil) }
            + (0..<refused).map { receipt($0, "duplicate") }
    }

    @Test(arguments: [(1, 0), (0, 1), (5, 3), (33, 1)])
    func receiptsOfABlockHold(accepted: Int, refused: Int) throws {
        for receipt in try receipts(accepted: accepted, refused: refused) {
            #expect(receipt.holds(key: key))
            #expect(try WriteReceipt(receipt.wire) == receipt)
            #expect(try !receipt.holds(key: TestKeys.ed25519(6).publicKey()))
        }
    }

    @Test func alteredReceiptsDoNotHold() throws {
        let all = try receipts(accepted: 5, refused: 3)
        let both: [(inout WireWriteReceipt) -> Void] = [
            { $0.index += 1 }, { $0.path[0] = leaf(9).bytes.field }, { $0.path.removeLast() },
            { $0.path.append(leaf(9).bytes.field) }, { $0.signature[0] ^= 1 },
            { $0.header[40] ^= 1 }, { $0.header = .init() },
            { $0.refused = $0.refused.isEmpty ? "duplicate" : "" },
        ]
        let accepted = both + [{ $0.digest = leaf(9).bytes.field }]
        let refused =
            both + [{ $0.transaction = leaf(9).bytes.field }, { $0.refused = "malformed" }]
        for (receipt, changes) in [(all[2], accepted), (all[6], refused)] {
            for (index, change) in changes.enumerated() {
                var wire = receipt.wire
                change(&wire)
                #expect(try !WriteReceipt(wire).holds(key: key), "change \(index)")
            }
        }
    }

    @Test func receiptSpeaksOfOneTransaction() throws {
        let (one, other) = (try Samples.transaction(), try Samples.transaction(nonce: 3))
        let receipt = WriteReceipt(
            transaction: one.id, digest: one.digest, refused: nil, index: 0, path: [],
            headerBytes: [], node: Samples.identifier(2), signature: [])
        #expect(receipt.speaks(of: one))
        #expect(!receipt.speaks(of: other))
        let mixed = WriteReceipt(
            transaction: other.id, digest: one.digest, refused: nil, index: 0, path: [],
            headerBytes: [], node: Samples.identifier(2), signature: [])
        #expect(!mixed.speaks(of: one))
        #expect(!mixed.speaks(of: other))
    }

    @Test(arguments: [UInt32(1), 2]) func proofFileRefusesEveryAlteredByte(
        _ version: UInt32
    ) throws {
        var proof = WireProof()
        proof.version = version
        proof.genesis = [1, 2, 3].field
        if version == 1 { proof.write = 4 } else { proof.state.key = [5].field }
        let bytes = ProofFile.bytes(proof)
        #expect(try ProofFile.read(bytes) == proof)
        for position in bytes.indices {
            var altered = bytes
            altered[position] ^= 1
            #expect(throws: MalformedBytes.self, "byte \(position)") { try ProofFile.read(altered) }
        }
        for cut in 0..<bytes.count {
            #expect(throws: MalformedBytes.self) { try ProofFile.read(Array(bytes[..<cut])) }
        }
        #expect(throws: MalformedBytes.self) { try ProofFile.read(bytes + [0]) }
        // What the other version has, or lacks.
        proof.version = 3 - version
        #expect(throws: MalformedBytes("proof", .badField)) {
            try ProofFile.read(ProofFile.bytes(proof))
        }
        proof.version = ProofFile.version + 1
        #expect(throws: MalformedBytes("proof", .badField)) {
            try ProofFile.read(ProofFile.bytes(proof))
        }
    }

    @Test func headerHashIsDoubleAndCoversEveryField() throws {
        let header = Samples.header()
        let inner = Domain.header.digest(header.bytes)
        #expect(BlockHash.of(header: header.bytes) == Digest.sha256(inner.bytes))
        var hashes: Set<Digest> = [BlockHash.of(header: header.bytes)]
        let changes: [(inout Header) -> Void] = [
            { $0.network = leaf(99) }, { $0.channel = "other" }, { $0.height = 99 },
            { $0.timeMs = 99 }, { $0.previous = leaf(99) }, { $0.acceptedRoot = leaf(99) },
            { $0.acceptedCount = 99 }, { $0.refusedRoot = leaf(99) }, { $0.refusedCount = 99 },
            { $0.logSize = 99 }, { $0.logRoot = leaf(99) }, { $0.stateWrites = leaf(99) },
            { $0.stateRoot = nil }, { $0.stateRoot = leaf(99) }, { $0.ordering = .local },
            { $0.batch = leaf(99) },
        ]
        for change in changes {
            var altered = header
            change(&altered)
            hashes.insert(BlockHash.of(header: altered.bytes))
        }
        #expect(hashes.count == changes.count + 1)
    }

    @Test func stateWritesDigestTellsRemovalEmptyAndBoundariesApart() {
        let sets: [[StateWrite]] = [
            [], [.init(key: [1], value: nil)], [.init(key: [1], value: [])],
            [.init(key: [], value: [1])], [.init(key: [1], value: [2, 3])],
            [.init(key: [1, 2], value: [3])],
            [.init(key: [1], value: [2]), .init(key: [3], value: nil)],
        ]
        #expect(Set(sets.map(StateWrite.digest)).count == sets.count)
    }
}
