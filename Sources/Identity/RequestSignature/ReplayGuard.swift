import LedgerCore
import Synchronization

/// Admits each request signature once, while it is fresh.
///
/// A signature is fresh when `created` lies within the window around now. Nonces are remembered for
/// as long as their signature could be fresh, in memory only; what was created before the start is
/// therefore refused. A signature made by a clock running ahead and used just before a restart
/// could return after it: a node closes this by handing in, as `startSeconds`, the later of its
/// start and ``latestCreatedSeconds`` + 1 as it last saved it.
package final class ReplayGuard: Sendable {
    /// Each way. Phones keep time within seconds, badly kept workstations within minutes.
    package static let windowSeconds: Int64 = 300
    /// At some 200 bytes each 50 MB at most; 436 signed requests a second on end.
    package static let capacityStandard = 262_144

    private let state: Mutex<ReplayState>

    /// - Parameters:
    ///   - startSeconds: since 1970; nothing created before it is admitted.
    ///   - capacity: nonces remembered at most, at least 4; one key may take a quarter of them.
    package init(startSeconds: Int64, capacity: Int = ReplayGuard.capacityStandard) {
        state = Mutex(ReplayState(startSeconds: startSeconds, capacity: max(capacity, 4)))
    }

    /// Admits a signature that ``RequestVerifier/check(_:publicKey:)`` has passed.
    ///
    /// - Throws: ``RequestSignatureError``: `stale`, `beforeStart`, `replayed` or `busy` (429 or
    ///   503: nothing is forgotten to make room, for that would admit a replay).
    package func admit(
        _ parsed: ParsedRequestSignature, nowSeconds: Int64
    ) throws(RequestSignatureError) {
        let fault = state.withLock {
            $0.admit(
                keyId: parsed.keyId, nonce: parsed.nonce, created: parsed.created,
                nowSeconds: nowSeconds)
        }
        if let fault { throw fault }
    }

    /// Nonces remembered, for metrics.
    package var count: Int { state.withLock { $0.count } }

    /// The latest `created` admitted, seconds since 1970.
    package var latestCreatedSeconds: Int64 { state.withLock { $0.latestCreated } }
}

/// The value inside ``ReplayGuard``: no clock, no lock.
struct ReplayState: Sendable {
    private struct Entry: Hashable {
        let keyId: Digest
        let nonce: Identifier
    }

    let startSeconds: Int64
    let capacity: Int
    var count: Int { seen.count }
    private(set) var latestCreated: Int64 = 0
    private var seen = Set<Entry>()
    /// The same by the second of `created`, to forget by: at most two windows of seconds.
    private var bySecond = [Int64: [Entry]]()
    private var countByKey = [Digest: Int]()
    /// The latest time given; a clock that is set back must not bring old signatures to life.
    private var latestNow: Int64 = 0

    init(startSeconds: Int64, capacity: Int) {
        self.startSeconds = startSeconds
        self.capacity = capacity
    }

    /// `nil` if admitted.
    mutating func admit(
        keyId: Digest, nonce: Identifier, created: Int64, nowSeconds: Int64
    ) -> RequestSignatureError? {
        let window = ReplayGuard.windowSeconds
        if nowSeconds > latestNow {
            latestNow = nowSeconds
            forget(before: nowSeconds - window)
        }
        guard created >= latestNow - window, created <= nowSeconds + window else { return .stale }
        guard created >= startSeconds else { return .beforeStart }
        let entry = Entry(keyId: keyId, nonce: nonce)
        // The same nonce under another `created` is a new signature and no replay, yet nobody
        // draws 16 random bytes twice.
        guard !seen.contains(entry) else { return .replayed }
        guard count < capacity, countByKey[keyId, default: 0] < capacity / 4 else { return .busy }
        seen.insert(entry)
        bySecond[created, default: []].append(entry)
        countByKey[keyId, default: 0] += 1
        latestCreated = max(latestCreated, created)
        return nil
    }

    private mutating func forget(before floor: Int64) {
        for second in bySecond.keys.filter({ $0 < floor }) {
            for entry in bySecond.removeValue(forKey: second) ?? [] {
                seen.remove(entry)
                let left = countByKey[entry.keyId, default: 0] - 1
                countByKey[entry.keyId] = left > 0 ? left : nil
            }
        }
    }
}
