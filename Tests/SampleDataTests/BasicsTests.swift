import FHIR
import Foundation
import TestSupport
import Testing

@testable import SampleData

@Suite("What the sample is made with")
struct BasicsTests {
    @Test func daysAreThoseOfTheCalendar() throws {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = try #require(TimeZone(identifier: "UTC"))
        for number in stride(from: -40_000, to: 60_000, by: 37) {
            let day = SampleDay(number: number)
            let date = Date(timeIntervalSince1970: Double(number) * 86_400)
            let parts = calendar.dateComponents([.year, .month, .day, .weekday], from: date)
            #expect(day.components == (parts.year ?? 0, parts.month ?? 0, parts.day ?? 0))
            #expect(day.weekday == ((parts.weekday ?? 0) + 5) % 7)
            #expect(SampleDay(day.text) == day)
            #expect(day.workday.weekday < 5)
        }
    }

    @Test(arguments: [
        "", "2026", "2026-02-29", "2026-13-01", "2026-00-10", "26-01-01", "2026-1-1",
        "2026-01-01 ", "+026-01-01", "2026-01-32", "２０２６-01-01",
    ]) func onlyDaysAreDays(_ text: String) { #expect(SampleDay(text) == nil) }

    @Test func functionsAreThoseOfTheLibrary() {
        for step in -300...300 {
            let value = Double(step) / 10
            #expect(abs(Elementary.exponential(value) / exp(value) - 1) < 1e-13)
            #expect(abs(Elementary.sine(turns: value / 7) - sin(value / 7 * 2 * .pi)) < 1e-11)
            let positive = exp(value / 3)
            #expect(abs(Elementary.logarithm(positive) - value / 3) < 1e-12)
        }
        #expect(abs(Elementary.power(0.9938, 62) - pow(0.9938, 62)) < 1e-12)
        #expect(Elementary.exponential(-800) == 0)
    }

    @Test(arguments: [
        (7.1, 2, "7.10"), (-0.5, 1, "-0.5"), (0.04, 1, "0.0"), (-0.04, 1, "0.0"), (12, 0, "12"),
        (0.05, 2, "0.05"), (99.95, 1, "100.0"),
    ]) func decimalsKeepTheirDigits(_ value: Double, _ digits: Int, _ text: String) {
        #expect(Decimal(value, digits: digits).text == text)
    }

    @Test func jsonIsReadBack() throws {
        let json: JSON = [
            "text": "\"a\\b\u{1}\n– é\"", "none": nil, "empty": [], "hollow": [:],
            "list": [1, true, .number(Decimal(2.5, digits: 2))],
        ]
        let root = try JSONDocument(parsing: json.bytes).root
        #expect(root["text"]?.string == "\"a\\b\u{1}\n– é\"")
        #expect(String(decoding: json.bytes, as: UTF8.self).hasSuffix("\"list\":[1,true,2.50]}"))
        for name in ["none", "empty", "hollow"] { #expect(root[name] == nil) }
    }

    @Test func base64IsBase64() {
        var random = SeededGenerator(seed: 4)
        for count in 0..<50 {
            let bytes = random.bytes(count)
            #expect(Base64.text(bytes) == Data(bytes).base64EncodedString())
        }
    }

    @Test func uuidsAreNumbersToo() throws {
        let uuid = SampleUUID(high: 0, low: 0)
        #expect(uuid.text == "00000000-0000-8000-8000-000000000000")
        // 0x8000 · 2⁶⁴ + 2⁶³.
        #expect(uuid.objectIdentifier == "2.25.604472133179351442128896")
        let last = SampleUUID(high: .max, low: .max)
        #expect(UUID(uuidString: last.text) != nil)
        #expect(last.text == "ffffffff-ffff-8fff-bfff-ffffffffffff")
    }

    @Test func diceAreFair() {
        var dice = Dice(seed: 1, "fair")
        var counts = [Int](repeating: 0, count: 6)
        var sum = 0.0
        for _ in 0..<60_000 {
            counts[dice.below(6)] += 1
            sum += dice.normal(10, 2)
        }
        #expect(counts.allSatisfy { abs($0 - 10_000) < 400 }, "\(counts)")
        #expect(abs(sum / 60_000 - 10) < 0.05)
        let first = [Dice(seed: 1, "ab", "c"), Dice(seed: 1, "a", "bc"), Dice(seed: 2, "ab", "c")]
            .map { dice -> UInt64 in
                var dice = dice
                return dice.next()
            }
        #expect(Set(first).count == 3)
    }

    @Test func theManifestTellsWhoIsThere() throws {
        let population = SamplePopulation(seed: 1, patients: 12, hasFiles: false)
        var manifest = SampleManifest(population)
        var count = 0
        for member in SampleMember.allCases {
            manifest.add(population.foundation(of: member))
            count += Sampling.uploads(population, member).reduce(0) { $0 + $1.entries.count }
        }
        for index in 0..<12 { manifest.add(population.patient(index)) }
        #expect(manifest.resourceCount == count)
        let root = try JSONDocument(parsing: manifest.bytes).root
        #expect(root["seed"]?.string == "1" && root["until"]?.string == "2026-10-31")
        let persons = root["persons"].map { Array($0.elements) } ?? []
        #expect(persons.map { $0["role"]?.string }.first == "main" && persons.count == 12)
        let id = try #require(persons[0]["patients"]?.elements.first { _ in true }?["id"]?.string)
        #expect(population.patient(0).records[0].patientID == id)
    }
}
