import Foundation
import Testing

@testable import SampleData

/// Compares what is drawn with the tables of docs/SAMPLE.md, read from the page itself.
@Suite("The population is as documented")
struct DistributionTests {
    private static let count = 2_000

    /// The cast stands before them.
    private static let patients: [SamplePatient] = {
        let population = SamplePopulation(seed: 1, patients: count + 12, hasFiles: false)
        return (12..<(count + 12)).map { population.patient($0) }
    }()

    /// The rows below a table's head, cell by cell.
    private func table(_ head: String) throws -> [[String]] {
        var place = URL(filePath: #filePath).resolvingSymlinksInPath()
        for _ in 0..<3 { place.deleteLastPathComponent() }
        let page = try String(contentsOf: place.appending(path: "docs/SAMPLE.md"), encoding: .utf8)
        let lines = page.components(separatedBy: "\n")
        let start = try #require(lines.firstIndex { $0.hasPrefix("| \(head) |") })
        return lines[(start + 2)...].prefix { $0.hasPrefix("| ") }.map { line in
            line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
        }
    }

    private func numbers(_ row: [String]) throws -> [Double] {
        try row.dropFirst().map { try #require(Double($0)) }
    }

    /// Four standard deviations: a right share fails once in sixteen thousand.
    private func expect(
        _ found: Int, of all: Int, isPercent percent: Double, _ what: String,
        _ place: SourceLocation = #_sourceLocation
    ) {
        let share = percent / 100
        let allowed = 4 * (share * (1 - share) / Double(all)).squareRoot()
        let measured = Double(found) / Double(all)
        #expect(abs(measured - share) <= allowed, "\(what): \(measured)", sourceLocation: place)
    }

    /// The page shows the numbers that are drawn from, all of them.
    @Test func theTablesAreThoseOfTheCode() throws {
        #expect(try numbers(try #require(try table("age").first)) == SamplePerson.ageShares)
        let shares = [SamplePerson.femalePercent] + SamplePerson.memberShares
        #expect(try numbers(try #require(try table("share").first)) == shares)
        #expect(try table("disease").map(numbers) == Disease.allCases.map(\.percentByAge))
        let rates = VisitPlan.adultRates + VisitPlan.childRates
        #expect(try numbers(try #require(try table("visits").first)) == rates)
    }

    @Test func agesAreAsDocumented() throws {
        let shares = try numbers(try #require(try table("age").first))
        for (band, percent) in shares.enumerated() {
            let found = Self.patients.filter { SamplePerson.band(ofAge: $0.person.age) == band }
            expect(found.count, of: Self.count, isPercent: percent, "band \(band)")
        }
        #expect(shares.reduce(0, +) == 100)
        #expect(Self.patients.allSatisfy { (0...95).contains($0.person.age) })
    }

    @Test func sexesAndMembersAreAsDocumented() throws {
        let shares = try numbers(try #require(try table("share").first))
        let people = Self.patients.map(\.person)
        let found = [
            people.filter { $0.sex == .female }, people.filter { $0.members == [.clinic] },
            people.filter { $0.members == [.hospital] }, people.filter { $0.members.count == 2 },
        ]
        #expect(shares.count == found.count)
        for (percent, group) in zip(shares, found) {
            expect(group.count, of: Self.count, isPercent: percent, "\(percent)")
        }
    }

    @Test func diseasesAreAsFrequentAsDocumented() throws {
        let rows = try table("disease")
        #expect(rows.map { $0[0] } == Disease.allCases.map(\.rawValue))
        for row in rows {
            let disease = try #require(Disease(rawValue: row[0]))
            for (band, percent) in try numbers(row).enumerated() {
                let people = Self.patients.filter {
                    SamplePerson.band(ofAge: $0.person.age) == band
                }
                let found = people.filter { $0.diseases.contains(disease) }
                expect(
                    found.count, of: people.count, isPercent: percent,
                    "\(disease) in band \(band)")
            }
        }
    }

    @Test func visitsAYearAreAsDocumented() throws {
        let rates = try numbers(try #require(try table("visits").first))
        let adults = Self.patients.filter { $0.person.age(on: $0.person.recordsBegin) >= 18 }
        let children = Self.patients.filter { $0.person.age < 18 }
        let groups =
            (0..<4).map { number in adults.filter { min($0.diseases.count, 3) == number } }
            + [
                children.filter { $0.person.age < 2 },
                children.filter { $0.person.age(on: $0.person.recordsBegin) >= 2 },
            ]
        #expect(rates.count == groups.count)
        for (rate, group) in zip(rates, groups) {
            let years = group.reduce(0) { $0 + $1.recordYears }
            let visits = group.reduce(0) { $0 + $1.homeVisits }
            let found = Double(visits) / years
            // Weekends and days that are taken move visits; each person's first and last interval
            // are cut, which weighs more where the years are few.
            let allowed = 0.04 * rate + 0.25 * Double(group.count) / years
            #expect(abs(found - rate) < allowed, "\(rate): \(found)")
        }
    }

    /// The record has what the plan counts: each visit is one Encounter.
    @Test func visitsAreEncounters() {
        for patient in Self.patients.prefix(200) where patient.person.members.count == 1 {
            let entries = patient.records.flatMap(\.uploads).flatMap(\.entries)
            let encounters = entries.filter { $0.type == "Encounter" }.count
            // An emergency at the hospital comes on top.
            #expect((patient.homeVisits...patient.homeVisits + 1).contains(encounters))
        }
    }
}
