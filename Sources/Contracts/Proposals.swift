import LedgerCore

/// Which proposals the state keeps, and until when: pending ones, and what was decided until no
/// window can reach it any more, so that it is neither proposed nor handed in again.
package enum Proposals {
    /// Proposals of one member's people whose deadline has not passed.
    static let perMemberMax = 256
    /// Of these, one person's: nobody takes their member's room.
    static let perPersonMax = 16

    /// Keeps a place for a proposal.
    ///
    /// - Parameter fromMs: the beginning of the proposal's window. What ended before it does not
    ///   count, whether or not it is dropped already.
    static func add(
        _ id: Digest, deadlineMs: UInt64, by person: Identifier, at member: Identifier,
        fromMs: UInt64, state: inout StateOverlay
    ) throws {
        var kept =
            try state.value(.proposals(of: member), as: WireMemberProposals.self)
            ?? WireMemberProposals()
        let live = kept.places.filter { $0.deadlineMs >= fromMs }
        let own = live.count { Identifier($0.proposer) == person }
        guard live.count < perMemberMax, own < perPersonMax else { throw Refusal(.proposalsFull) }
        var place = WireProposalPlace()
        place.deadlineMs = deadlineMs
        place.intent = id.bytes.field
        place.proposer = person.bytes.field
        kept.places.append(place)
        kept.places.sort {
            ($0.deadlineMs, Digest($0.intent) ?? .zero) < (
                $1.deadlineMs, Digest($1.intent) ?? .zero
            )
        }
        try keep(kept, of: member, &state)
    }

    /// Drops what no intent can reach any more: its deadline lies further back than the longest
    /// window of a transaction.
    ///
    /// - Parameter timeMs: the block's time, in ms since 1970. An earlier one drops less and
    ///   decides nothing else.
    package static func drop(timeMs: UInt64, state: inout StateOverlay) throws {
        guard let queues = try state.value(.proposalQueues, as: WireProposalQueues.self) else {
            return
        }
        let windowMs = try state.value(.parameters, as: WireParameters.self)?.windowMaxMs ?? 0
        guard timeMs > windowMs else { return }
        let limitMs = timeMs - windowMs
        for queue in queues.queues where queue.deadlineMs < limitMs {
            guard let member = Identifier(queue.member),
                var kept = try state.value(.proposals(of: member), as: WireMemberProposals.self)
            else { continue }
            let gone = kept.places.prefix { $0.deadlineMs < limitMs }
            for place in gone {
                if let id = Digest(place.intent) { state.remove(.proposal(id)) }
            }
            kept.places.removeFirst(gone.count)
            try keep(kept, of: member, &state)
        }
    }

    /// Writes a member's places, and its earliest deadline beside the others'.
    private static func keep(
        _ kept: WireMemberProposals, of member: Identifier, _ state: inout StateOverlay
    ) throws {
        var all =
            try state.value(.proposalQueues, as: WireProposalQueues.self) ?? WireProposalQueues()
        all.queues.removeAll { Identifier($0.member) == member }
        if let first = kept.places.first {
            var queue = WireProposalQueue()
            queue.member = member.bytes.field
            queue.deadlineMs = first.deadlineMs
            all.queues.append(queue)
            all.queues.sort { $0.member.lexicographicallyPrecedes($1.member) }
            state.set(.proposals(of: member), kept)
        } else {
            state.remove(.proposals(of: member))
        }
        if all.queues.isEmpty {
            state.remove(.proposalQueues)
        } else {
            state.set(.proposalQueues, all)
        }
    }
}
