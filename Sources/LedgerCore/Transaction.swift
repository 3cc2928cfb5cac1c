/// A transaction as it came: decoded, its stamps not yet checked. It cannot be applied.
package struct UnverifiedTransaction: Sendable {
    /// One reference, for it passes through many hands.
    private let parts: Parts

    private final class Parts: Sendable {
        let bytes: [UInt8]
        let intentBytes: [UInt8]
        let intent: Intent
        let stamps: [EStamp]
        let attachment: Attachment
        let id: Digest
        let digest: Digest

        convenience init(bytes: [UInt8]) throws(MalformedBytes) {
            let wire = try Wire.decode(
                WireTransaction.self, from: bytes, what: "transaction",
                limitBytes: WireLimit.transactionBytes)
            try self.init(
                bytes: bytes, intent: try ReceivedIntent(bytes: [UInt8](wire.intent)),
                stamps: wire.stamps, attachment: try Attachment(bytes: [UInt8](wire.attachment)))
        }

        /// `bytes` hold the other parts.
        init(
            bytes: [UInt8], intent: ReceivedIntent, stamps wires: [WireStamp],
            attachment: Attachment
        ) throws(MalformedBytes) {
            guard (1...WireLimit.stampsPerTransaction).contains(wires.count) else {
                throw MalformedBytes("transaction", .tooMany)
            }
            var stamps = [EStamp]()
            stamps.reserveCapacity(wires.count)
            for stamp in wires { stamps.append(try EStamp(stamp)) }
            self.bytes = bytes
            intentBytes = intent.bytes
            self.intent = intent.intent
            self.stamps = stamps
            self.attachment = attachment
            id = intent.id
            digest = Domain.transaction.digest(bytes)
        }
    }

    /// The exact bytes that the log's leaf covers.
    package var bytes: [UInt8] { parts.bytes }
    /// The exact bytes that were stamped.
    package var intentBytes: [UInt8] { parts.intentBytes }
    package var intent: Intent { parts.intent }
    package var stamps: [EStamp] { parts.stamps }
    package var attachment: Attachment { parts.attachment }
    /// Digest of the intent's bytes.
    package var id: Digest { parts.id }
    /// Digest of the transaction's bytes: the leaf of the log.
    package var digest: Digest { parts.digest }

    /// Decodes within limits.
    package init(bytes: [UInt8]) throws(MalformedBytes) { parts = try Parts(bytes: bytes) }

    /// Puts the parts together; the intent's bytes are kept as they were stamped.
    package init(
        intentBytes: [UInt8], stamps: [EStamp], attachment: Attachment
    ) throws(MalformedBytes) {
        try self.init(
            ReceivedIntent(bytes: intentBytes), stamps: stamps, attachment: attachment)
    }

    /// Puts the parts together. What is encoded here is not decoded again, but held to the same
    /// limits.
    package init(
        _ intent: ReceivedIntent, stamps: [EStamp], attachment: Attachment
    ) throws(MalformedBytes) {
        var wire = WireTransaction()
        wire.intent = intent.bytes.field
        wire.stamps = stamps.map(\.wire)
        let attached = attachment.wire
        wire.attachment = Wire.encode(attached).field
        let bytes = Wire.encode(wire)
        guard bytes.count <= WireLimit.transactionBytes else {
            throw MalformedBytes("transaction", .oversize)
        }
        parts = try Parts(
            bytes: bytes, intent: intent, stamps: wire.stamps,
            attachment: try Attachment(attached))
    }

    /// Checks every stamp against the key it names; `key` gives the key with that id, or `nil`.
    ///
    /// Whether a key may speak for the author at a given height is the contracts' question, asked
    /// against state; this answers only whether the signatures hold.
    package func verified(
        key: (Digest) throws -> (PublicKey, ParsedKey)?
    ) throws -> VerifiedTransaction {
        for stamp in stamps {
            guard let (publicKey, parsed) = try key(stamp.key) else {
                throw StampProblem.unknownKey(stamp.key)
            }
            if let fault = stamp.fault(for: id, key: publicKey, parsed: parsed) {
                throw StampProblem.doesNotHold(stamp.key, fault)
            }
        }
        return VerifiedTransaction(self)
    }
}

/// Why a transaction's stamps were not accepted; names the key.
package enum StampProblem: Error, Hashable, Sendable {
    case unknownKey(Digest)
    case doesNotHold(Digest, EStamp.Fault)
}

/// A transaction all of whose stamps hold. Only `verified(key:)` makes one, so that what is applied
/// has been checked.
package struct VerifiedTransaction: Sendable {
    package let transaction: UnverifiedTransaction

    fileprivate init(_ transaction: UnverifiedTransaction) { self.transaction = transaction }
}

/// The node's part of a transaction, covered by the node's stamp on the submission.
package struct Attachment: Hashable, Sendable {
    /// One entry for each write of a records command; empty for other contracts.
    package var writes: [WriteAttachment] = []
    package var claims: [Claim] = []
    /// Claims that end with this transaction.
    package var released: [Digest] = []
    package var onBehalf: OnBehalf?

    package init() {}

    /// Whether it has nothing to say about records, as the other contracts demand.
    package var namesNoRecord: Bool { writes.isEmpty && claims.isEmpty && released.isEmpty }

    /// Where a write's sealed content lies, or which record made it needless.
    package struct WriteAttachment: Hashable, Sendable {
        package var locator: Identifier
        package var paddedSizeBytes: UInt64
        package var satisfiedBy: Identifier?

        package init(locator: Identifier, paddedSizeBytes: UInt64, satisfiedBy: Identifier? = nil) {
            self.locator = locator
            self.paddedSizeBytes = paddedSizeBytes
            self.satisfiedBy = satisfiedBy
        }
    }

    /// A name, condition or idempotency key taken by one of the transaction's writes.
    package struct Claim: Hashable, Sendable {
        package var id: Digest
        package var kind: Kind
        package var write: Int
        /// Block time in ms; `nil` lasts.
        package var expiresMs: UInt64?

        package enum Kind: Int, Sendable { case condition = 1, idempotency, name }

        package init(id: Digest, kind: Kind, write: Int, expiresMs: UInt64? = nil) {
            self.id = id
            self.kind = kind
            self.write = write
            self.expiresMs = expiresMs
        }
    }

    /// How the node knew the author for whom it stamped.
    package struct OnBehalf: Hashable, Sendable {
        /// Digest of the token or of the signed request.
        package var evidence: Digest
        package var tier: UInt32

        /// DESIGN section 7 knows tiers 0, 1 and 2.
        package static let tierMax: UInt32 = 2

        package init(evidence: Digest, tier: UInt32) {
            self.evidence = evidence
            self.tier = tier
        }
    }

    /// Reads exact bytes.
    package init(bytes: [UInt8]) throws(MalformedBytes) {
        try self.init(
            Wire.decode(
                WireAttachment.self, from: bytes, what: "attachment",
                limitBytes: WireLimit.transactionBytes))
    }

    /// Reads the wire's form; every count and length is checked.
    init(_ wire: WireAttachment) throws(MalformedBytes) {
        let limit = WireLimit.writesPerIntent
        guard wire.writes.count <= limit, wire.claims.count <= 2 * limit + 1,
            wire.released.count <= 2 * limit
        else { throw MalformedBytes("attachment", .tooMany) }
        for write in wire.writes {
            writes.append(
                WriteAttachment(
                    locator: try Identifier(field: write.locator, of: "locator"),
                    paddedSizeBytes: write.paddedSizeBytes,
                    satisfiedBy: write.satisfiedBy.isEmpty
                        ? nil : try Identifier(field: write.satisfiedBy, of: "attachment")))
        }
        for claim in wire.claims {
            guard let kind = Claim.Kind(rawValue: claim.kind.rawValue) else {
                throw MalformedBytes("attachment", .badField)
            }
            claims.append(
                Claim(
                    id: try Digest(field: claim.id, of: "claim"), kind: kind,
                    write: Int(claim.write),
                    expiresMs: claim.expiresMs == 0 ? nil : claim.expiresMs))
        }
        for id in wire.released { released.append(try Digest(field: id, of: "claim")) }
        if wire.hasOnBehalf {
            guard wire.onBehalf.tier <= OnBehalf.tierMax else {
                throw MalformedBytes("attachment", .badField)
            }
            onBehalf = OnBehalf(
                evidence: try Digest(field: wire.onBehalf.evidence, of: "attachment"),
                tier: wire.onBehalf.tier)
        }
    }

    /// The bytes that the node's stamp covers.
    package var bytes: [UInt8] { Wire.encode(wire) }

    /// The wire's form.
    var wire: WireAttachment {
        var wire = WireAttachment()
        wire.writes = writes.map { write in
            var entry = WireWriteAttachment()
            entry.locator = write.locator.bytes.field
            entry.paddedSizeBytes = write.paddedSizeBytes
            if let record = write.satisfiedBy { entry.satisfiedBy = record.bytes.field }
            return entry
        }
        wire.claims = claims.map { claim in
            var entry = WireClaim()
            entry.id = claim.id.bytes.field
            entry.kind = WireClaimKind(rawValue: claim.kind.rawValue) ?? .unspecified
            entry.write = UInt32(claim.write)
            entry.expiresMs = claim.expiresMs ?? 0
            return entry
        }
        wire.released = released.map { $0.bytes.field }
        if let onBehalf {
            wire.onBehalf.evidence = onBehalf.evidence.bytes.field
            wire.onBehalf.tier = onBehalf.tier
        }
        return wire
    }
}
