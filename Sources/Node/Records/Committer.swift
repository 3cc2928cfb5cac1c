import Contracts
import Identity
import LedgerCore
import Vault

/// Seals planned writes, puts them into one transaction and sees it through to its block.
struct Committer: Sendable {
    let network: Digest
    let channel: String
    let node: Identifier
    let member: Identifier
    let vault: Vault
    let engine: LedgerEngine
    let indexer: Indexer
    let claimKeys: ClaimKeys
    let clock: @Sendable () -> UInt64
    let space: SpaceGuard
    /// The longest window that the ledger takes, in milliseconds.
    let windowMaxMs: UInt64
    let timestamps: Timestamps

    /// Whether this node takes writes at the moment.
    ///
    /// - Throws: `NodeError`: `storageFull`, or `unavailable` where a required timestamp is late.
    func requireOpen() throws {
        try space.check()
        try timestamps.requireInTime()
    }

    /// Validity of an intent that the node builds itself.
    private static let windowMs: UInt64 = 120_000

    /// The intent of these writes, in order.
    func intentBytes(_ writes: [PlannedWrite], _ request: WriteRequest, first: Int = 0) -> [UInt8] {
        if let stamp = request.stamp {
            return stamp.intent(
                network: network, channel: channel,
                writes: writes.map {
                    StampedRequest.Write(commitment: $0.commitment, conditional: $0.conditional)
                }, first: first
            ).bytes
        }
        var random = SystemRandomNumberGenerator()
        let now = clock()
        return Intent(
            network: network, channel: channel, author: request.caller.person,
            notBeforeMs: now - Committer.windowMs / 2, notAfterMs: now + Committer.windowMs,
            nonce: Identifier(using: &random), contract: Contracts.Name.records.rawValue,
            contractVersion: Contracts.version,
            command: RecordsCommand.bytes(
                writes.map {
                    RecordsCommand.Write(
                        record: $0.record, previous: $0.previous, commitment: $0.commitment,
                        conditional: $0.conditional)
                })
        ).bytes
    }

    /// Commits writes under one intent: all or none.
    ///
    /// - Parameters:
    ///   - stamps: the author's; empty: the node stamps on the author's behalf.
    ///   - idempotency: the claim that makes a repetition find this transaction.
    /// - Throws: `LedgerRefusal` where a contract refused, or would; `NodeError` otherwise.
    func commit(
        _ writes: [PlannedWrite], intentBytes: [UInt8], stamps: [EStamp], caller: Caller,
        idempotency: Digest?
    ) async throws -> CommittedTransaction {
        try requireOpen()
        let intent = try ReceivedIntent(bytes: intentBytes)
        let naming = try naming(intent)
        return try await ContentFirst.commit {
            try await seal(writes, naming)
        } submit: { sizes in
            try await submit(
                writes, sizes, intent: intent, stamps: stamps, caller: caller,
                idempotency: idempotency)
        }
    }

    /// Hands writes in that are sealed, and waits for their block.
    private func submit(
        _ writes: [PlannedWrite], _ sizes: [UInt64], intent: ReceivedIntent, stamps: [EStamp],
        caller: Caller, idempotency: Digest?
    ) async throws -> CommittedTransaction {
        let transaction = try transaction(
            intent, stamps: stamps,
            attachment: attachment(writes, sizes, idempotency: idempotency), caller: caller)
        let written = writes.filter { $0.satisfiedBy == nil }
        indexer.expect(try written.map(IndexedVersion.init(written:)))
        let committed: CommittedTransaction
        do {
            committed = try await engine.submit(transaction)
        } catch {
            indexer.forget(written.map(\.locator))
            throw error
        }
        if let refusal = committed.refusal {
            indexer.forget(written.map(\.locator))
            throw LedgerRefusal(reason: refusal.rawValue, receipt: committed.receipt)
        }
        return committed
    }

    /// A transaction under the author's stamps; where there are none, the node's on the author's
    /// behalf.
    func transaction(
        _ intent: ReceivedIntent, stamps: [EStamp], attachment: Attachment, caller: Caller
    ) throws -> UnverifiedTransaction {
        guard stamps.isEmpty else {
            return try UnverifiedTransaction(intent, stamps: stamps, attachment: attachment)
        }
        var attachment = attachment
        attachment.onBehalf = Attachment.OnBehalf(
            evidence: caller.evidence, tier: UInt32(caller.tier.rawValue))
        let stamp = try EStamp(
            intent: intent.id, purpose: .onBehalf, signingWith: engine.stampKey)
        return try UnverifiedTransaction(intent, stamps: [stamp], attachment: attachment)
    }

    /// What decides about the versions that an intent writes.
    ///
    /// - Throws: `LedgerRefusal` for a window that ends so late that its orphans would have to be
    ///   kept for longer than two of the longest windows: it is too long, or has not begun.
    func naming(_ received: ReceivedIntent) throws -> Naming {
        let intent = received.intent
        let nowMs = max(clock(), engine.head.tip.timeMs)
        guard intent.notAfterMs <= nowMs || (intent.notAfterMs - nowMs) / 2 <= windowMaxMs else {
            let isLong = intent.notAfterMs - intent.notBeforeMs > windowMaxMs
            let reason: RefusalReason = isLong ? .windowTooLong : .outsideWindow
            throw LedgerRefusal(reason: reason.rawValue, receipt: nil)
        }
        return Naming(transaction: received.id, endMs: intent.notAfterMs)
    }

    /// The sealed size of each write, in order; 0 where nothing was written.
    private func seal(_ writes: [PlannedWrite], _ naming: Naming) async throws -> [UInt64] {
        let sizes = try await put(try versions(writes, naming))
        return writes.map { sealedSize($0, sizes) }
    }

    /// The sealed size of a write, of those that `put` gave; 0 where nothing was written.
    func sealedSize(_ write: PlannedWrite, _ sizes: [Identifier: UInt64]) -> UInt64 {
        write.uploaded.map { UInt64($0.paddedSizeBytes) } ?? sizes[write.locator] ?? 0
    }

    /// What of the writes is still to be sealed.
    func versions(_ writes: [PlannedWrite], _ naming: Naming?) throws -> [VersionToSeal] {
        try writes.filter { $0.satisfiedBy == nil && $0.uploaded == nil }.map { write in
            VersionToSeal(
                locator: write.locator,
                compartment: try vault.keystore.compartment(
                    patient: write.sidecar.patient, sensitivityClass: 0),
                secret: write.secret, commitment: write.commitment, content: write.content,
                sidecar: write.sidecar.bytes, naming: naming)
        }
    }

    /// Makes versions durable: their sealed sizes by locator.
    func put(_ versions: [VersionToSeal]) async throws -> [Identifier: UInt64] {
        do {
            let sealed = try await vault.put(versions)
            return Dictionary(
                sealed.map { ($0.locator, UInt64($0.paddedSizeBytes)) },
                uniquingKeysWith: { first, _ in first })
        } catch {
            throw VaultProblem.error(error)
        }
    }

    func attachment(
        _ writes: [PlannedWrite], _ sizes: [UInt64], idempotency: Digest?
    ) -> Attachment {
        var attachment = Attachment()
        for (index, write) in writes.enumerated() {
            attachment.writes.append(
                .init(
                    locator: write.locator, paddedSizeBytes: sizes[index],
                    satisfiedBy: write.satisfiedBy?.record))
            for claim in write.claims where write.satisfiedBy == nil {
                attachment.claims.append(.init(id: claim.id, kind: claim.kind, write: index))
            }
            attachment.released += write.released
        }
        if let idempotency {
            attachment.claims.append(
                .init(
                    id: idempotency, kind: .idempotency, write: 0,
                    expiresMs: clock() + ClaimKeys.idempotencyMs))
        }
        return attachment
    }
}

/// What the vault reports, as callers read it.
enum VaultProblem {
    static func error(_ error: any Error) -> any Error {
        guard let error = error as? VaultError else { return error }
        switch error {
        case .full:
            return NodeError(
                .storageFull, "no space left for sealed records; nothing was stored",
                hint: "free space where the providers lie, then try again")
        case .providersUnavailable:
            return NodeError(
                .unavailable, "too few storage providers answer; nothing was stored",
                hint: "bring the providers back, then try again")
        case .busy:
            return NodeError(
                .unavailable, "too many large writes are under way; nothing was stored",
                hint: "try again soon")
        case .unrecoverable:
            return NodeError(
                .unavailable, "too few fragments of this record are reachable at the moment",
                hint: "bring the missing providers back; cairn verify names the fragments")
        default:
            return NodeError(
                .damaged, "the sealed record does not open",
                hint: "run cairn verify on the node's data; it names what is damaged")
        }
    }
}
