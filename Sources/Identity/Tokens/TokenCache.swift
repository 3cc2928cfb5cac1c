import LedgerCore

/// Tokens whose signature was checked, by digest: a busy client costs one check per token.
///
/// Holds claims, never tokens. Bounded: when full, the oldest entry goes. Time, issuer and
/// audience are checked on every use, so an entry can only save work.
struct TokenCache: Sendable {
    let capacity: Int
    private var claims = [Digest: TokenClaims]()
    /// Digests in the order of arrival; a ring once it is full.
    private var order = [Digest]()
    private var oldest = 0

    init(capacity: Int) {
        precondition(capacity > 0)
        self.capacity = capacity
    }

    var count: Int { claims.count }

    /// The claims of a token seen before. An expired one is forgotten.
    mutating func find(_ evidence: Digest, nowSeconds: Int64) -> TokenClaims? {
        guard let found = claims[evidence] else { return nil }
        guard nowSeconds < found.expiresSeconds else {
            claims[evidence] = nil
            return nil
        }
        return found
    }

    mutating func insert(_ evidence: Digest, _ new: TokenClaims) {
        guard claims.updateValue(new, forKey: evidence) == nil else { return }
        if order.count < capacity {
            order.append(evidence)
            return
        }
        claims[order[oldest]] = nil
        // Kept if the slot's old digest was this one, forgotten as expired and now back.
        claims[evidence] = new
        order[oldest] = evidence
        oldest = (oldest + 1) % capacity
    }
}
