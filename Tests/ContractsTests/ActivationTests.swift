import Contracts
import LedgerCore
import Testing

@Suite struct ActivationTests {
    @Test func newLedgerRunsAllThatThisProgramHas() throws {
        let stage = try Stage()
        let all = ContractVersions.present.map { "\($0.contract) \($0.oldest)-\($0.version)" }
        #expect(try stage.running() == all)
        #expect(all.contains("people 1-2"))
        #expect(try stage.roll() == [stage.home.member])
        try stage.accept(stage.attribute("icu"))
        let guest = try stage.guest()
        #expect(try stage.roll() == [stage.home.member, guest.member].sorted())
    }

    /// A ledger from before: refuses what it always refused until an activation, then runs it.
    @Test func olderLedgerBeginsVersionsAtAHeight() throws {
        let stage = try Stage(contracts: [])
        let guest = try stage.guest()
        let intent = stage.waiting(
            PeopleCommands.grant("auditor", to: stage.home.nurse.id), by: stage.home.administrator)
        func refused() throws -> [RefusalReason?] {
            [
                try stage.submit(stage.attribute("icu")),
                try stage.submit(stage.propose(intent, by: stage.home.administrator)),
                try stage.handOver {
                    try Stage.chain($0, [stage.home.doctor.key, stage.home.nurse.key])
                },
            ]
        }
        #expect(try refused() == [.unknownContract, .unknownContract, .unknownContract])
        #expect(try stage.table() == nil)
        #expect(try stage.roll() == nil)

        let height = stage.next + 6
        let both = [stage.home.administrator, guest.administrator]
        try stage.accept(stage.versions(VersionCommands.all(at: height), by: both))
        #expect(try stage.running() == ["members 1-1", "people 1-1", "records 1-1"])
        #expect(try refused() == [.versionNotActive, .unknownContract, .versionNotActive])
        #expect(stage.next < height)
        #expect(try stage.roll() == nil)
        try stage.wait(for: height)

        // In the first block of that height the versions hold, and the migration is part of it.
        let block = try stage.ledger.apply([stage.submission([stage.attribute("icu")])])
        #expect(block.header.height == height)
        #expect(block.outcomes.map(\.refusal) == [nil])
        #expect(block.writes.contains { $0.key == StateKey.roll.bytes })
        #expect(block.header.stateWrites == StateWrite.digest(of: block.writes))
        #expect(try stage.roll() == [stage.home.member, guest.member].sorted())
        #expect(try stage.table()?.hasPending == false)
        #expect(try stage.table()?.begun == [height])
        try stage.accept(stage.propose(intent, by: stage.home.administrator))
        #expect(
            try stage.handOver {
                try Stage.chain($0, [stage.home.doctor.key, stage.home.nurse.key])
            } == nil)
        #expect(
            try stage.ledger.rebuiltRoot()
                == StateTree.root(read: { stage.ledger.pages[$0] }).hash)
    }

    @Test func membersAloneActivatesAlone() throws {
        let stage = try Stage(contracts: [])
        try stage.accept(stage.versions(VersionCommands.all(at: stage.next + 1)))
        try stage.accept(stage.attribute("icu"))
    }

    /// On a ledger without versions, what does not begin them is refused as it was before.
    @Test func olderLedgerKeepsItsReasons() throws {
        let stage = try Stage(contracts: [])
        let guest = try stage.guest()
        let height = stage.next + 50
        func reason(
            _ command: WireMembersCommand, by people: [Person]? = nil
        ) throws -> RefusalReason? {
            try stage.submit(
                stage.versions(
                    command, by: people ?? [stage.home.administrator, guest.administrator]))
        }
        // One of two, no administrator, a pause, a plain command, and versions without members 2.
        #expect(
            try reason(VersionCommands.all(at: height), by: [stage.home.administrator])
                == .unknownContract)
        #expect(
            try reason(VersionCommands.all(at: height), by: [stage.home.doctor])
                == .unknownContract)
        #expect(try reason(VersionCommands.pause("records")) == .unknownContract)
        #expect(try reason(NodeCommands.retire(identifier(9))) == .unknownContract)
        #expect(
            try reason(
                VersionCommands.activate([VersionCommands.version("people", 2)], at: height))
                == .unknownContract)
        #expect(try reason(VersionCommands.cancel(height)) == .unknownContract)
        #expect(try reason(VersionCommands.all(at: 1)) == .unknownContract)
        #expect(try stage.table() == nil)
        // Once one waits, reasons are plain, and it can be taken back.
        try #require(try reason(VersionCommands.all(at: height)) == nil)
        #expect(try reason(VersionCommands.all(at: height)) == .activationWaits)
        #expect(try reason(VersionCommands.cancel(height + 1)) == .unknownSubject)
        #expect(try reason(VersionCommands.pause("records")) == .versionNotActive)
        #expect(
            try reason(VersionCommands.cancel(height), by: [stage.home.administrator])
                == .policyNotMet)
        #expect(try reason(VersionCommands.cancel(height)) == nil)
        try stage.wait(for: height + 1)
        #expect(try stage.submit(stage.attribute("icu")) == .versionNotActive)
    }

    /// The majority decides by a proposal where approvals run.
    @Test func majorityActivatesByAProposal() throws {
        let stage = try Stage()
        let guest = try stage.guest()
        let height = stage.next + 6
        var intent = stage.intent(
            stage.home.administrator.id, "members",
            Wire.encode(
                VersionCommands.activate(
                    [VersionCommands.version("people", 2, oldest: 2)], at: height)), version: 2)
        intent.notAfterMs += 3_600_000
        try stage.accept(stage.propose(intent, by: stage.home.administrator))
        #expect(try stage.proposal(intent)?.standing == .pending)
        #expect(try stage.submit(stage.approve(intent, by: stage.home.doctor)) == .stampNotAllowed)
        try stage.accept(stage.approve(intent, by: guest.administrator), by: guest)
        #expect(try stage.proposal(intent)?.standing == .run)
        #expect(try stage.table()?.pending.height == height)
        func old() throws -> UnverifiedTransaction {
            try stage.people(
                PeopleCommands.grant("auditor", to: stage.home.doctor.id),
                by: stage.home.administrator)
        }
        try stage.accept(old())
        try stage.wait(for: height)
        // What is retired is refused, here and where it was proposed before.
        #expect(try stage.submit(old()) == .versionNotActive)
        #expect(try stage.running().contains("people 2-2"))
        try stage.accept(stage.attribute("icu"))
    }

    /// A version that no program has: accepted as any other, and the block of its height is not
    /// made.
    @Test func versionThatThisProgramLacksStopsIt() throws {
        let stage = try Stage()
        let height = stage.next + 2
        let versions = [VersionCommands.version("people", 7), VersionCommands.version("votes", 3)]
        try stage.accept(
            stage.versions(VersionCommands.activate(versions, at: height, release: "7.1.0")))
        try stage.accept(stage.attribute("icu"))
        #expect(stage.next == height)
        let before = (stage.ledger.entries, stage.ledger.tip.hash)
        let problem = #expect(throws: LackedVersion.self) { try stage.ledger.apply([]) }
        #expect(problem?.contract == "people")
        #expect(problem?.version == 7)
        #expect(
            problem?.message
                == "version 7 of the contract people is not in this program; Cairn 7.1.0 has it")
        #expect(stage.ledger.entries == before.0)
        #expect(stage.ledger.tip.hash == before.1)
        let overlay = StateOverlay(base: { stage.ledger.entries[$0] }, members: { [] })
        #expect(try ContractVersions.lacked(at: height - 1, overlay) == nil)
        #expect(try ContractVersions.lacked(at: height, overlay) == problem)
    }

    @Test func activationTakenBackIsNoMatter() throws {
        let stage = try Stage()
        let height = stage.next + 6
        try stage.accept(
            stage.versions(
                VersionCommands.activate([VersionCommands.version("votes", 3)], at: height)))
        try stage.accept(stage.versions(VersionCommands.cancel(height)))
        try stage.wait(for: height + 2)
        #expect(try stage.table()?.begun == [])
    }

    @Test func genesisThatNamesWhatIsNotThereFoundsNothing() throws {
        #expect(throws: LackedVersion.self) {
            try Stage(contracts: [VersionCommands.version("votes", 1)])
        }
        #expect(throws: Refusal(.malformed)) {
            try Stage(contracts: [
                VersionCommands.version("people", 1), VersionCommands.version("members", 2),
            ])
        }
    }
}

@Suite struct PauseTests {
    @Test func oneContractStopsAndTheRestGoesOn() throws {
        let stage = try Stage()
        let intent = try stage.pending()
        try stage.accept(stage.versions(VersionCommands.pause("people")))
        // From the next transaction on, in the same block too.
        let grant = try stage.people(
            PeopleCommands.grant("researcher", to: stage.home.nurse.id),
            by: stage.home.administrator)
        #expect(try stage.submit(grant) == .contractPaused)
        try stage.accept(stage.records([stage.write(stage.draw())], by: stage.home.doctor))
        let guest = try stage.guest()
        // What was proposed before waits, and can be refused.
        #expect(try stage.submit(stage.approve(intent, by: stage.home.doctor)) == .contractPaused)
        let resume = try stage.versions(
            VersionCommands.resume("people"),
            by: [stage.home.administrator, guest.administrator])
        #expect(try stage.submit([resume, grant]) == [nil, nil])
        try stage.accept(stage.approve(intent, by: stage.home.doctor))
        #expect(try stage.proposal(intent)?.standing == .run)
    }

    @Test func aProposalAboutAPausedContractCanBeRefused() throws {
        let stage = try Stage()
        let intent = try stage.pending()
        try stage.accept(stage.versions(VersionCommands.pause("people")))
        try stage.accept(stage.refuse(intent, by: stage.home.doctor))
        #expect(try stage.proposal(intent)?.standing == .refused)
    }

    /// An activation leaves a pause as it is.
    @Test func pauseOutlivesAnActivation() throws {
        let stage = try Stage()
        try stage.accept(stage.versions(VersionCommands.pause("people")))
        let height = stage.next + 1
        try stage.accept(
            stage.versions(
                VersionCommands.activate(
                    [VersionCommands.version("people", 2, oldest: 2)], at: height)))
        #expect(try stage.submit(stage.attribute("icu")) == .contractPaused)
    }
}
