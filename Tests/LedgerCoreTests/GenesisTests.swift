import FoundationEssentials
import LedgerCore
import SwiftProtobuf
import Testing

/// A founding body with one member, one node and one administrator.
enum Founding {
    static func body() throws -> WireGenesisBody {
        var body = WireGenesisBody()
        body.version = Genesis.version
        body.name = "test"
        body.createdMs = 1_700_000_000_000
        body.salt = leaf(1).bytes.field
        body.parameters.windowMaxMs = 600_000
        body.parameters.sharing = "relationship"
        body.parameters.roles = ["administrator", "practitioner"]
        var member = WireMemberDescription()
        member.id = Samples.identifier(1).bytes.field
        member.name = "A"
        member.authority = [1, 2, 3].field
        member.checkpointKey = try TestKeys.ed25519(3).publicKey().bytes.field
        body.members = [member]
        var channel = WireChannelDescription()
        channel.name = "main"
        channel.ordering = .local
        channel.members = [member.id]
        body.channels = [channel]
        var node = WireNodeDescription()
        node.id = Samples.identifier(2).bytes.field
        node.member = member.id
        node.stampKey = try TestKeys.ed25519(1).publicKey().wire
        body.nodes = [node]
        var person = WirePersonDescription()
        person.id = Samples.identifier(3).bytes.field
        person.member = member.id
        person.keys = [try TestKeys.ed25519(2).publicKey().wire]
        person.roles = ["administrator"]
        body.people = [person]
        return body
    }
}

@Suite struct GenesisTests {
    private let node: SigningKey
    private let person: SigningKey
    private let genesis: Genesis

    init() throws {
        node = try TestKeys.ed25519(1)
        person = try TestKeys.ed25519(2)
        genesis = try Genesis(body: Founding.body(), founders: [node, person])
    }

    @Test func fileComesBackUnderItsName() throws {
        let read = try Genesis(bytes: genesis.bytes)
        #expect(read.digest == genesis.digest)
        #expect(read.body == genesis.body)
        #expect(read.stamps == genesis.stamps)
        #expect(genesis.digest == Domain.genesis.digest(genesis.bytes))
    }

    @Test func everyFounderMustStampOnceAndNobodyElse() throws {
        let body = try Founding.body()
        let stranger = try TestKeys.ed25519(9)
        for founders in [
            [], [node], [person], [node, person, stranger], [node, stranger],
            [node, person, person],
        ] {
            #expect(throws: StampProblem.self) { try Genesis(body: body, founders: founders) }
        }
        var both = body
        both.people[0].keys.append(try stranger.publicKey().wire)
        #expect(throws: StampProblem.self) { try Genesis(body: both, founders: [node, person]) }
        #expect(throws: Never.self) {
            try Genesis(body: both, founders: [stranger, node, person])
        }
    }

    @Test func everyAlteredByteIsRefusedOrAnotherNetwork() throws {
        var refused = 0
        for position in genesis.bytes.indices {
            var bytes = genesis.bytes
            bytes[position] ^= 0x40
            guard let other = try? Genesis(bytes: bytes) else {
                refused += 1
                continue
            }
            #expect(other.digest != genesis.digest, "byte \(position)")
        }
        // The stamps cover the body, and every part of a stamp is checked.
        #expect(refused == genesis.bytes.count)
    }

    @Test func stampsOfAnotherPurposeDoNotFound() throws {
        var wire = try WireGenesis(serializedBytes: genesis.bytes)
        wire.stamps[0].purpose = .author
        #expect(throws: (any Error).self) { try Genesis(bytes: Wire.encode(wire)) }
    }

    @Test func bodiesThatDoNotFitTogetherAreRefused() throws {
        let stranger = Samples.identifier(77).bytes.field
        let changes: [(inout WireGenesisBody) -> Void] = [
            { $0.version = 2 }, { $0.channels = [] }, { $0.channels[0].name = "Main" },
            { $0.channels.append($0.channels[0]) }, { $0.channels[0].members = [] },
            { $0.channels[0].members = [stranger] }, { $0.channels[0].ordering = .unspecified },
            { $0.members = [] }, { $0.members.append($0.members[0]) },
            { $0.nodes[0].member = stranger }, { $0.people[0].member = stranger },
            { $0.parameters.roles.append("administrator") }, { $0.parameters.roles = ["A b"] },
            { $0.parameters.windowMaxMs = 0 }, { $0.salt = .init() }, { $0.createdMs = .max },
        ]
        for (index, change) in changes.enumerated() {
            var body = try Founding.body()
            change(&body)
            #expect(throws: MalformedBytes.self, "change \(index)") {
                try Genesis(body: body, founders: [node, person])
            }
        }
    }
}
