import Crypto
import LedgerCore
import SwiftProtobuf
import TestSupport

typealias Attachment = LedgerCore.Attachment
typealias Digest = LedgerCore.Digest
typealias WireState = SwiftProtobuf.Message

func identifier(_ number: UInt64) -> Identifier {
    var generator = SeededGenerator(seed: number)
    return Identifier(using: &generator)
}

func leaf(_ number: Int) -> Digest { Digest.sha256(Array("leaf \(number)".utf8)) }

/// An Ed25519 key that is the same in every run.
func signingKey(_ number: UInt64) throws -> SigningKey {
    .ed25519(try .init(rawRepresentation: Digest.sha256(Array("key \(number)".utf8)).bytes))
}

struct Person {
    let id: Identifier
    let key: SigningKey
    let roles: [String]

    init(_ number: UInt64, roles: [String]) throws {
        id = identifier(number)
        key = try signingKey(number)
        self.roles = roles
    }
}

/// A member with one node, an administrator and two people who write records.
struct House {
    let number: UInt64
    let member: Identifier
    let node: Identifier
    let nodeKey: SigningKey
    let administrator: Person
    let doctor: Person
    let nurse: Person

    init(_ number: UInt64) throws {
        self.number = number
        member = identifier(number * 100)
        node = identifier(number * 100 + 1)
        nodeKey = try signingKey(number * 100 + 1)
        administrator = try Person(number * 100 + 2, roles: ["administrator"])
        doctor = try Person(number * 100 + 3, roles: ["practitioner"])
        nurse = try Person(number * 100 + 4, roles: ["nurse"])
    }

    func memberDescription() throws -> WireMemberDescription {
        var wire = WireMemberDescription()
        wire.id = member.bytes.field
        wire.name = "House \(number)"
        wire.authority = [1, 2, 3].field
        wire.checkpointKey = try signingKey(number * 100 + 50).publicKey().bytes.field
        wire.jurisdiction = "DE"
        return wire
    }

    func nodeDescription() throws -> WireNodeDescription {
        try House.nodeDescription(node, of: member, key: nodeKey)
    }

    static func nodeDescription(
        _ node: Identifier, of member: Identifier, key: SigningKey
    ) throws -> WireNodeDescription {
        var wire = WireNodeDescription()
        wire.id = node.bytes.field
        wire.member = member.bytes.field
        wire.stampKey = try key.publicKey().wire
        wire.transportKey = try key.publicKey().wire
        wire.sealingKey = [UInt8](repeating: 1, count: 1216).field
        return wire
    }

    func description(_ person: Person) throws -> WirePersonDescription {
        var wire = WirePersonDescription()
        wire.id = person.id.bytes.field
        wire.member = member.bytes.field
        wire.keys = [try person.key.publicKey().wire]
        wire.roles = person.roles
        return wire
    }

    func people() throws -> [WirePersonDescription] {
        try [administrator, doctor, nurse].map(description)
    }

    /// A network of this house alone.
    ///
    /// - Parameter contracts: versions that the genesis names; none, as before they could be.
    func genesis(contracts: [WireContractVersion]) throws -> Genesis {
        var body = WireGenesisBody()
        body.version = Genesis.version
        body.name = "test"
        body.createdMs = 1_700_000_000_000
        body.salt = leaf(1).bytes.field
        body.parameters.windowMaxMs = 600_000
        body.parameters.sharing = "relationship"
        body.parameters.roles = [
            "administrator", "auditor", "nurse", "practitioner", "researcher",
        ]
        var channel = WireChannelDescription()
        channel.name = "main"
        channel.ordering = .local
        channel.members = [member.bytes.field]
        body.channels = [channel]
        body.members = [try memberDescription()]
        body.nodes = [try nodeDescription()]
        body.people = try people()
        body.contracts = contracts
        return try Genesis(
            body: body, founders: [nodeKey, administrator.key, doctor.key, nurse.key])
    }
}
