import LedgerCore

/// Versions of records: who wrote which, in which order. Content and subject stay off the ledger.
enum Records {
    /// Whoever writes holds an authoring role at the custodian.
    static let policy = SignaturePolicy.or(Role.recordAuthors.map { .role($0) })

    /// All writes of a command, or none.
    static func apply(
        _ transaction: UnverifiedTransaction, _ authority: Authority, _ context: BlockContext,
        reads: RecordReads?, state: inout StateOverlay
    ) throws {
        let command = try reads?.command ?? Contracts.command(transaction.intent.command)
        let attachment = transaction.attachment
        guard (1...WireLimit.writesPerIntent).contains(command.writes.count),
            attachment.writes.count == command.writes.count
        else { throw Refusal(.malformed) }
        guard state.memo.mayWriteRecords(authority) else { throw Refusal(.policyNotMet) }
        var written = Set<Identifier>()
        // What is the same in each entry.
        var entry = WireRecordState()
        entry.custodian = authority.member.bytes.field
        entry.transaction = transaction.id.bytes.field
        if let holder = authority.holder { entry.holder = holder.bytes.field }
        for (index, write) in command.writes.enumerated() {
            guard let record = Identifier(write.record), written.insert(record).inserted,
                write.commitment.scheme == .bytes, write.commitment.value.count == Digest.size
            else { throw Refusal(.malformed) }
            if let existing = attachment.writes[index].satisfiedBy {
                try checkSatisfied(write, by: existing, authority, state)
                continue
            }
            var next = entry
            let current =
                if let reads {
                    try state.value(
                        .record(record), as: WireRecordState.self, applied: reads.records[index])
                } else {
                    try state.value(.record(record), as: WireRecordState.self)
                }
            next.version = try nextVersion(of: current, after: write.previous, authority)
            next.write = UInt32(index)
            if let reads {
                state.set(.record(record), next, applied: reads.records[index])
            } else {
                state.set(.record(record), next)
            }
        }
        try release(attachment.released, authority, context, &state)
        try claim(transaction, command, authority, context, &state)
    }

    private static func checkSatisfied(
        _ write: WireWrite, by existing: Identifier, _ authority: Authority, _ state: StateOverlay
    ) throws {
        guard write.conditional, write.previous == 0 else { throw Refusal(.malformed) }
        guard let found = try state.value(.record(existing), as: WireRecordState.self) else {
            throw Refusal(.unknownRecord)
        }
        guard Identifier(found.custodian) == authority.member else { throw Refusal(.notCustodian) }
    }

    private static func nextVersion(
        of current: WireRecordState?, after previous: UInt32, _ authority: Authority
    ) throws -> UInt32 {
        guard let current else {
            guard previous == 0 else { throw Refusal(.unknownRecord) }
            return 1
        }
        guard previous > 0 else { throw Refusal(.recordExists) }
        guard Identifier(current.custodian) == authority.member else {
            throw Refusal(.notCustodian)
        }
        guard current.version == previous else { throw Refusal(.versionConflict) }
        let (next, overflow) = previous.addingReportingOverflow(1)
        guard !overflow else { throw Refusal(.versionConflict) }
        return next
    }

    private static func release(
        _ claims: [Digest], _ authority: Authority, _ context: BlockContext,
        _ state: inout StateOverlay
    ) throws {
        // Claims are a member's own, so there is no other's to release.
        for id in claims where try state.value(.claim(id, of: authority.member)) != nil {
            state.remove(.claim(id, of: authority.member))
        }
    }

    private static func claim(
        _ transaction: UnverifiedTransaction, _ command: WireRecordsCommand,
        _ authority: Authority, _ context: BlockContext, _ state: inout StateOverlay
    ) throws {
        for claim in transaction.attachment.claims {
            guard claim.write < command.writes.count else { throw Refusal(.malformed) }
            if let held = try state.value(
                .claim(claim.id, of: authority.member), as: WireClaimState.self),
                held.expiresMs == 0 || held.expiresMs > context.timeMs
            {
                throw Refusal(.claimHeld)
            }
            var next = WireClaimState()
            next.kind = WireClaimKind(rawValue: claim.kind.rawValue) ?? .unspecified
            next.custodian = authority.member.bytes.field
            // A write that an existing record satisfies creates nothing: the claim leads to that
            // one.
            next.record =
                transaction.attachment.writes[claim.write].satisfiedBy?.bytes.field
                ?? command.writes[claim.write].record
            next.transaction = transaction.id.bytes.field
            next.expiresMs = claim.expiresMs ?? 0
            state.set(.claim(claim.id, of: authority.member), next)
        }
    }
}
