package import FHIR
package import Identity
package import LedgerCore

/// Builds the value of the header `Cairn-Stamp`: the author's own stamp on a FHIR request.
///
/// Node and author derive the same intents from the stamp's seed and the request's content, as
/// ``StampedRequest`` says; the header carries the seed and one signature.
package struct StampBuilder: Sendable {
    package let network: Digest
    package let channel: String
    package let author: Identifier
    let key: WalletKey
    let nowMs: @Sendable () -> UInt64

    /// How far a stamp reaches into the past: clocks of author and node differ by seconds.
    package static let beforeMs: UInt64 = 60_000
    /// How far it reaches into the future: a request with all its retries is done by then. Both
    /// together stay below a network's longest window, by default 10 minutes.
    package static let afterMs: UInt64 = 240_000

    package init(
        wallet: Wallet, channel: String, nowMs: @escaping @Sendable () -> UInt64 = WallClock.nowMs
    ) {
        network = wallet.network
        self.channel = channel
        author = wallet.person
        key = wallet.defaultKey
        self.nowMs = nowMs
    }

    /// What a stamped request sends, and what it speaks of.
    package struct Stamp: Hashable, Sendable {
        /// The value of `Cairn-Stamp`.
        package let header: String
        /// Ids of the stamped intents, in order: the transactions' ids.
        package let intents: [Digest]
    }

    /// Stamps one resource as it will be sent.
    ///
    /// - Parameters:
    ///   - isConditional: the request carries `If-None-Exist`.
    ///   - follows: the version that an update follows; `nil` creates.
    package func write(
        _ content: ArraySlice<UInt8>, isConditional: Bool = false,
        follows: StampedRequest.Follows? = nil
    ) throws -> Stamp {
        let pending = begin(follows: follows)
        let commitment = StampBuilder.commitment(content, secret: pending.secret)
        return try pending.finish(commitment, isConditional: isConditional)
    }

    /// Stamps the deletion of a record's newest version.
    package func deletion(of follows: StampedRequest.Follows) throws -> Stamp {
        try write([], follows: follows)
    }

    /// Begins a stamp on content that passes by in pieces, such as a file.
    package func begin(follows: StampedRequest.Follows? = nil) -> Pending {
        Pending(builder: self, request: request(follows: follows))
    }

    /// Stamps a transaction (one intent) or a batch (one intent for each entry that writes).
    ///
    /// - Returns: `nil` where the author cannot stamp it and the node must on behalf: nothing in it
    ///   writes, more than one intent can hold, or it deletes, which names a record that only a
    ///   request of its own can follow.
    package func bundle(_ bundle: BundleReader) throws -> Stamp? {
        let writing = bundle.entries.filter(BundleWrites.writes)
        let isTransaction = bundle.kind == .transaction
        guard !writing.isEmpty, !writing.contains(where: BundleWrites.deletes),
            !isTransaction || writing.count <= WireLimit.writesPerIntent
        else { return nil }
        let request = request(follows: nil)
        let writes = writing.enumerated().map { index, entry in
            StampedRequest.Write(
                commitment: StampBuilder.commitment(
                    entry.resource?.rawBytes ?? [], secret: request.secret(index)),
                conditional: entry.request?.ifNoneExist != nil)
        }
        guard !isTransaction else { return try sign(request, [id(request, writes, first: 0)]) }
        return try sign(
            request, writes.indices.map { id(request, [writes[$0]], first: $0) })
    }

    private func request(follows: StampedRequest.Follows?) -> StampedRequest {
        let now = nowMs()
        return StampedRequest(
            seed: Fresh.digest(), author: author,
            notBeforeMs: now - min(now, StampBuilder.beforeMs),
            notAfterMs: now + StampBuilder.afterMs, follows: follows)
    }

    private func id(
        _ request: StampedRequest, _ writes: [StampedRequest.Write], first: Int
    ) -> Digest {
        let intent = request.intent(
            network: network, channel: channel, writes: writes, first: first)
        return Intent.id(of: intent.bytes)
    }

    private func sign(_ request: StampedRequest, _ intents: [Digest]) throws -> Stamp {
        var signed = request
        signed.scheme = key.stampScheme
        signed.key = key.id
        signed.signature = try key.signature(over: intents)
        return Stamp(header: signed.header, intents: intents)
    }

    private static func commitment(_ content: ArraySlice<UInt8>, secret: Digest) -> Commitment {
        var hasher = Commitment.Hasher(secret: secret)
        content.withUnsafeBytes { hasher.update($0) }
        return hasher.finish()
    }
}

extension StampBuilder {
    /// A stamp that waits for the commitment to content still being read.
    package struct Pending: Sendable {
        let builder: StampBuilder
        let request: StampedRequest

        /// What the commitment is keyed with.
        package var secret: Digest { request.secret(0) }

        /// Stamps the commitment that `Commitment.Hasher(secret:)` gave.
        package func finish(_ commitment: Commitment, isConditional: Bool = false) throws -> Stamp {
            let write = StampedRequest.Write(commitment: commitment, conditional: isConditional)
            return try builder.sign(request, [builder.id(request, [write], first: 0)])
        }
    }
}

/// Which entries of a bundle write: both sides count them alike, from 0 in bundle order.
package enum BundleWrites {
    /// Whether the entry creates, updates or deletes. One that cannot be understood does not.
    package static func writes(_ entry: BundleEntry) -> Bool {
        switch entry.request?.interaction {
        case .create, .update, .delete, .conditionalUpdate, .conditionalDelete, .patch,
            .conditionalPatch:
            true
        case .read, .vread, .historyInstance, .search, nil: false
        }
    }

    /// Whether the entry names, by id or query, a record that must exist already.
    static func deletes(_ entry: BundleEntry) -> Bool {
        switch entry.request?.interaction {
        case .delete, .conditionalDelete, .patch, .conditionalPatch: true
        default: false
        }
    }
}
