import Crypto
import LedgerCore
import Testing

@Suite struct CommitmentTests {
    @Test func commitmentIsHMACOverDomainAndContent() throws {
        let secret = LedgerCore.Digest.sha256([1])
        let content = Array("a record".utf8)
        var direct = HMAC<SHA256>(key: SymmetricKey(data: secret.bytes))
        direct.update(data: Array("cairn/v1/commitment".utf8) + [0])
        direct.update(data: content)
        let expected = Array(direct.finalize())
        #expect(Commitment(content: content, secret: secret).value.bytes == expected)
    }

    @Test func piecesCommitLikeTheWhole() {
        let secret = LedgerCore.Digest.sha256([2])
        let content = (0..<1000).map { UInt8(truncatingIfNeeded: $0) }
        for size in [1, 7, 64, 999, 1000] {
            var hasher = Commitment.Hasher(secret: secret)
            for start in stride(from: 0, to: content.count, by: size) {
                let piece = Array(content[start..<min(start + size, content.count)])
                piece.withUnsafeBytes { hasher.update($0) }
            }
            #expect(hasher.finish() == Commitment(content: content, secret: secret))
        }
    }

    @Test func anotherSecretOrContentCommitsElsewhere() {
        let secret = LedgerCore.Digest.sha256([3])
        let commitment = Commitment(content: [1], secret: secret)
        #expect(Commitment(content: [2], secret: secret) != commitment)
        #expect(Commitment(content: [1], secret: .sha256([4])) != commitment)
        #expect(Commitment(content: [], secret: secret) != commitment)
    }

    @Test func domainsArePrefixFree() {
        let domains: [Domain] = [
            .genesis, .genesisBody, .intent, .transaction, .batch, .header, .refusal, .stamp,
            .stampBatch, .submission, .receipt, .publicKey, .stateKey, .stateLeaf, .stateNode,
            .stateWrites, .commitment, .claim, .requestStamp, .packKey, .segmentKey, .sidecarKey,
            .slotKey, .keyring, .fragment, .catalogue,
        ]
        for (index, left) in domains.enumerated() {
            for (other, right) in domains.enumerated() where index != other {
                #expect(!left.prefix.starts(with: right.prefix))
            }
        }
    }
}
