/// The hand-overs among a transaction's stamps: from the author to a receiver, from that one to the
/// next, each accepted.
///
/// Stamps of a chain stand in its order. A hand-over names the stamp before it (the author's, or
/// the accepting one) and the key that alone may accept; an accepting stamp names its hand-over.
/// Whether signatures hold, and whose keys they are, is asked elsewhere.
package struct HandOverChain: Hashable, Sendable {
    /// One step that was offered and taken.
    package struct Hop: Hashable, Sendable {
        /// Key of who gave away.
        package let from: Digest
        /// Key of who accepted.
        package let to: Digest
        /// Places of both stamps in the transaction.
        package let handOver: Int
        package let accept: Int
    }

    /// In order; empty where nothing was handed over.
    package let hops: [Hop]

    /// Where a chain does not hold.
    package struct Fault: Error, Hashable, Sendable {
        /// Place of the first stamp that does not fit; of the hand-over, where its acceptance is
        /// missing.
        package let stamp: Int
        package let kind: Kind

        package init(stamp: Int, kind: Kind) {
            self.stamp = stamp
            self.kind = kind
        }

        /// The raw values are stable: they stand in blocks and in what verifiers say.
        package enum Kind: String, Hashable, Sendable, CaseIterable {
            /// A stamp that belongs to no chain: it names nothing before it, or something else.
            case broken = "hand-over-broken"
            /// Handed over by somebody who did not hold it.
            case notHolder = "hand-over-not-holder"
            /// Accepted by another key than the hand-over names.
            case redirected = "hand-over-redirected"
            /// Handed over, or accepted, a second time.
            case forked = "hand-over-forked"
            /// Nobody accepted.
            case notAccepted = "hand-over-not-accepted"
        }
    }

    /// Follows the chain through `stamps`.
    package init(_ stamps: [EStamp]) throws(Fault) {
        var hops = [Hop]()
        // What a next hand-over may name, and who may sign it; the author may have several stamps.
        var held: [Digest: Digest?] = [:]
        var handedOver = Set<Digest>()
        var accepted = Set<Digest>()
        var pending: (stamp: Int, link: Digest, receiver: Digest)?
        for (place, stamp) in stamps.enumerated() {
            switch stamp.purpose {
            case .author, .onBehalf:
                guard stamp.previous == nil, stamp.receiver == nil else {
                    throw Fault(stamp: place, kind: .broken)
                }
                // Which key of the author's hands over is the contracts' question.
                if hops.isEmpty, pending == nil { held[stamp.link] = .some(nil) }
            case .approve, .refuse:
                guard stamp.previous == nil, stamp.receiver == nil else {
                    throw Fault(stamp: place, kind: .broken)
                }
            case .handOver:
                guard let previous = stamp.previous, let receiver = stamp.receiver,
                    receiver != stamp.key
                else { throw Fault(stamp: place, kind: .broken) }
                guard !handedOver.contains(previous) else {
                    throw Fault(stamp: place, kind: .forked)
                }
                guard let holder = held[previous] else { throw Fault(stamp: place, kind: .broken) }
                guard holder == nil || holder == stamp.key else {
                    throw Fault(stamp: place, kind: .notHolder)
                }
                // None of the author's stamps starts a second chain.
                handedOver.formUnion(held.keys)
                held = [:]
                pending = (place, stamp.link, receiver)
            case .accept:
                guard let previous = stamp.previous, stamp.receiver == nil else {
                    throw Fault(stamp: place, kind: .broken)
                }
                guard !accepted.contains(previous) else {
                    throw Fault(stamp: place, kind: .forked)
                }
                guard let offer = pending, offer.link == previous else {
                    throw Fault(stamp: place, kind: .broken)
                }
                guard stamp.key == offer.receiver else {
                    throw Fault(stamp: place, kind: .redirected)
                }
                hops.append(
                    Hop(
                        from: stamps[offer.stamp].key, to: stamp.key, handOver: offer.stamp,
                        accept: place))
                accepted.insert(previous)
                held = [stamp.link: .some(stamp.key)]
                pending = nil
            }
        }
        if let pending { throw Fault(stamp: pending.stamp, kind: .notAccepted) }
        self.hops = hops
    }

    /// Key of who holds it at the end; `nil` where nothing was handed over.
    package var holder: Digest? { hops.last?.to }
}

extension WriteReceipt {
    /// Key of whoever holds, by this receipt, what `transaction` wrote: the last who accepted.
    ///
    /// `nil` where the transaction is another one or was refused, or where nothing was handed over.
    package func holder(of transaction: UnverifiedTransaction) -> Digest? {
        guard refused == nil, speaks(of: transaction) else { return nil }
        return (try? HandOverChain(transaction.stamps))?.holder
    }
}
