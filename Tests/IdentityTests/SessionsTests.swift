import Identity
import LedgerCore
import Testing

/// Links and sessions under a clock that the test turns.
@Suite struct SessionsTests {
    private let ada = person(1)
    private let bob = person(2)

    private static func person(_ byte: UInt8) -> Identifier {
        var random = Fixed(byte: byte)
        return Identifier(using: &random)
    }

    private struct Fixed: RandomNumberGenerator {
        let byte: UInt8
        mutating func next() -> UInt64 { UInt64(byte) &* 0x0101_0101_0101_0101 }
    }

    @Test func aLinkEndsAfterTenMinutesAndOneUse() throws {
        let sessions = Sessions()
        let late = try sessions.makeLink(for: ada, nowMs: 1_000)
        #expect(throws: SessionProblem.unknownLink) {
            try sessions.begin(link: late, nowMs: 601_000)
        }
        let used = try sessions.makeLink(for: ada, nowMs: 601_000)
        let (secret, session) = try sessions.begin(link: used, nowMs: 1_200_999)
        #expect(session.person == ada)
        #expect(secret != used && secret.utf8.count == 43)
        #expect(throws: SessionProblem.unknownLink) {
            try sessions.begin(link: used, nowMs: 1_200_999)
        }
    }

    @Test func aSessionEndsAfterEightHoursHoweverMuchItIsUsed() throws {
        let sessions = Sessions()
        let (secret, _) = try sessions.begin(
            link: try sessions.makeLink(for: ada, nowMs: 0), nowMs: 0)
        let endMs: UInt64 = 8 * 3_600_000
        for nowMs in stride(from: 0, to: endMs, by: 600_000) {
            #expect(sessions.session(secret, nowMs: nowMs)?.person == ada)
        }
        #expect(sessions.session(secret, nowMs: endMs - 1) != nil)
        #expect(sessions.session(secret, nowMs: endMs) == nil)
        // A clock that is set back brings nothing to life.
        #expect(sessions.session(secret, nowMs: 0) == nil)
    }

    @Test func aClockThatIsSetBackProlongsNothing() throws {
        let sessions = Sessions()
        let link = try sessions.makeLink(for: ada, nowMs: 1_000_000)
        _ = try sessions.makeLink(for: bob, nowMs: 1_600_000)
        #expect(throws: SessionProblem.unknownLink) {
            try sessions.begin(link: link, nowMs: 1_000_001)
        }
    }

    @Test func onePersonKeepsNobodyElseOut() throws {
        let sessions = Sessions()
        let others = try sessions.makeLink(for: bob, nowMs: 0)
        var links = [String]()
        for _ in 0..<(Sessions.linksPerPersonMax + 3) {
            links.append(try sessions.makeLink(for: ada, nowMs: UInt64(links.count)))
        }
        #expect(throws: SessionProblem.unknownLink) {
            try sessions.begin(link: links[0], nowMs: 10)
        }
        _ = try sessions.begin(link: try #require(links.last), nowMs: 10)
        let (first, _) = try sessions.begin(link: others, nowMs: 10)
        for _ in 0..<(Sessions.sessionsPerPersonMax + 2) {
            _ = try sessions.begin(
                link: try sessions.makeLink(for: ada, nowMs: 20), nowMs: 20)
        }
        #expect(sessions.session(first, nowMs: 30)?.person == bob)
        #expect(sessions.count(nowMs: 30) == Sessions.sessionsPerPersonMax + 1)
    }

    @Test func endingOneLeavesTheOthers() throws {
        let sessions = Sessions()
        let (one, session) = try sessions.begin(
            link: try sessions.makeLink(for: ada, nowMs: 0), nowMs: 0)
        let (two, _) = try sessions.begin(
            link: try sessions.makeLink(for: ada, nowMs: 0), nowMs: 0)
        sessions.end(session)
        #expect(sessions.session(one, nowMs: 1) == nil)
        #expect(sessions.session(two, nowMs: 1) != nil)
        #expect(sessions.session("", nowMs: 1) == nil)
    }
}
