import Contracts
import LedgerCore
import Testing

@Suite struct DirectoryTests {
    @Test func genesisFoundsMemberNodePeopleAndKeys() throws {
        let stage = try Stage()
        let home = stage.home
        let member = try #require(
            try stage.ledger.state(.member(home.member), as: WireMemberState.self))
        #expect(member.administrators == 1)
        #expect(member.description_p == (try home.memberDescription()))
        #expect(try stage.ledger.state(.node(home.node), as: WireNodeState.self)?.retired == false)
        for person in [home.administrator, home.doctor, home.nurse] {
            let state = try stage.ledger.state(.person(person.id), as: WirePersonState.self)
            #expect(state?.roles == person.roles)
            let key = try stage.ledger.state(
                .key(person.key.publicKey().id), as: WireKeyState.self)
            #expect(key.flatMap { Identifier($0.person) } == person.id)
        }
    }

    @Test func channelHoldsItsOwnMembersAlone() throws {
        let (home, away) = (try House(1), try House(2))
        var body = try home.genesis(contracts: []).body
        body.members.append(try away.memberDescription())
        body.nodes.append(try away.nodeDescription())
        body.people += try away.people()
        var channel = body.channels[0]
        channel.name = "private"
        channel.members = [away.member.bytes.field]
        body.channels.append(channel)
        let founders = [home, away].flatMap {
            [$0.nodeKey, $0.administrator.key, $0.doctor.key, $0.nurse.key]
        }
        let ledger = try MemoryLedger(Genesis(body: body, founders: founders))
        #expect(try ledger.state(.member(home.member), as: WireMemberState.self) != nil)
        #expect(try ledger.state(.member(away.member), as: WireMemberState.self) == nil)
        #expect(try ledger.state(.node(away.node), as: WireNodeState.self) == nil)
        var state = StateOverlay.empty
        #expect(throws: Refusal(.wrongChannel)) {
            try Directory.found(ledger.genesis, channel: "nowhere", state: &state)
        }
    }

    @Test func admittedMemberActsForItself() throws {
        let stage = try Stage()
        let guest = try stage.guest()
        let record = stage.draw()
        try stage.accept(stage.records([stage.write(record)], by: guest.doctor), by: guest)
        let state = try stage.ledger.state(.record(record), as: WireRecordState.self)
        #expect(state.flatMap { Identifier($0.custodian) } == guest.member)
        try stage.accept(
            stage.people(
                PeopleCommands.grant("administrator", to: guest.nurse.id), by: guest.administrator),
            by: guest)
        try stage.accept(
            stage.people(
                PeopleCommands.revoke("administrator", of: guest.administrator.id),
                by: guest.nurse),
            by: guest)
        let member = try stage.ledger.state(.member(guest.member), as: WireMemberState.self)
        #expect(member?.administrators == 1)
    }

    @Test func newNodeSubmitsUntilItIsRetired() throws {
        let stage = try Stage()
        let node = identifier(700)
        let key = try signingKey(700)
        func attempt() throws -> RefusalReason? {
            let one = try stage.records([stage.write(stage.draw())], by: stage.home.doctor)
            let submission = try Submission(
                network: stage.ledger.genesis.digest, node: node, transactions: [one],
                signingWith: key)
            return try stage.ledger.apply([submission]).outcomes[0].refusal
        }
        #expect(try attempt() == .unknownNode)
        try stage.accept(
            stage.members(
                NodeCommands.add(House.nodeDescription(node, of: stage.home.member, key: key)),
                by: stage.home.administrator))
        #expect(try attempt() == nil)
        try stage.accept(
            stage.members(NodeCommands.retire(node), by: stage.home.administrator))
        #expect(try attempt() == .unknownNode)
    }

    @Test func rolesOpenAndCloseWhatTheyAllow() throws {
        let stage = try Stage()
        let person = try Person(500, roles: [])
        let enrol = try stage.home.description(person)
        try stage.accept(stage.people(PeopleCommands.enrol(enrol), by: stage.home.administrator))
        func write() throws -> RefusalReason? {
            try stage.submit(stage.records([stage.write(stage.draw())], by: person))
        }
        #expect(try write() == .policyNotMet)
        try stage.accept(
            stage.people(
                PeopleCommands.grant("practitioner", to: person.id), by: stage.home.administrator))
        #expect(try write() == nil)
        try stage.accept(
            stage.people(
                PeopleCommands.revoke("practitioner", of: person.id), by: stage.home.administrator))
        #expect(try write() == .policyNotMet)
    }

    @Test func secondKeyWorksAfterTheFirstIsRevoked() throws {
        let stage = try Stage()
        let key = try signingKey(800)
        let doctor = stage.home.doctor
        try stage.accept(
            stage.people(PeopleCommands.addKey(key, to: doctor.id), by: stage.home.administrator))
        try stage.accept(
            stage.people(
                PeopleCommands.revokeKey(doctor.key, of: doctor.id), by: stage.home.administrator))
        let state = try stage.ledger.state(.person(doctor.id), as: WirePersonState.self)
        #expect(try state?.keys == [key.publicKey().id.bytes.field])
        try stage.accept(
            stage.records(
                [stage.write(stage.draw())], author: doctor, stamps: [(.author, key)]))
    }

    @Test func administratorsAreCountedByWhoCanAct() throws {
        let stage = try Stage()
        let (administrator, nurse) = (stage.home.administrator, stage.home.nurse)
        func administrators() throws -> UInt32? {
            try stage.ledger.state(.member(stage.home.member), as: WireMemberState.self)?
                .administrators
        }
        func act(_ command: WirePeopleCommand, by person: Person) throws -> RefusalReason? {
            try stage.submit(stage.people(command, by: person))
        }
        #expect(
            try act(PeopleCommands.grant("administrator", to: nurse.id), by: administrator) == nil)
        #expect(try administrators() == 2)
        let revokeNurse = try PeopleCommands.revokeKey(nurse.key, of: nurse.id)
        #expect(try act(revokeNurse, by: administrator) == nil)
        #expect(try administrators() == 1)
        let resign = PeopleCommands.revoke("administrator", of: administrator.id)
        #expect(try act(resign, by: administrator) == .lastAdministrator)
        let again = try PeopleCommands.addKey(signingKey(900), to: nurse.id)
        #expect(try act(again, by: administrator) == nil)
        #expect(try administrators() == 2)
        #expect(try act(resign, by: administrator) == nil)
        #expect(try administrators() == 1)
    }
}
