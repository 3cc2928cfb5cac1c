@testable import Contracts
import LedgerCore
import TestSupport

/// Policies and stamps drawn from few people, roles and members, so that they meet.
struct RandomPolicy {
    static let members = (1...3).map { identifier(UInt64($0)) }
    static let people = (11...18).map { identifier(UInt64($0)) }
    static let roles: [Role] = [.nurse, .practitioner, .auditor]

    var random: SeededGenerator

    mutating func number(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &random) }

    mutating func pick<Element>(_ all: [Element]) -> Element { all[number(0...all.count - 1)] }

    mutating func place() -> Identifier? { number(0...1) == 0 ? nil : pick(RandomPolicy.members) }

    mutating func leaf() -> SignaturePolicy {
        switch number(0...3) {
        case 0: return .role(pick(RandomPolicy.roles), at: place())
        case 1:
            let attribute = Attribute(name: "unit", value: pick(["icu", "er"]))
            return attribute.map { .attribute($0, at: place()) }
                ?? .person(pick(RandomPolicy.people))
        case 2: return .member(pick(RandomPolicy.members))
        default: return .person(pick(RandomPolicy.people))
        }
    }

    /// A policy within limits.
    mutating func policy(depth: Int = 4) -> SignaturePolicy {
        let policy = part(depth: depth)
        return policy.problem == nil ? policy : leaf()
    }

    private mutating func part(depth: Int) -> SignaturePolicy {
        guard depth > 1 else { return leaf() }
        switch number(0...5) {
        case 0: return .and(parts(depth))
        case 1: return .or(parts(depth))
        case 2, 3:
            let parts = parts(depth)
            return .outOf(number(1...parts.count), parts)
        case 4:
            let inner = part(depth: depth - 1)
            if case .within = inner { return inner }
            return .within(UInt32(pick([1, 60, 90, 3_600, 86_400, 172_800])), inner)
        default: return leaf()
        }
    }

    private mutating func parts(_ depth: Int) -> [SignaturePolicy] {
        (0..<number(1...4)).map { _ in part(depth: depth - 1) }
    }

    mutating func signer(_ person: Identifier) -> SignaturePolicy.Signer {
        var signer = SignaturePolicy.Signer(
            person: person, member: pick(RandomPolicy.members),
            roles: RandomPolicy.roles.filter { _ in number(0...1) == 0 }.map(\.rawValue))
        signer.attributes = ["unit=er", "unit=icu"].filter { _ in number(0...2) == 0 }
        signer.untilMs = UInt64(number(0...200_000)) * 1_000
        return signer
    }

    /// Each person stamps at most once.
    mutating func ballot() -> SignaturePolicy.Ballot {
        var ballot = SignaturePolicy.Ballot(
            approved: [], refused: [], member: pick(RandomPolicy.members), sinceMs: 0)
        for person in RandomPolicy.people {
            switch number(0...3) {
            case 0, 1: ballot.approved.append(signer(person))
            case 2: ballot.refused.append(signer(person))
            default: break
            }
        }
        return ballot
    }
}
