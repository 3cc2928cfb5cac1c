import Contracts
import LedgerCore
import Testing

@Suite struct ApprovalsTests {
    private static let grant = "auditor"

    @Test func whatWaitedRunsInTheBlockOfTheLastStamp() throws {
        let stage = try Stage()
        let guest = try stage.guest()
        let home = stage.home
        let intent = stage.waiting(
            PeopleCommands.grant("auditor", to: home.nurse.id), by: home.administrator)
        let policy = SignaturePolicy.outOf(
            2,
            [.role(.practitioner, at: home.member), .member(guest.member), .person(home.nurse.id)])
        try stage.accept(stage.propose(intent, policy, by: home.administrator))
        #expect(try stage.proposal(intent)?.standing == .pending)
        #expect(try stage.roles(home.nurse) == ["nurse"])
        try stage.accept(stage.approve(intent, by: home.doctor))
        #expect(try stage.roles(home.nurse) == ["nurse"])
        let last = try stage.approve(intent, by: guest.nurse)
        try stage.accept(last, by: guest)
        #expect(try stage.roles(home.nurse) == ["auditor", "nurse"])
        let decided = try #require(try stage.proposal(intent))
        #expect(decided.standing == .run)
        #expect(Digest(decided.decided) == last.id)
        #expect(decided.intent.isEmpty)
        #expect(decided.stamps.count == 3)
    }

    @Test func withoutAPolicyTheCommandsOwnIsEnough() throws {
        let stage = try Stage()
        let own = stage.waiting(
            PeopleCommands.grant("auditor", to: stage.home.nurse.id), by: stage.home.doctor)
        // A doctor may ask; the administrator decides.
        try stage.accept(stage.propose(own, by: stage.home.doctor))
        #expect(try stage.roles(stage.home.nurse) == ["nurse"])
        try stage.accept(stage.approve(own, by: stage.home.administrator))
        #expect(try stage.roles(stage.home.nurse) == ["auditor", "nurse"])
        let alone = stage.waiting(
            PeopleCommands.revoke("auditor", of: stage.home.nurse.id), by: stage.home.administrator)
        try stage.accept(stage.propose(alone, by: stage.home.administrator))
        #expect(try stage.proposal(alone)?.standing == .run)
        #expect(try stage.roles(stage.home.nurse) == ["nurse"])
    }

    /// A proposal's policy asks for more than the command does, never for less.
    @Test func policyOfAProposalDoesNotReplaceTheCommands() throws {
        let stage = try Stage()
        let intent = stage.waiting(
            PeopleCommands.grant("administrator", to: stage.home.doctor.id), by: stage.home.doctor)
        try stage.accept(
            stage.propose(intent, .person(stage.home.doctor.id), by: stage.home.doctor))
        #expect(try stage.proposal(intent)?.standing == .pending)
        #expect(try stage.roles(stage.home.doctor) == ["practitioner"])
        try stage.accept(stage.approve(intent, by: stage.home.administrator))
        #expect(try stage.roles(stage.home.doctor) == ["administrator", "practitioner"])
    }

    @Test func siblingsOfTheProposalCountAtOnce() throws {
        let stage = try Stage()
        let home = stage.home
        let intent = stage.waiting(
            PeopleCommands.grant("auditor", to: home.nurse.id), by: home.administrator)
        try stage.accept(
            stage.propose(
                intent, .person(home.doctor.id), by: home.administrator,
                approvers: [home.nurse, home.doctor]))
        let proposal = try #require(try stage.proposal(intent))
        #expect(proposal.standing == .run)
        // The nurse was not asked.
        #expect(
            Set(proposal.stamps.compactMap { Identifier($0.person) })
                == [home.administrator.id, home.doctor.id])
    }

    @Test func memberIsAdmittedByStampsOfBothThatAreIn() throws {
        let stage = try Stage()
        let guest = try stage.guest()
        let third = try House(3)
        var intent = stage.intent(
            stage.home.administrator.id, "members", Wire.encode(try stage.admit(third)))
        intent.notAfterMs += 86_400_000
        let policy = SignaturePolicy.role(.administrator, at: guest.member)
        try stage.accept(stage.propose(intent, policy, by: stage.home.administrator))
        #expect(try stage.ledger.state(.member(third.member), as: WireMemberState.self) == nil)
        try stage.accept(stage.approve(intent, by: guest.administrator), by: guest)
        #expect(try stage.ledger.state(.member(third.member), as: WireMemberState.self) != nil)
        try stage.accept(
            stage.records([stage.write(stage.draw())], by: third.doctor), by: third)
    }

    @Test func refusalEndsWhatCannotBeMetAnyMore() throws {
        let stage = try Stage()
        let home = stage.home
        let intent = stage.waiting(
            PeopleCommands.grant("auditor", to: home.nurse.id), by: home.administrator)
        let policy = SignaturePolicy.or([.person(home.doctor.id), .person(home.nurse.id)])
        try stage.accept(stage.propose(intent, policy, by: home.administrator))
        try stage.accept(stage.refuse(intent, "too-early", by: home.doctor))
        #expect(try stage.proposal(intent)?.standing == .pending)
        let last = try stage.refuse(intent, "conflict-of-interest", by: home.nurse)
        try stage.accept(last)
        let closed = try #require(try stage.proposal(intent))
        #expect(closed.standing == .refused)
        #expect(closed.reason == "conflict-of-interest")
        #expect(Digest(closed.decided) == last.id)
        #expect(try stage.roles(home.nurse) == ["nurse"])
        #expect(try stage.submit(stage.approve(intent, by: home.doctor)) == .proposalClosed)
    }

    @Test func proposerWithdraws() throws {
        let stage = try Stage()
        let intent = try stage.pending()
        try stage.accept(stage.refuse(intent, "withdrawn", by: stage.home.administrator))
        #expect(try stage.proposal(intent)?.standing == .refused)
        #expect(try stage.proposal(intent)?.reason == "withdrawn")
        #expect(
            try stage.submit(stage.approve(intent, by: stage.home.doctor)) == .proposalClosed)
    }

    @Test func onesNewestStampCounts() throws {
        let stage = try Stage()
        let home = stage.home
        let intent = stage.waiting(
            PeopleCommands.grant("auditor", to: home.nurse.id), by: home.administrator)
        let nurseOrDoctor: [SignaturePolicy] = [.person(home.doctor.id), .person(home.nurse.id)]
        try stage.accept(
            stage.propose(
                intent, .and([.or(nurseOrDoctor), .person(home.nurse.id)]), by: home.administrator))
        try stage.accept(stage.approve(intent, by: home.doctor))
        try stage.accept(stage.refuse(intent, by: home.doctor))
        try stage.accept(stage.approve(intent, by: home.doctor))
        #expect(try stage.proposal(intent)?.stamps.count == 2)
        try stage.accept(stage.approve(intent, by: home.nurse))
        #expect(try stage.proposal(intent)?.standing == .run)
    }

    @Test func expiredOnesAreDroppedByBlockTime() throws {
        let stage = try Stage()
        let intent = try stage.pending(lastsMs: 60_000)
        let other = try stage.pending(lastsMs: 7_200_000)
        let end = intent.notAfterMs
        try stage.ledger.apply([], timeMs: end)
        #expect(
            try stage.submit(stage.approve(intent, by: stage.home.doctor)) == .proposalExpired)
        // Kept while a transaction that began before the deadline may still come, then gone.
        let window: UInt64 = 600_000
        try stage.ledger.apply([], timeMs: end + window)
        #expect(try stage.proposal(intent) != nil)
        let block = try stage.ledger.apply([], timeMs: end + window + 1)
        #expect(try stage.proposal(intent) == nil)
        #expect(block.writes.count == 3)
        #expect(
            try stage.submit(stage.approve(intent, by: stage.home.doctor)) == .unknownProposal)
        try stage.accept(stage.approve(other, by: stage.home.doctor))
        #expect(try stage.proposal(other)?.standing == .run)
        try stage.ledger.apply([], timeMs: other.notAfterMs + window + 1)
        #expect(!stage.ledger.entries.keys.contains { $0.first == UInt8(ascii: "q") })
        #expect(!stage.ledger.entries.keys.contains { $0.first == UInt8(ascii: "a") })
    }

    /// An intent runs once: whether it comes by itself or as a proposal, in whatever order, within
    /// its window and after it.
    @Test(arguments: [true, false], [true, false]) func nothingRunsTwice(
        proposedFirst: Bool, isDecided: Bool
    ) throws {
        let stage = try Stage()
        let home = stage.home
        let intent = stage.waiting(
            PeopleCommands.grant("auditor", to: home.nurse.id), by: home.administrator,
            lastsMs: 300_000)
        func direct() throws -> UnverifiedTransaction {
            try stage.transaction(intent, stamps: [(.author, home.administrator.key)])
        }
        let policy: SignaturePolicy? = isDecided ? nil : .person(home.doctor.id)
        if proposedFirst {
            try stage.accept(stage.propose(intent, policy, by: home.administrator))
            #expect(try stage.submit(direct()) == .duplicate)
        } else {
            try stage.accept(direct())
            #expect(
                try stage.submit(stage.propose(intent, policy, by: home.administrator))
                    == .duplicate)
        }
        #expect(
            try stage.submit(stage.propose(intent, by: home.administrator)) == .duplicate)
        // At the last moment of the window, then from there until everything is dropped.
        try stage.ledger.apply([], timeMs: intent.notAfterMs - 1_000)
        #expect(try stage.submit(direct()) == .duplicate)
        for _ in 0..<14 {
            #expect(try stage.submit(direct()) == .outsideWindow)
            let again = try stage.submit(stage.propose(intent, by: home.administrator))
            #expect(again == .duplicate || again == .outsideWindow)
            try stage.ledger.apply([], timeMs: stage.ledger.tip.timeMs + 60_000)
        }
        #expect(try stage.proposal(intent) == nil)
        let ran = proposedFirst ? isDecided : true
        #expect(try stage.roles(home.nurse) == (ran ? ["auditor", "nurse"] : ["nurse"]))
    }

    @Test func stampOfARevokedKeyOrALostRoleCountsNoMore() throws {
        let stage = try Stage()
        let home = stage.home
        func proposed() throws -> Intent {
            let intent = stage.waiting(
                PeopleCommands.grant("researcher", to: home.nurse.id), by: home.administrator)
            try stage.accept(
                stage.propose(
                    intent, .and([.role(.practitioner), .person(home.nurse.id)]),
                    by: home.administrator))
            try stage.accept(stage.approve(intent, by: home.doctor))
            return intent
        }
        let byRole = try proposed()
        try stage.accept(
            stage.people(
                PeopleCommands.revoke("practitioner", of: home.doctor.id), by: home.administrator))
        try stage.accept(stage.approve(byRole, by: home.nurse))
        #expect(try stage.proposal(byRole)?.standing == .pending)
        try stage.accept(
            stage.people(
                PeopleCommands.grant("practitioner", to: home.doctor.id), by: home.administrator))

        let byKey = try proposed()
        let fresh = try signingKey(940)
        try stage.accept(
            stage.people(
                PeopleCommands.addKey(fresh, to: home.doctor.id), by: home.administrator))
        try stage.accept(
            stage.people(
                PeopleCommands.revokeKey(home.doctor.key, of: home.doctor.id),
                by: home.administrator))
        try stage.accept(stage.approve(byKey, by: home.nurse))
        #expect(try stage.proposal(byKey)?.standing == .pending)
        // With the key that they have now, the same person stamps again.
        let again = try stage.transaction(
            stage.intent(
                home.doctor.id, "approvals", Wire.encode(ApprovalsCommands.approve(byKey))),
            stamps: [(.author, fresh)])
        try stage.accept(again)
        #expect(try stage.proposal(byKey)?.standing == .run)
    }

    @Test func deadlineOfAPartIsKeptByTheEndOfAStampsWindow() throws {
        let stage = try Stage()
        let home = stage.home
        let intent = stage.waiting(
            PeopleCommands.grant("auditor", to: home.nurse.id), by: home.administrator)
        let proposal = try stage.propose(
            intent,
            .and([.within(600, .person(home.doctor.id)), .person(home.nurse.id)]),
            by: home.administrator)
        try stage.accept(proposal)
        let limit = proposal.intent.notBeforeMs + 600_000
        func stamp(endingAt end: UInt64) throws -> UnverifiedTransaction {
            var own = stage.intent(
                home.doctor.id, "approvals", Wire.encode(ApprovalsCommands.approve(intent)))
            own.notAfterMs = end
            return try stage.transaction(own, stamps: [(.author, home.doctor.key)])
        }
        #expect(try stage.submit(stamp(endingAt: limit + 1)) == .stampNotAllowed)
        try stage.accept(stamp(endingAt: limit))
        try stage.accept(stage.approve(intent, by: home.nurse))
        #expect(try stage.proposal(intent)?.standing == .run)
    }

    /// A stamp that is late for one part may be in time for another, and stays late for the first.
    @Test func lateStampStaysLate() throws {
        let stage = try Stage()
        let home = stage.home
        let intent = stage.waiting(
            PeopleCommands.grant("auditor", to: home.nurse.id), by: home.administrator)
        try stage.accept(
            stage.propose(
                intent, .and([.within(60, .person(home.doctor.id)), .member(home.member)]),
                by: home.administrator))
        try stage.accept(stage.approve(intent, by: home.doctor))
        try stage.accept(stage.approve(intent, by: home.nurse))
        #expect(try stage.proposal(intent)?.standing == .pending)
    }

    /// What its contract refuses stays undone, and the last approver hears why.
    @Test func contractHasTheLastWord() throws {
        let stage = try Stage()
        let intent = try stage.pending()
        try stage.accept(
            stage.people(
                PeopleCommands.grant("auditor", to: stage.home.nurse.id),
                by: stage.home.administrator))
        #expect(try stage.submit(stage.approve(intent, by: stage.home.doctor)) == .alreadyExists)
        #expect(try stage.proposal(intent)?.standing == .pending)
        #expect(try stage.proposal(intent)?.stamps.count == 1)
    }

    @Test func nodesAreNotRetiredByEachOther() throws {
        let stage = try Stage()
        let second = try House.nodeDescription(
            identifier(700), of: stage.home.member, key: signingKey(700))
        try stage.accept(stage.members(NodeCommands.add(second), by: stage.home.administrator))
        func retire(_ node: Identifier) -> Intent {
            stage.intent(
                stage.home.administrator.id, "members", Wire.encode(NodeCommands.retire(node)))
        }
        let (one, other) = (retire(identifier(700)), retire(stage.home.node))
        let policy = SignaturePolicy.person(stage.home.doctor.id)
        try stage.accept(stage.propose(one, policy, by: stage.home.administrator))
        let through = try Submission(
            network: stage.ledger.genesis.digest, node: identifier(700),
            transactions: [stage.propose(other, policy, by: stage.home.administrator)],
            signingWith: signingKey(700))
        #expect(try stage.ledger.apply([through]).outcomes[0].refusal == nil)
        try stage.accept(stage.approve(one, by: stage.home.doctor))
        #expect(try stage.submit(stage.approve(other, by: stage.home.doctor)) == .unknownNode)
    }

    @Test func attributesAreGrantedFromVersionTwoOn() throws {
        let stage = try Stage()
        let home = stage.home
        func people(_ command: WirePeopleCommand, _ version: UInt32) throws -> RefusalReason? {
            var intent = stage.intent(home.administrator.id, "people", Wire.encode(command))
            intent.contractVersion = version
            return try stage.submit(
                stage.transaction(intent, stamps: [(.author, home.administrator.key)]))
        }
        let grant = PeopleCommands.grantAttribute("unit", "icu", to: home.nurse.id)
        let revoke = PeopleCommands.revokeAttribute("unit", "icu", of: home.nurse.id)
        #expect(try people(grant, 1) == .malformed)
        #expect(try people(revoke, 1) == .malformed)
        #expect(try people(revoke, 2) == .unknownSubject)
        #expect(try people(grant, 2) == nil)
        #expect(try people(grant, 2) == .alreadyExists)
        #expect(
            try people(PeopleCommands.grantAttribute("unit", "I C U", to: home.nurse.id), 2)
                == .malformed)
        let intent = stage.waiting(
            PeopleCommands.grant("auditor", to: home.doctor.id), by: home.administrator)
        let icu = try #require(Attribute(name: "unit", value: "icu"))
        try stage.accept(stage.propose(intent, .attribute(icu), by: home.administrator))
        #expect(try stage.submit(stage.approve(intent, by: home.doctor)) == .stampNotAllowed)
        try stage.accept(stage.approve(intent, by: home.nurse))
        #expect(try stage.roles(home.doctor) == ["auditor", "practitioner"])
        #expect(try people(revoke, 2) == nil)
        for number in 0..<16 {
            #expect(
                try people(
                    PeopleCommands.grantAttribute("unit", "u\(number)", to: home.nurse.id), 2)
                    == nil)
        }
        #expect(try people(grant, 2) == .malformed)
    }
}
