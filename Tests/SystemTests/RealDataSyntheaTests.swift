import Foundation
import Testing

@Suite(
    "Synthea's patients come back as they went in", .serialized,
    .enabled(if: RealData.isThere, RealData.missing))
struct RealDataSyntheaTests {
    private func loaded() async throws -> Bench {
        let bench = try await Bench.start("synthea")
        let report = try LoadReport(
            try await bench.server.run(["load", RealData.path("synthea-r4"), "--json"]))
        #expect(report.exit == 0 && report.failed == 0, "\(report.failures)")
        #expect(report.created == 7_516 && report.existing == 0)
        return bench
    }

    @Test func everyResourceComesBackEqual() async throws {
        let bench = try await loaded()
        let input = try SyntheaInput()
        #expect(input.resources.count == 7_516)
        let types = Set(input.resources.values.compactMap { $0["resourceType"]?.text })
        var stored: [String: JSONText] = [:]
        for type in types.sorted() {
            stored.merge(try await bench.all(type, page: 250)) { first, _ in first }
        }
        #expect(stored.count == 7_516)
        for (key, resource) in stored {
            #expect(resource["meta"]?["versionId"]?.text == "1", "\(key)")
            #expect(resource["meta"]?["lastUpdated"]?.text?.hasSuffix("Z") == true, "\(key)")
        }
        let output = ResourceGraph(stored) { $0 }
        let sent = input.graph
        #expect(sent.dangling.isEmpty, "\(sent.dangling.prefix(3))")
        #expect(output.dangling.isEmpty, "\(output.dangling.prefix(3))")
        // References resolve to the right neighbours, and these to theirs.
        for rounds in [0, 1, 3] {
            let isEqual = output.labels(rounds: rounds) == sent.labels(rounds: rounds)
            #expect(isEqual, "after \(rounds) rounds")
        }
        try await readsAgree(with: stored, bench)
    }

    /// A read and the history give what the search gave.
    private func readsAgree(with stored: [String: JSONText], _ bench: Bench) async throws {
        let keys = stored.keys.sorted()
        for index in stride(from: 0, to: keys.count, by: 37) {
            let read = try await bench.client.get("/fhir/\(keys[index])")
            #expect(try JSONText(read.body) == stored[keys[index]], "\(keys[index])")
            let history = try await bench.client.get("/fhir/\(keys[index])/_history")
            #expect(history.object["total"] as? Int == 1, "\(keys[index])")
        }
    }

    @Test func loadingAgainCreatesNothing() async throws {
        let bench = try await loaded()
        try await bench.unchanged {
            let again = try LoadReport(
                try await bench.server.run(["load", RealData.path("synthea-r4"), "--json"]))
            #expect(again.exit == 0 && again.created == 0 && again.failed == 0)
            #expect(again.existing == 7_516)
        }
        #expect(
            try await bench.client.count("Observation") == SyntheaInput().all("Observation").count)
    }

    @Test func searchesFindWhatACountFinds() async throws {
        let bench = try await loaded()
        let input = try SyntheaInput()
        for query in try RealDataQuery.all(input) {
            let resources = input.all(query.type)
            let expected = resources.filter(query.matches).count
            let search = "\(query.type)?\(query.text)"
            #expect(try await bench.client.count(search) == expected, "\(search)")
            #expect(query.isEmpty == (expected == 0), "\(search) finds \(expected)")
            guard expected <= 500 else { continue }
            let found = try await bench.all(search, page: 7)
            #expect(found.count == expected && found.values.allSatisfy(query.matches), "\(search)")
        }
        try await patientsSearchesFindTheirs(bench)
    }

    /// What belongs to a patient, by each of the ways to ask for it.
    private func patientsSearchesFindTheirs(_ bench: Bench) async throws {
        let observations = try await bench.all("Observation", page: 500)
        let code = "8302-2"
        for patient in try await bench.all("Patient", page: 10).keys.sorted().prefix(6) {
            let id = String(patient.dropFirst("Patient/".count))
            let own = observations.filter { $0.value["subject"]?["reference"]?.text == patient }
            let coded = own.filter { RealDataQuery.codes($0.value).contains(code) }
            #expect(!own.isEmpty)
            for name in ["patient=\(id)", "patient=\(patient)", "subject=\(patient)"] {
                #expect(try await bench.client.count("Observation?\(name)") == own.count)
                let found = try await bench.all(
                    "Observation?\(name)&code=http://loinc.org%7C\(code)", page: 100)
                #expect(Set(found.keys) == Set(coded.keys), "\(name)")
            }
        }
    }

    @Test func lastUpdatedDividesWhatIsThere() async throws {
        let bench = try await loaded()
        let all = try await bench.all("Encounter", page: 100)
        let times = all.values.compactMap { $0["meta"]?["lastUpdated"]?.text }.sorted()
        let middle = times[times.count / 2]
        func count(_ prefix: String) async throws -> Int {
            try await bench.client.count("Encounter?_lastUpdated=\(prefix)\(middle)")
        }
        #expect(try await count("lt") == times.filter { $0 < middle }.count)
        #expect(try await count("ge") == times.filter { $0 >= middle }.count)
        #expect(try await count("gt") == times.filter { $0 > middle }.count)
        #expect(try await count("le") == times.filter { $0 <= middle }.count)
    }
}

/// A search, and the same question asked of the input one by one.
struct RealDataQuery: Sendable {
    let type: String
    let text: String
    /// Nothing is to be found.
    var isEmpty = false
    let matches: @Sendable (JSONText) -> Bool

    static func codes(_ resource: JSONText) -> [String] {
        resource["code"]?["coding"]?.items.compactMap { $0["code"]?.text } ?? []
    }

    private static func names(_ patient: JSONText) -> [String] {
        (patient["name"]?.items ?? []).flatMap { name in
            [name["family"]?.text].compactMap { $0 }
                + ["given", "prefix", "suffix"].flatMap {
                    name[$0]?.items.compactMap(\.text) ?? []
                }
        }
    }

    private static func identifiers(_ resource: JSONText) -> [String] {
        resource["identifier"]?.items.map {
            "\($0["system"]?.text ?? "")|\($0["value"]?.text ?? "")"
        } ?? []
    }

    static func all(_ input: SyntheaInput) throws -> [RealDataQuery] {
        let someone = try #require(
            input.all("Patient").min { $0.canonical < $1.canonical })
        return people(someone) + dates + [
            RealDataQuery(type: "Observation", text: "code=http://loinc.org%7C8302-2") {
                codes($0).contains("8302-2")
            },
            RealDataQuery(type: "Observation", text: "code=8302-2,29463-7") {
                !Set(codes($0)).isDisjoint(with: ["8302-2", "29463-7"])
            },
            RealDataQuery(
                type: "Observation", text: "code=http://snomed.info/sct%7C8302-2", isEmpty: true
            ) { _ in false },
        ]
    }

    private static func people(_ someone: JSONText) -> [RealDataQuery] {
        let identifier = identifiers(someone)[0]
        let family = names(someone)[0]
        let birth = someone["birthDate"]?.text ?? ""
        let year = String(birth.prefix(4))
        return [
            RealDataQuery(type: "Patient", text: "") { _ in true },
            RealDataQuery(
                type: "Patient", text: "identifier=" + identifier.replacing("|", with: "%7C")
            ) { identifiers($0).contains(identifier) },
            RealDataQuery(type: "Patient", text: "identifier=nobody", isEmpty: true) { _ in false },
            RealDataQuery(type: "Patient", text: "name=\(family.prefix(3).lowercased())") {
                names($0).contains { $0.lowercased().hasPrefix(family.prefix(3).lowercased()) }
            },
            RealDataQuery(type: "Patient", text: "birthdate=\(birth)") {
                $0["birthDate"]?.text == birth
            },
            RealDataQuery(type: "Patient", text: "birthdate=\(year)") {
                $0["birthDate"]?.text?.hasPrefix(year) == true
            },
            RealDataQuery(type: "Patient", text: "birthdate=lt\(year)-01-01") {
                ($0["birthDate"]?.text ?? "9") < "\(year)-01-01"
            },
            RealDataQuery(type: "Patient", text: "birthdate=ge1970&birthdate=lt2000") {
                ("1970"..<"2000").contains($0["birthDate"]?.text ?? "")
            },
            RealDataQuery(type: "Patient", text: "gender=female") {
                $0["gender"]?.text == "female"
            },
            RealDataQuery(type: "Patient", text: "gender=female,male") { _ in true },
            RealDataQuery(type: "Patient", text: "gender=female&birthdate=ge1970") {
                $0["gender"]?.text == "female" && ($0["birthDate"]?.text ?? "") >= "1970"
            },
        ]
    }

    /// Ranges at a year's turn, which no time zone of the input carries over.
    private static let dates = [(2010, 2015), (2015, 2020), (1900, 1905)].map { from, to in
        RealDataQuery(
            type: "Observation",
            text: "date=ge\(from)-07-01T00:00:00Z&date=lt\(to)-07-01T00:00:00Z",
            isEmpty: to == 1905
        ) { observation in
            guard let text = observation["effectiveDateTime"]?.text,
                let date = try? Date(text, strategy: .iso8601),
                let start = try? Date("\(from)-07-01T00:00:00Z", strategy: .iso8601),
                let end = try? Date("\(to)-07-01T00:00:00Z", strategy: .iso8601)
            else { return false }
            return (start..<end).contains(date)
        }
    }
}
