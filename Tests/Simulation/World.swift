import Contracts
import Crypto
import Identity
import LedgerCore
import SwiftProtobuf
import TestSupport

@testable import Node

import struct LedgerCore.Attachment
import struct LedgerCore.Digest

/// What all seeds share, made once: a network of one member, its people, and transactions that are
/// stamped beforehand, so that a seed costs few signatures. Every value is the same in every run.
struct World: Sendable {
    let genesis: Genesis
    let identity: NodeIdentity
    let node: Identifier
    let nodeKey: SigningKey
    let transactions: [Prepared]
    /// Where they lie among `transactions`: by record, then by version, then rivals.
    let versions: [[[Int]]]
    /// Those that a later transaction may repeat: nothing but their id keeps them from being
    /// accepted twice.
    let repeatable: [[Int]]
    /// About people, in order.
    let people: [Int]
    let verified: [Digest: VerifiedTransaction]
    let byDigest: [Digest: Int]
    let byID: [Digest: UnverifiedTransaction]

    static let channel = "main"
    static let startMs: UInt64 = 1_700_000_000_000
    static let windowMs: UInt64 = 600_000
    private static let records = 5
    private static let versionsEach = 7

    /// A stamped transaction and what its writes commit to.
    struct Prepared: Sendable {
        let transaction: UnverifiedTransaction
        let contents: [(locator: Identifier, content: [UInt8])]
    }

    init() throws {
        var build = try WorldBuilder()
        for record in 0..<World.records {
            for version in 0..<World.versionsEach { try build.write(record, version) }
            for round in 0..<2 { try build.satisfied(record, round) }
        }
        try build.peopleStory()
        genesis = build.genesis
        node = build.node.id
        nodeKey = build.node.key
        transactions = build.made
        versions = build.versions
        repeatable = build.repeatable
        people = build.people
        identity = NodeIdentity(
            genesis: genesis, node: build.node.id, member: build.member,
            keys: try NodeKeys.generate(), authority: [1, 2, 3], membership: nil)
        let keys = build.keys
        var verified = [Digest: VerifiedTransaction]()
        var byDigest = [Digest: Int]()
        for (index, prepared) in transactions.enumerated() {
            let transaction = prepared.transaction
            byDigest[transaction.digest] = index
            verified[transaction.digest] = try transaction.verified { keys[$0] }
        }
        self.verified = verified
        self.byDigest = byDigest
        byID = Dictionary(
            uniqueKeysWithValues: transactions.map { ($0.transaction.id, $0.transaction) })
    }
}

/// Makes the transactions one after the other.
struct WorldBuilder {
    struct Actor {
        let id: Identifier
        let key: SigningKey
    }

    let genesis: Genesis
    let member: Identifier
    let node: Actor
    let administrator: Actor
    let doctor: Actor
    let nurse: Actor
    let locum: Actor
    private(set) var made: [World.Prepared] = []
    private(set) var versions: [[[Int]]] = []
    private(set) var repeatable: [[Int]] = []
    private(set) var people: [Int] = []
    private(set) var keys: [Digest: (PublicKey, ParsedKey)] = [:]
    private var random = SeededGenerator(seed: 0x5ee_d000)

    init() throws {
        var random = SeededGenerator(seed: 0x5ee_d0ff)
        func actor() throws -> Actor {
            Actor(
                id: Identifier(using: &random),
                key: .ed25519(try .init(rawRepresentation: random.bytes(32))))
        }
        member = Identifier(using: &random)
        node = try actor()
        administrator = try actor()
        doctor = try actor()
        nurse = try actor()
        locum = try actor()
        let founders = [
            (administrator, ["administrator"]), (doctor, ["practitioner"]), (nurse, ["nurse"]),
        ]
        genesis = try WorldBuilder.found(member, node, founders)
        for actor in [administrator, doctor, nurse, locum] {
            let key = try actor.key.publicKey()
            keys[key.id] = (key, try ParsedKey(key))
        }
    }

    private static func found(
        _ member: Identifier, _ node: Actor, _ people: [(Actor, [String])]
    ) throws -> Genesis {
        var body = WireGenesisBody()
        body.version = Genesis.version
        body.name = "simulation"
        body.createdMs = World.startMs
        body.salt = Digest.sha256([1]).bytes.field
        body.parameters.windowMaxMs = World.windowMs
        body.parameters.sharing = "relationship"
        body.parameters.roles = ["administrator", "nurse", "practitioner"]
        var channel = WireChannelDescription()
        channel.name = World.channel
        channel.ordering = .local
        channel.members = [member.bytes.field]
        body.channels = [channel]
        var description = WireMemberDescription()
        description.id = member.bytes.field
        description.name = "House"
        description.authority = [1, 2, 3].field
        description.checkpointKey = try node.key.publicKey().bytes.field
        description.jurisdiction = "DE"
        body.members = [description]
        var wire = WireNodeDescription()
        wire.id = node.id.bytes.field
        wire.member = member.bytes.field
        wire.stampKey = try node.key.publicKey().wire
        wire.transportKey = try node.key.publicKey().wire
        wire.sealingKey = [UInt8](repeating: 1, count: 1216).field
        body.nodes = [wire]
        body.people = try people.map { try person($0.0, $0.1, of: member) }
        return try Genesis(body: body, founders: [node.key] + people.map(\.0.key))
    }

    private static func person(
        _ actor: Actor, _ roles: [String], of member: Identifier
    ) throws -> WirePersonDescription {
        var wire = WirePersonDescription()
        wire.id = actor.id.bytes.field
        wire.member = member.bytes.field
        wire.keys = [try actor.key.publicKey().wire]
        wire.roles = roles
        return wire
    }

    /// Two rivals for one version of a record. Some carry a claim, some release one, some write a
    /// second record too.
    mutating func write(_ record: Int, _ version: Int) throws {
        if version == 0 { versions.append([]) }
        var rivals = [Int]()
        for rival in 0..<2 {
            var writes = [write(recordID(record), after: version)]
            if rival == 1, version == 0 {
                writes.append(write(recordID(1_000 + record), after: 0))
            }
            var attachment = Attachment()
            let claim = Digest.sha256([UInt8(record)])
            if record % 2 == 0, version == 0 {
                attachment.claims = [.init(id: claim, kind: .name, write: 0)]
            }
            if record % 2 == 0, version == 2 { attachment.released = [claim] }
            let author = rival == 0 ? doctor : record % 3 == 0 ? locum : nurse
            rivals.append(
                try records(writes, attachment, by: author, window: (record + version) % 3))
        }
        versions[record].append(rivals)
    }

    /// A conditional create that an existing record satisfies: it writes nothing, so that nothing
    /// in the state stands against a second one.
    mutating func satisfied(_ record: Int, _ round: Int) throws {
        if round == 0 { repeatable.append([]) }
        var attachment = Attachment()
        attachment.writes = [
            .init(locator: draw(), paddedSizeBytes: 0, satisfiedBy: recordID(record))
        ]
        let command = RecordsCommand.Write(
            record: draw(), previous: 0, commitment: .init(value: Digest.sha256([2])),
            conditional: true)
        let index = try add(
            "records", RecordsCommand.bytes([command]), attachment, by: doctor, window: 0,
            contents: [])
        repeatable[record].append(index)
    }

    /// A locum comes, loses a role and the key.
    mutating func peopleStory() throws {
        var enrol = WirePeopleCommand()
        enrol.enrol.person = try WorldBuilder.person(locum, ["practitioner"], of: member)
        var grant = WirePeopleCommand()
        grant.grantRole.person = nurse.id.bytes.field
        grant.grantRole.role = "practitioner"
        var take = WirePeopleCommand()
        take.revokeRole.person = nurse.id.bytes.field
        take.revokeRole.role = "practitioner"
        var revoke = WirePeopleCommand()
        revoke.revokeKey.person = locum.id.bytes.field
        revoke.revokeKey.key = try locum.key.publicKey().id.bytes.field
        for command in [enrol, grant, take, revoke] {
            people.append(
                try add(
                    "people", Wire.encode(command), Attachment(), by: administrator, window: 0,
                    contents: []))
        }
    }

    private func recordID(_ number: Int) -> Identifier {
        var random = SeededGenerator(seed: UInt64(number))
        return Identifier(using: &random)
    }

    private mutating func draw() -> Identifier { Identifier(using: &random) }

    private func write(_ record: Identifier, after previous: Int) -> RecordsCommand.Write {
        .init(
            record: record, previous: UInt32(previous),
            commitment: .init(value: Digest.sha256(record.bytes)))
    }

    private mutating func records(
        _ writes: [RecordsCommand.Write], _ attachment: Attachment, by author: Actor, window: Int
    ) throws -> Int {
        var attachment = attachment
        var contents = [(locator: Identifier, content: [UInt8])]()
        for _ in writes {
            let locator = draw()
            let content = random.bytes(Int.random(in: 1...700, using: &random))
            contents.append((locator, content))
            attachment.writes.append(
                .init(locator: locator, paddedSizeBytes: UInt64(content.count)))
        }
        return try add(
            "records", RecordsCommand.bytes(writes), attachment, by: author, window: window,
            contents: contents)
    }

    private mutating func add(
        _ contract: String, _ command: [UInt8], _ attachment: Attachment, by author: Actor,
        window: Int, contents: [(locator: Identifier, content: [UInt8])]
    ) throws -> Int {
        let start = World.startMs
        let intent = Intent(
            network: genesis.digest, channel: World.channel, author: author.id,
            notBeforeMs: start, notAfterMs: start + World.windowMs * UInt64(3 - window) / 3,
            nonce: draw(),
            contract: contract, contractVersion: 1, command: command
        ).bytes
        let stamp = try EStamp(
            intent: Intent.id(of: intent), purpose: .author, signingWith: author.key)
        let transaction = try UnverifiedTransaction(
            intentBytes: intent, stamps: [stamp], attachment: attachment)
        made.append(World.Prepared(transaction: transaction, contents: contents))
        return made.count - 1
    }
}
