package import LedgerCore

/// Whose stamps a command needs, as data. Read and printed by people (`SignaturePolicy+Text`),
/// kept on the ledger (`SignaturePolicy+Wire`), and never larger than `Limit` allows.
package indirect enum SignaturePolicy: Hashable, Sendable {
    /// A signer who holds this role at `member`; `nil`: at the member the command concerns.
    case role(Role, at: Identifier? = nil)
    /// A signer who holds this attribute at `member`; `nil`: at the member the command concerns.
    case attribute(Attribute, at: Identifier? = nil)
    /// Anyone at this member.
    case member(Identifier)
    /// This person.
    case person(Identifier)
    case and([SignaturePolicy])
    case or([SignaturePolicy])
    /// At least so many of these. Of parts that each ask for one signer, no person fills two.
    case outOf(Int, [SignaturePolicy])
    /// The part, by stamps made within so many seconds of the proposal's beginning.
    case within(UInt32, SignaturePolicy)

    /// Someone whose own key, or whose node on their behalf, stamped.
    package struct Signer: Hashable, Sendable {
        package let person: Identifier
        package let member: Identifier
        package let roles: [String]
        /// `name=value` each.
        package var attributes: [String] = []
        /// The stamp was made no later than this, in ms since 1970; 0 where the stamps come with
        /// the command itself, so that no deadline is in question.
        package var untilMs: UInt64 = 0
    }

    /// Whether the signers satisfy this policy at `member`.
    package func isMet(by signers: [Signer], at member: Identifier) -> Bool {
        standing(Ballot(approved: signers, refused: [], member: member, sinceMs: 0)) == .met
    }
}

extension SignaturePolicy {
    /// What was stamped so far, by people as they are at this block.
    package struct Ballot: Sendable {
        package var approved: [Signer]
        package var refused: [Signer]
        /// The member that the command concerns.
        package var member: Identifier
        /// From when deadlines count, in ms since 1970.
        package var sinceMs: UInt64

        package init(
            approved: [Signer], refused: [Signer], member: Identifier, sinceMs: UInt64
        ) {
            self.approved = approved
            self.refused = refused
            self.member = member
            self.sinceMs = sinceMs
        }
    }

    /// How far a policy has come.
    package enum Standing: Hashable, Sendable {
        case met
        /// It may still be met.
        case open
        /// So much of it was refused that it cannot be met any more.
        case refused
    }

    /// How far this policy has come with the stamps of `ballot`.
    package func standing(_ ballot: Ballot) -> Standing { standing(ballot, untilMs: .max) }

    /// - Parameter untilMs: the earliest deadline around this part.
    private func standing(_ ballot: Ballot, untilMs: UInt64) -> Standing {
        switch self {
        case .role, .attribute, .member, .person:
            if ballot.approved.contains(where: { admits($0, ballot, untilMs: untilMs) }) {
                return .met
            }
            return ballot.refused.contains { admits($0, ballot, untilMs: .max) } ? .refused : .open
        case .and(let parts):
            let standings = parts.map { $0.standing(ballot, untilMs: untilMs) }
            if standings.contains(.refused) { return .refused }
            return standings.allSatisfy { $0 == .met } ? .met : .open
        case .or(let parts):
            let standings = parts.map { $0.standing(ballot, untilMs: untilMs) }
            if standings.contains(.met) { return .met }
            return standings.allSatisfy { $0 == .refused } ? .refused : .open
        case .outOf(let count, let parts):
            if metParts(parts, ballot, untilMs) >= count { return .met }
            let alive = parts.count - refusedParts(parts, ballot, untilMs)
            return alive < count ? .refused : .open
        case .within(let seconds, let part):
            let ends = SignaturePolicy.end(ballot.sinceMs, seconds)
            return part.standing(ballot, untilMs: min(untilMs, ends))
        }
    }

    /// A moment so many seconds later, in ms.
    static func end(_ sinceMs: UInt64, _ seconds: UInt32) -> UInt64 {
        let (end, overflow) = sinceMs.addingReportingOverflow(UInt64(seconds) * 1000)
        return overflow ? .max : end
    }

    /// How many parts are met when no person fills two of those that ask for one signer.
    private func metParts(
        _ parts: [SignaturePolicy], _ ballot: Ballot, _ untilMs: UInt64
    ) -> Int {
        var nested = 0
        var candidates = [[Int]]()
        for part in parts {
            guard let (leaf, ends) = part.single(ballot.sinceMs) else {
                if part.standing(ballot, untilMs: untilMs) == .met { nested += 1 }
                continue
            }
            candidates.append(
                ballot.approved.indices.filter {
                    leaf.admits(ballot.approved[$0], ballot, untilMs: min(untilMs, ends))
                })
        }
        return nested + Matching(candidates).size
    }

    /// How many parts are refused when no person refuses two of those that ask for one signer.
    private func refusedParts(
        _ parts: [SignaturePolicy], _ ballot: Ballot, _ untilMs: UInt64
    ) -> Int {
        let refused = parts.filter { $0.standing(ballot, untilMs: untilMs) == .refused }
        let single = refused.compactMap { $0.single(ballot.sinceMs)?.0 }
        let candidates = single.map { leaf in
            ballot.refused.indices.filter { leaf.admits(ballot.refused[$0], ballot, untilMs: .max) }
        }
        return refused.count - single.count + Matching(candidates).size
    }

    /// Where one signer satisfies this part: the part without its deadline, and the deadline.
    private func single(_ sinceMs: UInt64) -> (SignaturePolicy, UInt64)? {
        switch self {
        case .role, .attribute, .member, .person: return (self, .max)
        case .within(let seconds, let part):
            guard let (leaf, ends) = part.single(sinceMs) else { return nil }
            return (leaf, min(ends, SignaturePolicy.end(sinceMs, seconds)))
        case .and, .or, .outOf: return nil
        }
    }

    /// Whether this leaf speaks of that signer, whose stamp was made in time.
    func admits(_ signer: Signer, _ ballot: Ballot, untilMs: UInt64) -> Bool {
        guard signer.untilMs <= untilMs else { return false }
        switch self {
        case .role(let role, let member):
            return signer.member == member ?? ballot.member && signer.roles.contains(role.rawValue)
        case .attribute(let attribute, let member):
            return signer.member == member ?? ballot.member
                && signer.attributes.contains(attribute.text)
        case .member(let member): return signer.member == member
        case .person(let person): return signer.person == person
        case .and, .or, .outOf, .within: return false
        }
    }
}

extension SignaturePolicy {
    /// A part that one signer satisfies, and its deadline in seconds.
    struct Leaf: Hashable {
        let policy: SignaturePolicy
        let seconds: UInt32
    }

    /// All parts that one signer satisfies, in order.
    var leaves: [Leaf] { leaves(within: .max) }

    private func leaves(within seconds: UInt32) -> [Leaf] {
        switch self {
        case .role, .attribute, .member, .person: [Leaf(policy: self, seconds: seconds)]
        case .and(let parts), .or(let parts), .outOf(_, let parts):
            parts.flatMap { $0.leaves(within: seconds) }
        case .within(let own, let part): part.leaves(within: min(own, seconds))
        }
    }

    /// What one more stamp would do.
    enum Use { case counts, needless, stranger }

    /// What `signer`'s stamp adds to those of `ballot` that say the same.
    ///
    /// A part that has as many stamps as there are parts has one whoever else is needed elsewhere,
    /// so that more of them change nothing: a proposal's stamps have a bound.
    func use(of signer: Signer, approves: Bool, _ ballot: Ballot) -> Use {
        let leaves = leaves
        func admits(_ leaf: Leaf, _ signer: Signer) -> Bool {
            let isTimed = approves && leaf.seconds != .max
            let ends = isTimed ? SignaturePolicy.end(ballot.sinceMs, leaf.seconds) : .max
            return leaf.policy.admits(signer, ballot, untilMs: ends)
        }
        let own = leaves.filter { admits($0, signer) }
        guard !own.isEmpty else { return .stranger }
        let others = approves ? ballot.approved : ballot.refused
        let isOpen = own.contains { leaf in others.count { admits(leaf, $0) } < leaves.count }
        return isOpen ? .counts : .needless
    }
}

/// The most parts that can each have a candidate of its own: augmenting paths (Kuhn), in the order
/// of the parts, so that every node finds the same.
private struct Matching {
    private(set) var size = 0
    private var partOf: [Int: Int] = [:]

    /// - Parameter candidates: for each part, who may fill it.
    init(_ candidates: [[Int]]) {
        for part in candidates.indices {
            var tried = Set<Int>()
            if place(part, candidates, &tried) { size += 1 }
        }
    }

    private mutating func place(
        _ part: Int, _ candidates: [[Int]], _ tried: inout Set<Int>
    ) -> Bool {
        for candidate in candidates[part] where tried.insert(candidate).inserted {
            guard let other = partOf[candidate] else {
                partOf[candidate] = part
                return true
            }
            if place(other, candidates, &tried) {
                partOf[candidate] = part
                return true
            }
        }
        return false
    }
}
