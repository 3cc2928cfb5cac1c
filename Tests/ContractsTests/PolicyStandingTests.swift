@testable import Contracts
import LedgerCore
import TestSupport
import Testing

@Suite struct PolicyStandingTests {
    private let home = identifier(1)

    private func signer(
        _ number: UInt64, _ roles: [String] = [], attributes: [String] = [], untilMs: UInt64 = 0
    ) -> SignaturePolicy.Signer {
        var signer = SignaturePolicy.Signer(person: identifier(number), member: home, roles: roles)
        signer.attributes = attributes
        signer.untilMs = untilMs
        return signer
    }

    private func standing(
        _ policy: SignaturePolicy, approved: [SignaturePolicy.Signer] = [],
        refused: [SignaturePolicy.Signer] = [], sinceMs: UInt64 = 0
    ) -> SignaturePolicy.Standing {
        policy.standing(
            .init(approved: approved, refused: refused, member: home, sinceMs: sinceMs))
    }

    @Test func leavesAskForMemberAndAttribute() throws {
        let away = identifier(2)
        let icu = try #require(Attribute(name: "unit", value: "icu"))
        let nurse = signer(3, ["nurse"], attributes: ["unit=icu"])
        #expect(standing(.member(home), approved: [nurse]) == .met)
        #expect(standing(.member(away), approved: [nurse]) == .open)
        #expect(standing(.attribute(icu), approved: [nurse]) == .met)
        #expect(standing(.attribute(icu, at: away), approved: [nurse]) == .open)
        #expect(standing(.role(.nurse, at: away), approved: [nurse]) == .open)
        #expect(standing(.role(.nurse, at: home), approved: [nurse]) == .met)
        #expect(standing(.attribute(icu), approved: [signer(4)]) == .open)
    }

    @Test func noPersonFillsTwoPartsOfACount() {
        let nurses = SignaturePolicy.outOf(2, [.role(.nurse), .role(.nurse)])
        let one = signer(3, ["nurse"])
        #expect(standing(nurses, approved: [one]) == .open)
        #expect(standing(nurses, approved: [one, signer(4, ["nurse"])]) == .met)
        // The first fits both places, the second only the one that the first would take.
        let mixed = SignaturePolicy.outOf(2, [.role(.nurse), .person(identifier(3))])
        #expect(standing(mixed, approved: [one, signer(4, ["nurse"])]) == .met)
        #expect(standing(mixed, approved: [one]) == .open)
        // A conjunction asks two things, of one person or of two.
        #expect(
            standing(.and([.role(.nurse), .person(identifier(3))]), approved: [one]) == .met)
    }

    @Test func noPersonRefusesTwoPartsOfACount() {
        let two = SignaturePolicy.outOf(2, [.role(.nurse), .role(.nurse), .role(.nurse)])
        let nurses = (3...5).map { signer($0, ["nurse"]) }
        #expect(standing(two, refused: [nurses[0]]) == .open)
        #expect(standing(two, refused: [nurses[0], nurses[1]]) == .refused)
        let both = SignaturePolicy.and([.role(.nurse), .role(.auditor)])
        #expect(standing(both, refused: [nurses[0]]) == .refused)
        #expect(standing(two, approved: [nurses[2]], refused: [nurses[0], nurses[1]]) == .open)
    }

    @Test func deadlinesCountFromTheBeginning() {
        let policy = SignaturePolicy.and([
            .within(10, .person(identifier(3))), .within(60, .or([.role(.nurse)])),
        ])
        func at(_ first: UInt64, _ second: UInt64) -> SignaturePolicy.Standing {
            standing(
                policy,
                approved: [signer(3, untilMs: first), signer(4, ["nurse"], untilMs: second)],
                sinceMs: 5_000)
        }
        #expect(at(15_000, 65_000) == .met)
        #expect(at(15_001, 65_000) == .open)
        #expect(at(15_000, 65_001) == .open)
        // The narrower of two deadlines holds.
        let nested = SignaturePolicy.within(10, .or([.within(60, .role(.nurse))]))
        #expect(standing(nested, approved: [signer(4, ["nurse"], untilMs: 10_001)]) == .open)
        let latest = SignaturePolicy.within(.max, .role(.nurse))
        #expect(
            standing(latest, approved: [signer(4, ["nurse"], untilMs: .max)], sinceMs: .max) == .met
        )
    }

    /// Word for word, without matchings: every way in which people could stand for parts.
    private static func reference(
        _ policy: SignaturePolicy, _ ballot: SignaturePolicy.Ballot, untilMs: UInt64 = .max
    ) -> Bool {
        func fits(_ leaf: SignaturePolicy, _ untilMs: UInt64) -> [Identifier] {
            ballot.approved.filter { $0.untilMs <= untilMs }.filter { signer in
                switch leaf {
                case .role(let role, let at):
                    signer.member == (at ?? ballot.member) && signer.roles.contains(role.rawValue)
                case .attribute(let attribute, let at):
                    signer.member == (at ?? ballot.member)
                        && signer.attributes.contains(attribute.text)
                case .member(let member): signer.member == member
                case .person(let person): signer.person == person
                default: false
                }
            }.map(\.person)
        }
        func most(_ sets: ArraySlice<[Identifier]>, _ used: Set<Identifier>) -> Int {
            guard let first = sets.first else { return 0 }
            let rest = sets.dropFirst()
            return first.filter { !used.contains($0) }
                .reduce(most(rest, used)) { max($0, 1 + most(rest, used.union([$1]))) }
        }
        switch policy {
        case .role, .attribute, .member, .person: return !fits(policy, untilMs).isEmpty
        case .and(let parts):
            return parts.allSatisfy { reference($0, ballot, untilMs: untilMs) }
        case .or(let parts): return parts.contains { reference($0, ballot, untilMs: untilMs) }
        case .within(let seconds, let part):
            let end = ballot.sinceMs + UInt64(seconds) * 1_000
            return reference(part, ballot, untilMs: min(untilMs, end))
        case .outOf(let count, let parts):
            var sets = [[Identifier]]()
            var nested = 0
            for part in parts {
                switch part {
                case .role, .attribute, .member, .person: sets.append(fits(part, untilMs))
                case .within(let seconds, let inner) where inner.leaves.count == 1 && inner.isLeaf:
                    let end = ballot.sinceMs + UInt64(seconds) * 1_000
                    sets.append(fits(inner, min(untilMs, end)))
                default: nested += reference(part, ballot, untilMs: untilMs) ? 1 : 0
                }
            }
            return nested + most(sets[...], []) >= count
        }
    }

    @Test func evaluationIsThatOfEveryAssignment() async {
        var met = 0
        let cases = Soak.cases(usual: 3_000, long: 600_000)
        for await item in cases {
            var draw = RandomPolicy(random: item.random)
            let policy = draw.policy()
            let ballot = draw.ballot()
            let isMet = policy.standing(ballot) == .met
            #expect(isMet == Self.reference(policy, ballot), "\(item): \(policy.text())")
            met += isMet ? 1 : 0
        }
        if !cases.areFew { #expect(met > cases.count / 10 && met < cases.count * 9 / 10) }
    }

    /// The order of stamps decides nothing; more approvals never undo, more refusals never help;
    /// and what is refused is met by no approval of the same people.
    @Test func standingsOnlyMoveOneWay() async {
        for await item in Soak.cases(usual: 3_000, long: 600_000) {
            var draw = RandomPolicy(random: item.random)
            let policy = draw.policy()
            let ballot = draw.ballot()
            let standing = policy.standing(ballot)
            var shuffled = ballot
            shuffled.approved.shuffle(using: &draw.random)
            shuffled.refused.shuffle(using: &draw.random)
            #expect(policy.standing(shuffled) == standing, "\(item): \(policy.text())")
            var more = ballot
            more.approved.append(draw.signer(identifier(99)))
            if standing == .met { #expect(policy.standing(more) == .met, "\(item)") }
            var less = ballot
            less.refused.append(draw.signer(identifier(98)))
            if standing == .refused { #expect(policy.standing(less) == .refused, "\(item)") }
            if standing == .met { #expect(policy.standing(less) == .met, "\(item)") }
        }
    }

    /// An approval that is called needless changes no outcome that others can still bring about.
    @Test func needlessStampsAreNeedless() async {
        var needless = 0
        let cases = Soak.cases(usual: 2_000, long: 200_000, pinned: 31)
        for await item in cases {
            var draw = RandomPolicy(random: item.random)
            let nurse = SignaturePolicy.role(.nurse, at: RandomPolicy.members[0])
            let count = draw.number(1...3)
            let policy = SignaturePolicy.outOf(
                count, [nurse] + (1..<max(2, count)).map { _ in draw.leaf() })
            var ballot = draw.ballot()
            for number in 0..<4 {
                var signer = draw.signer(identifier(UInt64(50 + number)))
                signer = .init(
                    person: signer.person, member: RandomPolicy.members[0], roles: ["nurse"])
                ballot.approved.append(signer)
            }
            let extra = draw.signer(identifier(77))
            guard policy.use(of: extra, approves: true, ballot) == .needless else { continue }
            needless += 1
            var later = ballot
            for person in [identifier(78), identifier(79)] {
                later.approved.append(draw.signer(person))
                var with = later
                with.approved.append(extra)
                #expect(policy.standing(with) == policy.standing(later), "\(item)")
            }
        }
        if !cases.areFew { #expect(needless > 0) }
    }
}

extension SignaturePolicy {
    fileprivate var isLeaf: Bool {
        switch self {
        case .role, .attribute, .member, .person: true
        case .and, .or, .outOf, .within: false
        }
    }
}
