package import LedgerCore
import Synchronization

/// Admits each request signature once, while it is fresh.
///
/// A signature is fresh when `created` lies within the window around now. Nonces are remembered for
/// as long as their signature could be fresh, in memory; what was created before the start is
/// therefore refused. A signature made by a clock that runs ahead could return after a restart:
/// these few are handed to `keep` before they are admitted, and back to the next start.
package final class ReplayGuard: Sendable {
    /// Each way. Phones keep time within seconds, badly kept workstations within minutes.
    package static let windowSeconds: Int64 = 300
    /// At some 200 bytes each 50 MB at most; 436 signed requests a second on end.
    package static let capacityStandard = 262_144

    /// A signature admitted before its time.
    package struct Remembered: Hashable, Sendable {
        package let keyId: Digest
        package let nonce: Identifier
        /// Seconds since 1970.
        package let created: Int64

        package init(keyId: Digest, nonce: Identifier, created: Int64) {
            self.keyId = keyId
            self.nonce = nonce
            self.created = created
        }
    }

    /// Makes a signature durable that was created after `nowSeconds`.
    package typealias Keeper =
        @Sendable (_ entry: Remembered, _ nowSeconds: Int64) throws -> Void

    private let state: Mutex<ReplayState>
    private let keep: Keeper?
    /// Nothing created before this second since 1970 is admitted.
    package let startSeconds: Int64

    /// - Parameters:
    ///   - startSeconds: since 1970; nothing created before it is admitted.
    ///   - capacity: nonces remembered at most, at least 4; one key may take a quarter of them.
    ///   - remembered: what `keep` was given before the start.
    package init(
        startSeconds: Int64, capacity: Int = ReplayGuard.capacityStandard,
        remembered: [Remembered] = [], keep: Keeper? = nil
    ) {
        var state = ReplayState(startSeconds: startSeconds, capacity: max(capacity, 4))
        for entry in remembered { state.remember(entry) }
        self.state = Mutex(state)
        self.keep = keep
        self.startSeconds = startSeconds
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
        guard let keep, parsed.created > nowSeconds else { return }
        do {
            try keep(
                Remembered(keyId: parsed.keyId, nonce: parsed.nonce, created: parsed.created),
                nowSeconds)
        } catch { throw .busy }
    }

    /// Nonces remembered, for metrics.
    package var count: Int { state.withLock { $0.count } }
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
        let entry = ReplayGuard.Remembered(keyId: keyId, nonce: nonce, created: created)
        // The same nonce under another `created` is a new signature and no replay, yet nobody
        // draws 16 random bytes twice.
        guard !seen.contains(Entry(keyId: keyId, nonce: nonce)) else { return .replayed }
        guard count < capacity, countByKey[keyId, default: 0] < capacity / 4 else { return .busy }
        remember(entry)
        return nil
    }

    mutating func remember(_ entry: ReplayGuard.Remembered) {
        let key = Entry(keyId: entry.keyId, nonce: entry.nonce)
        guard seen.insert(key).inserted else { return }
        bySecond[entry.created, default: []].append(key)
        countByKey[entry.keyId, default: 0] += 1
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
