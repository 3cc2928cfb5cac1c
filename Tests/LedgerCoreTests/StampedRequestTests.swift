import Crypto
import FoundationEssentials
import LedgerCore
import SwiftProtobuf
import Testing

private typealias Digest = LedgerCore.Digest

@Suite struct StampedRequestTests {
    private func writes(_ request: StampedRequest, _ contents: [[UInt8]]) -> [StampedRequest.Write]
    {
        contents.enumerated().map {
            .init(
                commitment: Commitment(content: $1, secret: request.secret($0)), conditional: false)
        }
    }

    private func intents(_ request: StampedRequest, _ contents: [[UInt8]]) -> [[UInt8]] {
        writes(request, contents).enumerated().map {
            request.intent(network: leaf(1), channel: "main", writes: [$1], first: $0).bytes
        }
    }

    @Test func authorAndNodeBuildTheSameIntents() throws {
        for signer in try TestKeys.all() {
            var author = StampedRequest(
                seed: leaf(1), author: Samples.identifier(1), notBeforeMs: 5, notAfterMs: 6)
            let contents: [[UInt8]] = [[1], [2], [3]]
            let ids = intents(author, contents).map(Intent.id)
            try author.sign(intents: ids, with: signer)
            let node = try StampedRequest(header: author.header)
            #expect(node == author)
            let built = intents(node, contents).map(Intent.id)
            #expect(built == ids)
            let key = try signer.publicKey()
            let parsed = try ParsedKey(key)
            for (id, stamp) in zip(built, node.stamps(intents: built)) {
                #expect(stamp.holds(for: id, key: key, parsed: parsed))
            }
        }
    }

    @Test func oneIntentIsStampedAlone() throws {
        let signer = try TestKeys.ed25519(1)
        var request = StampedRequest(
            seed: leaf(1), author: Samples.identifier(1), notBeforeMs: 5, notAfterMs: 6)
        let writes = writes(request, [[1], [2]])
        let intent = request.intent(network: leaf(1), channel: "main", writes: writes, first: 0)
        let id = Intent.id(of: intent.bytes)
        try request.sign(intents: [id], with: signer)
        let stamp = try #require(request.stamps(intents: [id]).first)
        let key = try signer.publicKey()
        #expect(stamp.batch == nil)
        #expect(stamp.holds(for: id, key: key, parsed: try ParsedKey(key)))
        let read = try RecordsCommand.writes(intent.command)
        #expect(read.map(\.record) == [request.record(0), request.record(1)])
        #expect(read.map(\.previous) == [0, 0])
    }

    @Test func whateverIsAlteredGivesOtherIntents() throws {
        let contents: [[UInt8]] = [[1], [2]]
        let request = StampedRequest(
            seed: leaf(1), author: Samples.identifier(1), notBeforeMs: 5, notAfterMs: 6)
        let original = intents(request, contents).map(Intent.id)
        let others = [
            (leaf(2), Samples.identifier(1), 5, 6), (leaf(1), Samples.identifier(2), 5, 6),
            (leaf(1), Samples.identifier(1), 4, 6), (leaf(1), Samples.identifier(1), 5, 7),
        ].map {
            StampedRequest(
                seed: $0.0, author: $0.1, notBeforeMs: UInt64($0.2), notAfterMs: UInt64($0.3))
        }
        for other in others {
            #expect(Set(intents(other, contents).map(Intent.id)).isDisjoint(with: original))
        }
        let follows = StampedRequest(
            seed: leaf(1), author: Samples.identifier(1), notBeforeMs: 5, notAfterMs: 6,
            follows: .init(record: request.record(0), version: 1))
        #expect(intents(follows, [[1]]).map(Intent.id) != [original[0]])
        #expect(intents(request, [[1], [9]]).map(Intent.id)[1] != original[1])
    }

    @Test func derivedValuesAreDistinctAndThoseOfHKDF() {
        let request = StampedRequest(
            seed: leaf(1), author: Samples.identifier(1), notBeforeMs: 5, notAfterMs: 6)
        let records = (0..<200).map(request.record)
        let secrets = (0..<200).map(request.secret)
        #expect(Set(records).count == 200)
        #expect(Set(secrets).count == 200)
        // RFC 5869 sections 2.2 and 2.3 by hand: salt of zeros, one block of output.
        let zeros = SymmetricKey(data: [UInt8](repeating: 0, count: 32))
        let prk = HMAC<SHA256>.authenticationCode(for: leaf(1).bytes, using: zeros)
        let info = Array("cairn/v1/request-stamp".utf8) + [0, 3, 0, 0, 0, 7]
        let block = HMAC<SHA256>.authenticationCode(
            for: info + [1], using: SymmetricKey(data: Array(prk)))
        #expect(secrets[7].bytes == Array(block))
    }

    @Test func headerIsReadStrictly() throws {
        let header = try Samples.request(TestKeys.ed25519(1)).header
        #expect(try StampedRequest(header: header).header == header)
        let wire = try WireRequestStamp(serializedBytes: #require(Base64.decodeURL(header)))
        let changes: [(inout WireRequestStamp) -> Void] = [
            { $0.seed.removeLast() }, { $0.author = .init() }, { $0.scheme = .webauthn },
            { $0.scheme = .unspecified }, { $0.signature.removeLast() }, { $0.key.append(1) },
            { $0.notBeforeMs = $0.notAfterMs + 1 }, { $0.previous = 0 }, { $0.record = .init() },
            { $0.record.append(1) },
        ]
        for (index, change) in changes.enumerated() {
            var altered = wire
            change(&altered)
            #expect(throws: MalformedBytes.self, "change \(index)") {
                try StampedRequest(header: Base64.encodeURL(Wire.encode(altered)))
            }
        }
        for text in ["", "=", header + "=", header + "A", String(repeating: "A", count: 9000)] {
            #expect(throws: MalformedBytes.self) { try StampedRequest(header: text) }
        }
    }
}
