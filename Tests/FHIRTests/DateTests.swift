import FHIR
import Foundation
import TestSupport
import Testing

@Suite struct DateTests {

    @Test func instantsAgreeWithFoundation() async throws {
        let formatter = ISO8601DateFormatter()
        formatter.formatOptions = [.withInternetDateTime, .withFractionalSeconds]
        // From 1600, where Foundation's calendar is Gregorian, to 9999.
        for await item in Soak.cases(usual: 5_000, long: 300_000, pinned: 1) {
            var random = item.random
            let seconds = Int64.random(in: -11_676_096_000...253_402_300_799, using: &random)
            let ms = seconds * 1000 + Int64.random(in: 0..<1000, using: &random)
            let text = Instant.format(ms)
            #expect(Instant.parse(text) == ms, "\(item): \(text)")
            let date = try #require(formatter.date(from: text))
            #expect(Int64((date.timeIntervalSince1970 * 1000).rounded()) == ms, "\(item): \(text)")
        }
    }

    @Test func knownInstants() {
        #expect(Instant.format(0) == "1970-01-01T00:00:00.000Z")
        #expect(Instant.format(-1) == "1969-12-31T23:59:59.999Z")
        #expect(Instant.format(1_767_225_600_000) == "2026-01-01T00:00:00.000Z")
        #expect(Instant.format(951_782_400_000) == "2000-02-29T00:00:00.000Z")
        #expect(Instant.format(.min) == "0001-01-01T00:00:00.000Z")
        #expect(Instant.format(.max) == "9999-12-31T23:59:59.999Z")
        #expect(Instant.parse("2026-01-01T01:00:00.5+01:00") == 1_767_225_600_500)
        #expect(Instant.parse("2026-01-01T00:00:00.0009Z") == 1_767_225_600_000)
        #expect(Instant.parse("2026-01-01") == nil)
        #expect(Instant.parse("2026-01-01T00:00:00") == nil)
    }

    @Test func httpDatesAgreeWithFoundation() async {
        let formatter = DateFormatter()
        formatter.locale = Locale(identifier: "en_US_POSIX")
        formatter.timeZone = TimeZone(secondsFromGMT: 0)
        formatter.dateFormat = "EEE, dd MMM yyyy HH:mm:ss 'GMT'"
        for await item in Soak.cases(usual: 1_000, long: 300_000, pinned: 2) {
            var random = item.random
            let seconds = Int64.random(in: -1_000_000_000...10_000_000_000, using: &random)
            let date = Date(timeIntervalSince1970: TimeInterval(seconds))
            #expect(HTTPDate.format(seconds * 1000) == formatter.string(from: date), "\(item)")
        }
        #expect(HTTPDate.format(784_111_777_000) == "Sun, 06 Nov 1994 08:49:37 GMT")
    }
}
