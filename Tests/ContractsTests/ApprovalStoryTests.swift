import Contracts
import LedgerCore
import TestSupport
import Testing

/// Long random stories of proposals, approvals, refusals, grants and losses.
@Suite struct ApprovalStoryTests {
    /// One run of a story over a ledger; the same draws give the same transactions.
    private final class Story {
        let stage: Stage
        let guest: House
        var draw: RandomPolicy
        var known: [Intent] = []
        var handedIn: [[Submission]] = []
        var times: [UInt64] = []
        var accepted: [(UnverifiedTransaction, Identifier)] = []

        init(_ random: SeededGenerator) throws {
            stage = try Stage()
            draw = RandomPolicy(random: random)
            guest = try House(2)
            let admit = try stage.members(stage.admit(guest), by: stage.home.administrator)
            try apply([(admit, stage.home)], timeMs: stage.ledger.tip.timeMs + 1_000)
        }

        var everyone: [(Person, House)] {
            [stage.home, guest].flatMap { house in
                [house.administrator, house.doctor, house.nurse].map { ($0, house) }
            }
        }

        func leaf() -> SignaturePolicy {
            switch draw.number(0...3) {
            case 0: return .person(draw.pick(everyone).0.id)
            case 1: return .member(draw.pick([stage.home, guest]).member)
            case 2: return .role(draw.pick([.nurse, .practitioner, .auditor]))
            default:
                let house = draw.pick([stage.home, guest])
                return .role(draw.pick([.nurse, .administrator]), at: house.member)
            }
        }

        func policy() -> SignaturePolicy? {
            switch draw.number(0...4) {
            case 0: return nil
            case 1: return .or([leaf(), leaf()])
            case 2: return .outOf(2, [leaf(), leaf(), leaf()])
            case 3: return .within(UInt32(draw.number(60...1_200)), .and([leaf(), leaf()]))
            default: return leaf()
            }
        }

        func command() -> WirePeopleCommand {
            let person = draw.pick(everyone).0.id
            let role = draw.pick(["auditor", "researcher", "nurse"])
            switch draw.number(0...2) {
            case 0: return PeopleCommands.revoke(role, of: person)
            default: return PeopleCommands.grant(role, to: person)
            }
        }

        /// An intent that begins up to some minutes ago.
        func intent(_ person: Person, _ contract: String, _ command: [UInt8]) -> Intent {
            var intent = stage.intent(person.id, contract, command)
            intent.notBeforeMs -= UInt64(draw.number(0...250)) * 1_000
            return intent
        }

        func transaction() throws -> (UnverifiedTransaction, House) {
            let (person, house) = draw.pick(everyone)
            let kind = draw.number(0...9)
            if kind < 3 || known.isEmpty {
                let author =
                    draw.number(0...2) == 0
                    ? (person, house)
                    : draw.pick([
                        (stage.home.administrator, stage.home), (guest.administrator, guest),
                    ])
                var inner = intent(author.0, "people", Wire.encode(command()))
                inner.notAfterMs = stage.ledger.tip.timeMs + UInt64(draw.number(1...3_000)) * 1_000
                if draw.number(0...5) == 0, !known.isEmpty { inner = draw.pick(known) }
                known.append(inner)
                var outer = intent(
                    author.0, "approvals",
                    Wire.encode(ApprovalsCommands.propose(inner, policy())))
                outer.notBeforeMs = max(outer.notBeforeMs, inner.notBeforeMs)
                return (
                    try stage.transaction(outer, stamps: [(.author, author.0.key)]), author.1
                )
            }
            if kind == 3 {
                // By itself, what may be proposed as well.
                let inner = draw.pick(known)
                let (author, home) = everyone.first { $0.0.id == inner.author } ?? (person, house)
                return (try stage.transaction(inner, stamps: [(.author, author.key)]), home)
            }
            let latest = Array(known.suffix(6))
            let command =
                kind == 4
                ? ApprovalsCommands.refuse(draw.pick(latest), "no")
                : ApprovalsCommands.approve(draw.pick(latest))
            return (
                try stage.transaction(
                    intent(person, "approvals", Wire.encode(command)),
                    stamps: [(.author, person.key)]), house
            )
        }

        func apply(_ transactions: [(UnverifiedTransaction, House)], timeMs: UInt64) throws {
            let submissions = try transactions.map { try stage.submission([$0.0], by: $0.1) }
            let block = try stage.ledger.apply(
                submissions, timeMs: timeMs, seals: draw.number(0...1) == 0)
            for outcome in block.outcomes where outcome.refusal == nil {
                accepted.append((outcome.transaction, outcome.node))
            }
        }

        func step() throws {
            let transactions = try (0..<draw.number(0...4)).map { _ in try transaction() }
            let pause = UInt64(
                draw.number(0...9) == 0 ? draw.number(1...1_500) : draw.number(1...30))
            try apply(transactions, timeMs: stage.ledger.tip.timeMs + pause * 1_000)
        }

        func entries(_ kinds: String) -> [[UInt8]: [UInt8]] {
            stage.ledger.entries.filter { key, _ in
                key.first.map { Array(kinds.utf8).contains($0) } ?? false
            }
        }
    }

    @Test func sameStoryLeadsToTheSameBlocksAlsoOverRestarts() async throws {
        for await item in Soak.cases(usual: 6, long: 2_000) {
            let (one, other) = (try Story(item.random), try Story(item.random))
            for _ in 0..<40 {
                try one.step()
                try other.step()
                try other.stage.ledger.restart()
                #expect(one.stage.ledger.tip.hash == other.stage.ledger.tip.hash, "\(item)")
            }
            #expect(try one.stage.ledger.rebuiltRoot() == other.stage.ledger.rebuiltRoot())
        }
    }

    /// Who replays the accepted transactions alone, without the blocks and their times, as a
    /// proof's verifier does, comes to the same people, keys and decisions.
    @Test func replayWithoutTimesComesToTheSame() async throws {
        var run = 0
        let cases = Soak.cases(usual: 12, long: 4_000)
        for await item in cases {
            let story = try Story(item.random)
            for _ in 0..<60 { try story.step() }
            let genesis = story.stage.ledger.genesis
            var state = StateOverlay.empty
            try Directory.found(genesis, channel: "main", state: &state)
            var timeMs = genesis.body.createdMs
            var seen = Set<Digest>()
            for (transaction, node) in story.accepted {
                timeMs = max(timeMs, transaction.intent.notBeforeMs)
                try Proposals.drop(timeMs: timeMs, state: &state)
                let keys = state
                let verified = try transaction.verified { id in
                    let entry = try keys.value(.key(id), as: WireKeyState.self)
                    return try entry.map {
                        let key = try PublicKey($0.key)
                        return (key, try ParsedKey(key))
                    }
                }
                let before = seen
                do {
                    try Contracts.apply(
                        verified, submittedBy: node,
                        in: BlockContext(
                            network: genesis.digest, channel: "main", height: 1, timeMs: timeMs),
                        state: &state, isDuplicate: { before.contains($0) })
                } catch {
                    Issue.record("\(item): refused without times: \(error)")
                }
                seen.insert(transaction.id)
            }
            let replayed = Dictionary(
                uniqueKeysWithValues: state.writes.compactMap { write in
                    write.value.map { (write.key, $0) }
                })
            for (key, value) in story.entries("pka") {
                #expect(replayed[key] == value, "\(item): \(Hex.encode(key))")
                guard key.first == UInt8(ascii: "a") else { continue }
                let proposal = try Wire.decode(
                    WireProposalState.self, from: value, what: "proposal", limitBytes: 1 << 20)
                run += proposal.standing == .run ? 1 : 0
            }
        }
        if cases.count > 1 { #expect(run > 0) }
    }

    /// Whatever comes in whatever order: nothing has effect twice, and nothing is kept for ever.
    @Test func nothingRunsTwiceAndNothingStaysForEver() async throws {
        for await item in Soak.cases(usual: 8, long: 2_000) {
            let story = try Story(item.random)
            var ran = Set<Digest>()
            for _ in 0..<50 {
                let before = Set(story.entries("a").keys)
                let count = story.accepted.count
                try story.step()
                for (transaction, _) in story.accepted[count...]
                where transaction.intent.contract == "people" {
                    #expect(ran.insert(transaction.id).inserted, "\(item)")
                }
                for (key, value) in story.entries("a") {
                    let proposal = try Wire.decode(
                        WireProposalState.self, from: value, what: "proposal", limitBytes: 1 << 20)
                    let id = try #require(Digest(key.dropFirst()))
                    if proposal.standing == .run, let by = Digest(proposal.decided),
                        story.accepted[count...].contains(where: { $0.0.id == by })
                    {
                        #expect(ran.insert(id).inserted, "\(item)")
                    }
                    if !before.contains(key) {
                        #expect(!ran.contains(id) || proposal.standing == .run)
                    }
                }
            }
            try story.apply([], timeMs: story.stage.ledger.tip.timeMs + 4_000_000)
            #expect(story.entries("aq").isEmpty, "\(item)")
        }
    }
}
