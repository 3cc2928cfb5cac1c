import CairnClient
import FHIR
import Identity
import LedgerCore
import Testing

/// The node's side of a stamp, done over from the header alone.
@Suite struct StampBuilderTests {
    static let nowMs: UInt64 = 1_800_000_000_000

    static func builder(_ scheme: KeyScheme = .ed25519) throws -> (StampBuilder, Wallet) {
        let wallet = try Wallet(
            network: Fresh.digest(), person: Fresh.identifier(), member: nil, label: "test",
            server: nil, keys: [WalletKey.generate(scheme)])
        return (StampBuilder(wallet: wallet, channel: "main", nowMs: { nowMs }), wallet)
    }

    /// Builds the intents that the header stands for, and checks every stamp on them.
    private func intents(
        _ stamp: StampBuilder.Stamp, _ wallet: Wallet, contents: [(String, Bool)], isBatch: Bool
    ) throws -> [Intent] {
        let request = try StampedRequest(header: stamp.header)
        #expect(request.author == wallet.person)
        #expect(request.notBeforeMs == Self.nowMs - 60_000)
        #expect(request.notAfterMs == Self.nowMs + 240_000)
        let writes = contents.enumerated().map { index, content in
            StampedRequest.Write(
                commitment: Commitment(
                    content: Array(content.0.utf8), secret: request.secret(index)),
                conditional: content.1)
        }
        let groups = isBatch ? writes.map { [$0] } : [writes]
        let intents = groups.enumerated().map { index, writes in
            request.intent(
                network: wallet.network, channel: "main", writes: writes, first: index)
        }
        let ids = intents.map { Intent.id(of: $0.bytes) }
        #expect(ids == stamp.intents)
        let key = try PublicKey(
            scheme: wallet.defaultKey.stampScheme, bytes: wallet.defaultKey.publicKey.bytes)
        let parsed = try ParsedKey(key)
        for (id, stamp) in zip(ids, request.stamps(intents: ids)) {
            #expect(stamp.holds(for: id, key: key, parsed: parsed))
        }
        return intents
    }

    @Test(arguments: KeyScheme.allCases) func singleWriteHoldsUnderTheWalletsKey(
        _ scheme: KeyScheme
    ) throws {
        let (builder, wallet) = try Self.builder(scheme)
        let content = #"{"resourceType":"Patient"}"#
        let stamp = try builder.write(Array(content.utf8)[...], isConditional: true)
        _ = try intents(stamp, wallet, contents: [(content, true)], isBatch: false)
    }

    @Test func updateNamesWhatItFollows() throws {
        let (builder, wallet) = try Self.builder()
        let follows = StampedRequest.Follows(record: Fresh.identifier(), version: 4)
        let stamp = try builder.write(Array("{}".utf8)[...], follows: follows)
        let intent = try intents(stamp, wallet, contents: [("{}", false)], isBatch: false)[0]
        let write = try RecordsCommand.writes(intent.command)[0]
        #expect(write.record == follows.record)
        #expect(write.previous == 4)
    }

    @Test func deletionCommitsToNothing() throws {
        let (builder, wallet) = try Self.builder()
        let follows = StampedRequest.Follows(record: Fresh.identifier(), version: 1)
        let stamp = try builder.deletion(of: follows)
        _ = try intents(stamp, wallet, contents: [("", false)], isBatch: false)
    }

    @Test func contentInPiecesIsTheSameContent() throws {
        let (builder, wallet) = try Self.builder()
        let pending = builder.begin()
        var hasher = Commitment.Hasher(secret: pending.secret)
        for piece in ["ab", "", "c"] { Array(piece.utf8).withUnsafeBytes { hasher.update($0) } }
        let stamp = try pending.finish(hasher.finish())
        _ = try intents(stamp, wallet, contents: [("abc", false)], isBatch: false)
    }

    static func bundle(_ type: String, _ entries: [String]) throws -> BundleReader {
        let text =
            #"{"resourceType":"Bundle","type":"\#(type)","entry":["#
            + entries.joined(separator: ",") + "]}"
        return try BundleReader(try JSONDocument(parsing: text).root)
    }

    static let create =
        #"{"resource": {"resourceType":"Patient" ,"active":true} ,"request":{"method":"POST","url":"Patient"}}"#
    static let conditional =
        #"{"resource":{"resourceType":"Patient"},"request":{"method":"POST","url":"Patient","ifNoneExist":"identifier=x"}}"#
    static let update =
        #"{"resource":{"resourceType":"Patient","id":"a"},"request":{"method":"PUT","url":"Patient/a"}}"#
    static let read = #"{"request":{"method":"GET","url":"Patient/a"}}"#
    static let delete = #"{"request":{"method":"DELETE","url":"Patient/b"}}"#

    private let contents = [
        (#"{"resourceType":"Patient" ,"active":true}"#, false),
        (#"{"resourceType":"Patient"}"#, true),
        (#"{"resourceType":"Patient","id":"a"}"#, false),
    ]

    @Test func transactionIsOneIntentOverExactBytes() throws {
        let (builder, wallet) = try Self.builder()
        let bundle = try Self.bundle(
            "transaction", [Self.create, Self.read, Self.conditional, Self.update])
        let stamp = try #require(try builder.bundle(bundle))
        let intents = try intents(stamp, wallet, contents: contents, isBatch: false)
        let writes = try RecordsCommand.writes(intents[0].command)
        #expect(writes.map(\.conditional) == [false, true, false])
    }

    @Test func batchIsAnIntentForEachWrite() throws {
        let (builder, wallet) = try Self.builder(.p256)
        let bundle = try Self.bundle(
            "batch", [Self.create, Self.conditional, Self.read, Self.update])
        let stamp = try #require(try builder.bundle(bundle))
        let intents = try intents(stamp, wallet, contents: contents, isBatch: true)
        #expect(Set(intents.map(\.nonce)).count == 3)
    }

    @Test func bundlesThatOnlyTheNodeCanStampAreLeftToIt() throws {
        let (builder, _) = try Self.builder()
        for entries in [[Self.read], [Self.create, Self.delete]] {
            let stamp = try builder.bundle(try Self.bundle("batch", entries))
            #expect(stamp == nil)
        }
    }
}
