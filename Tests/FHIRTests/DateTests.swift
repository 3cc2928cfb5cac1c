import FHIR
import Foundation
import Testing

@Suite struct DateTests {

    @Test func instantsAgreeWithFoundation() throws {
        let formatter = ISO8601DateFormatter()
        formatter.formatOptions = [.withInternetDateTime, .withFractionalSeconds]
        var random = SeededGenerator(seed: 1)
        // From 1600, where Foundation's calendar is Gregorian, to 9999.
        for _ in 0..<5000 {
            let seconds = Int64.random(in: -11_676_096_000...253_402_300_799, using: &random)
            let ms = seconds * 1000 + Int64.random(in: 0..<1000, using: &random)
            let text = Instant.format(ms)
            #expect(Instant.parse(text) == ms)
            let date = try #require(formatter.date(from: text))
            #expect(Int64((date.timeIntervalSince1970 * 1000).rounded()) == ms, "\(text)")
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

    @Test func httpDatesAgreeWithFoundation() {
        let formatter = DateFormatter()
        formatter.locale = Locale(identifier: "en_US_POSIX")
        formatter.timeZone = TimeZone(secondsFromGMT: 0)
        formatter.dateFormat = "EEE, dd MMM yyyy HH:mm:ss 'GMT'"
        var random = SeededGenerator(seed: 2)
        for _ in 0..<1000 {
            let seconds = Int64.random(in: -1_000_000_000...10_000_000_000, using: &random)
            let date = Date(timeIntervalSince1970: TimeInterval(seconds))
            #expect(HTTPDate.format(seconds * 1000) == formatter.string(from: date))
        }
        #expect(HTTPDate.format(784_111_777_000) == "Sun, 06 Nov 1994 08:49:37 GMT")
    }
}
