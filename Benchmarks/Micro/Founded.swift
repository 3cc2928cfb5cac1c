import Contracts
import Crypto
import LedgerCore

/// A network of one member with its genesis applied, in memory.
struct Founded {
    static let timeMs: UInt64 = 1_700_000_000_000

    let network: LedgerCore.Digest
    let execution: Execution
    let tip: LedgerTip
    private let node = fresh()
    private let author = fresh()
    private let nodeKey = SigningKey.ed25519(.init())
    private let authorKey = SigningKey.p256(.init())

    init() throws {
        let genesis = try Founded.genesis(
            node: node, nodeKey: nodeKey, author: author, authorKey: authorKey)
        network = genesis.digest
        let empty = Execution(
            network: genesis.digest, channel: "main", ordering: .local, entry: { _ in nil },
            page: { _ in nil }, isAccepted: { _ in false }, members: { [] })
        let block = try empty.genesis(genesis)
        var entries: [[UInt8]: [UInt8]] = [:]
        for write in block.writes { entries[write.key] = write.value }
        var pages: [[UInt8]: [UInt8]] = [:]
        for page in block.pages { pages[page.name] = page.bytes }
        execution = Execution(
            network: genesis.digest, channel: "main", ordering: .local,
            entry: { [entries] in entries[$0] }, page: { [pages] in pages[$0] },
            isAccepted: { _ in false },
            members: { [entries] in entries.keys.compactMap { StateKey.memberID(inKey: $0) } })
        tip = block.tip
    }

    /// A records intent of one write.
    func intent() throws -> Intent {
        let write = RecordsCommand.Write(
            record: fresh(), previous: 0,
            commitment: Commitment(value: LedgerCore.Digest.sha256(fresh().bytes)))
        return Intent(
            network: network, channel: "main", author: author, notBeforeMs: Founded.timeMs,
            notAfterMs: Founded.timeMs + 300_000, nonce: fresh(),
            contract: Contracts.Name.records.rawValue, contractVersion: Contracts.version,
            command: RecordsCommand.bytes([write]))
    }

    /// Transactions of one write each, with a P-256 stamp each, under the node's signature.
    func submission(_ count: Int) throws -> Submission {
        let transactions = try (0..<count).map { _ in
            let bytes = try intent().bytes
            var attachment = Attachment()
            attachment.writes = [.init(locator: fresh(), paddedSizeBytes: 1_024)]
            let stamp = try EStamp(
                intent: Intent.id(of: bytes), purpose: .author, signingWith: authorKey)
            return try UnverifiedTransaction(
                intentBytes: bytes, stamps: [stamp], attachment: attachment)
        }
        return try Submission(
            network: network, node: node, transactions: transactions, signingWith: nodeKey)
    }

    /// The stamps checked beforehand, as a node does it on all cores.
    func verified(
        _ submission: Submission
    ) throws -> [LedgerCore.Digest: VerifiedTransaction] {
        let key = try authorKey.publicKey()
        let parsed = try ParsedKey(key)
        return try Dictionary(
            uniqueKeysWithValues: submission.transactions.map {
                ($0.digest, try $0.verified { _ in (key, parsed) })
            })
    }

    private static func genesis(
        node: Identifier, nodeKey: SigningKey, author: Identifier, authorKey: SigningKey
    ) throws -> Genesis {
        let memberID = fresh().bytes.field
        var body = WireGenesisBody()
        body.version = Genesis.version
        body.name = "bench"
        body.createdMs = timeMs
        body.salt = LedgerCore.Digest.sha256([1]).bytes.field
        body.parameters.windowMaxMs = 600_000
        body.parameters.roles = Role.allCases.map(\.rawValue).sorted()
        var channel = WireChannelDescription()
        channel.name = "main"
        channel.ordering = .local
        channel.members = [memberID]
        body.channels = [channel]
        var member = WireMemberDescription()
        member.id = memberID
        member.name = "Bench"
        member.authority = [UInt8](arrayLiteral: 1).field
        member.checkpointKey = try SigningKey.ed25519(.init()).publicKey().bytes.field
        body.members = [member]
        var description = WireNodeDescription()
        description.id = node.bytes.field
        description.member = memberID
        description.stampKey = try nodeKey.publicKey().wire
        description.transportKey = try nodeKey.publicKey().wire
        description.sealingKey = [UInt8](repeating: 1, count: 1_216).field
        body.nodes = [description]
        var person = WirePersonDescription()
        person.id = author.bytes.field
        person.member = memberID
        person.keys = [try authorKey.publicKey().wire]
        person.roles = [Role.administrator.rawValue, Role.practitioner.rawValue].sorted()
        body.people = [person]
        return try Genesis(body: body, founders: [nodeKey, authorKey])
    }
}

/// A random identifier.
func fresh() -> Identifier {
    var random = SystemRandomNumberGenerator()
    return Identifier(using: &random)
}
