import LedgerCore
import Synchronization
import TestSupport
import Testing

@testable import Identity

@Suite struct ReplayGuardTests {
    static let start: Int64 = 1_800_000_000
    let key = Digest.sha256([1])

    private func admit(
        _ state: inout ReplayState, nonce: UInt64, created: Int64, now: Int64, key: Digest? = nil
    ) -> RequestSignatureError? {
        state.admit(
            keyId: key ?? self.key, nonce: .test(nonce), created: created, nowSeconds: now)
    }

    @Test func aNonceIsAdmittedOnce() {
        var state = ReplayState(startSeconds: Self.start, capacity: 100)
        #expect(admit(&state, nonce: 1, created: Self.start, now: Self.start) == nil)
        #expect(admit(&state, nonce: 1, created: Self.start, now: Self.start) == .replayed)
        #expect(admit(&state, nonce: 1, created: Self.start + 1, now: Self.start + 9) == .replayed)
        #expect(admit(&state, nonce: 2, created: Self.start, now: Self.start) == nil)
        let other = Digest.sha256([2])
        #expect(admit(&state, nonce: 1, created: Self.start, now: Self.start, key: other) == nil)
        #expect(state.count == 3)
    }

    @Test func onlyTheWindowIsFresh() {
        var state = ReplayState(startSeconds: 0, capacity: 100)
        let now = Self.start
        #expect(admit(&state, nonce: 1, created: now - 300, now: now) == nil)
        #expect(admit(&state, nonce: 2, created: now + 300, now: now) == nil)
        #expect(admit(&state, nonce: 3, created: now - 301, now: now) == .stale)
        #expect(admit(&state, nonce: 4, created: now + 301, now: now) == .stale)
        #expect(admit(&state, nonce: 5, created: 0, now: now) == .stale)
        #expect(admit(&state, nonce: 6, created: 999_999_999_999_999, now: now) == .stale)
    }

    @Test func nothingFromBeforeTheStartIsAdmitted() {
        var state = ReplayState(startSeconds: Self.start, capacity: 100)
        #expect(
            admit(&state, nonce: 1, created: Self.start - 1, now: Self.start) == .beforeStart)
        #expect(admit(&state, nonce: 1, created: Self.start, now: Self.start) == nil)
    }

    @Test func whatIsSignedAheadIsKeptOverARestart() throws {
        let kept = Mutex<[ReplayGuard.Remembered]>([])
        func parsed(_ nonce: UInt64, _ created: Int64) -> ParsedRequestSignature {
            ParsedRequestSignature(
                keyId: key, created: created, nonce: .test(nonce), contentDigest: nil,
                signatureBase: [], signature: [], scheme: .ed25519)
        }
        let first = ReplayGuard(startSeconds: Self.start) { entry, _ in
            kept.withLock { $0.append(entry) }
        }
        try first.admit(parsed(1, Self.start), nowSeconds: Self.start)
        try first.admit(parsed(2, Self.start + 200), nowSeconds: Self.start)
        let remembered = kept.withLock { $0 }
        #expect(remembered.map(\.nonce) == [.test(2)], "only what runs ahead needs keeping")

        let next = ReplayGuard(startSeconds: Self.start + 1, remembered: remembered)
        #expect(throws: RequestSignatureError.beforeStart) {
            try next.admit(parsed(1, Self.start), nowSeconds: Self.start + 1)
        }
        #expect(throws: RequestSignatureError.replayed) {
            try next.admit(parsed(2, Self.start + 200), nowSeconds: Self.start + 1)
        }
        try next.admit(parsed(3, Self.start + 200), nowSeconds: Self.start + 1)
    }

    @Test func whatCannotBeKeptIsNotAdmitted() throws {
        struct Full: Error {}
        let guardian = ReplayGuard(startSeconds: Self.start) { _, _ in throw Full() }
        let parsed = ParsedRequestSignature(
            keyId: key, created: Self.start + 5, nonce: .test(1), contentDigest: nil,
            signatureBase: [], signature: [], scheme: .ed25519)
        #expect(throws: RequestSignatureError.busy) {
            try guardian.admit(parsed, nowSeconds: Self.start)
        }
    }

    @Test func aFullGuardRefusesAndRecovers() {
        var state = ReplayState(startSeconds: Self.start, capacity: 8)
        for key in 0..<4 as Range<UInt8> {
            for nonce in 0..<2 as Range<UInt64> {
                let fault = admit(
                    &state, nonce: nonce, created: Self.start, now: Self.start,
                    key: Digest.sha256([key]))
                #expect(fault == nil)
            }
        }
        #expect(admit(&state, nonce: 9, created: Self.start, now: Self.start) == .busy)
        // Full or not, a replay is called one, and nothing was forgotten.
        let first = Digest.sha256([0])
        #expect(
            admit(&state, nonce: 0, created: Self.start, now: Self.start, key: first) == .replayed)
        #expect(admit(&state, nonce: 9, created: Self.start + 301, now: Self.start + 301) == nil)
        #expect(state.count == 1)
    }

    @Test func oneKeyCannotFillTheGuard() {
        var state = ReplayState(startSeconds: Self.start, capacity: 8)
        for nonce in 0..<2 as Range<UInt64> {
            #expect(admit(&state, nonce: nonce, created: Self.start, now: Self.start) == nil)
        }
        #expect(admit(&state, nonce: 2, created: Self.start, now: Self.start) == .busy)
        let other = Digest.sha256([2])
        #expect(admit(&state, nonce: 2, created: Self.start, now: Self.start, key: other) == nil)
    }

    /// A clock that is set back must not revive what was forgotten.
    @Test func aClockSetBackRevivesNothing() {
        var state = ReplayState(startSeconds: Self.start, capacity: 100)
        #expect(admit(&state, nonce: 1, created: Self.start, now: Self.start) == nil)
        #expect(admit(&state, nonce: 2, created: Self.start + 400, now: Self.start + 400) == nil)
        #expect(state.count == 1)
        #expect(admit(&state, nonce: 1, created: Self.start, now: Self.start) == .stale)
    }

    /// Against a model that never forgets: nothing is admitted twice, and the count stays bounded.
    @Test func nothingIsAdmittedTwice() async {
        for await item in Soak.cases(usual: 8, long: 4_000, pinned: 1) { checkAdmissions(item) }
    }

    private func checkAdmissions(_ item: SeededCase) {
        var generator = item.random
        var state = ReplayState(startSeconds: Self.start, capacity: 64)
        var admitted = Set<[UInt64]>()
        var now = Self.start
        for _ in 0..<4_000 {
            now += Int64.random(in: -20...30, using: &generator)
            let key = UInt64.random(in: 0..<6, using: &generator)
            let nonce = UInt64.random(in: 0..<200, using: &generator)
            // One signature has one `created`: drawn from its name.
            let created = Self.start + Int64(nonce * 100) + Int64(key)
            let fault = admit(
                &state, nonce: nonce, created: created, now: now,
                key: Digest.sha256([UInt8(key)]))
            if fault == nil, !admitted.insert([key, nonce]).inserted {
                Issue.record("\(item): key \(key), nonce \(nonce)")
            }
            if state.count > 64 { Issue.record("\(item): \(state.count)") }
        }
        #expect(admitted.count > 20, "\(item)")
    }

    @Test func theGuardIsSafeToShare() async {
        let guardian = ReplayGuard(startSeconds: 0)
        let parsed = (0..<50 as Range<UInt64>).map {
            ParsedRequestSignature(
                keyId: key, created: Self.start, nonce: .test($0), contentDigest: nil,
                signatureBase: [], signature: [], scheme: .ed25519)
        }
        let admitted = await withTaskGroup(of: Int.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    parsed.count { (try? guardian.admit($0, nowSeconds: Self.start)) != nil }
                }
            }
            return await group.reduce(0, +)
        }
        #expect(admitted == 50 && guardian.count == 50)
    }
}
