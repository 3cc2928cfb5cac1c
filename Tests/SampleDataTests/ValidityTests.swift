import FHIR
import TestSupport
import Testing

@testable import SampleData

@Suite("What is written is valid FHIR in causal order")
struct ValidityTests {
    private static let population = SamplePopulation(seed: 1, patients: 24)

    @Test(arguments: SampleMember.allCases)
    func everyBundleIsATransactionOfValidResources(_ member: SampleMember) throws {
        for upload in Sampling.uploads(Self.population, member) {
            try Self.check(upload)
        }
    }

    private static func check(_ upload: SampleUpload) throws {
        let bytes = upload.bundle
        #expect(bytes.count < 4 * 1024 * 1024, "\(upload.name)")
        #expect((1...200).contains(upload.entries.count), "\(upload.name)")
        let root = try JSONDocument(parsing: bytes).root
        let bundle = try BundleReader(root)
        #expect(bundle.kind == .transaction)
        let validator = ResourceValidator()
        #expect(validator.validate(root) == [], "\(upload.name)")
        for (entry, written) in zip(bundle.entries, upload.entries) {
            #expect(entry.problem == nil)
            #expect(entry.request?.interaction == .update(type: written.type, id: written.id))
            let resource = try #require(entry.resource)
            let issues = validator.validate(resource, expectedType: written.type)
            #expect(issues == [], "\(upload.name) \(written.reference)")
        }
    }

    /// In the order of names and entries, nothing refers to what comes later.
    @Test(arguments: SampleMember.allCases)
    func referencesLeadToWhatIsThere(_ member: SampleMember) throws {
        var loaded: Set<String> = []
        var versions: [String: Int] = [:]
        for upload in Sampling.uploads(Self.population, member) {
            let together = Set(upload.entries.map(\.reference))
            for entry in upload.entries {
                for reference in entry.references {
                    #expect(
                        loaded.contains(reference) || together.contains(reference),
                        "\(upload.name): \(entry.reference) refers to \(reference)")
                }
                #expect(entry.version == versions[entry.reference, default: 0] + 1)
                versions[entry.reference] = entry.version
            }
            loaded.formUnion(together)
        }
    }

    /// Also inside of one file nothing comes before what it refers to.
    @Test func thingsComeAsTheyHappen() throws {
        for index in 0..<Self.population.patients {
            for record in Self.population.patient(index).records {
                let first = record.uploads.flatMap(\.entries).filter { $0.version == 1 }
                #expect(first[0].type == "Patient")
                var place: [String: Int] = [:]
                for (number, entry) in first.enumerated() {
                    if number > 0 { #expect(first[number - 1].moment <= entry.moment) }
                    for reference in entry.references where !Self.isFoundation(reference) {
                        let earlier = try #require(place[reference], "\(entry.reference)")
                        #expect(first[earlier].moment <= entry.moment)
                    }
                    place[entry.reference] = number
                }
            }
        }
    }

    private static func isFoundation(_ reference: String) -> Bool {
        ["Organization/", "Practitioner/", "PractitionerRole/", "Location/"]
            .contains { reference.hasPrefix($0) }
    }

    /// Orders, samples, results and prescriptions, by their own times.
    @Test func ordersComeBeforeResultsAndResultsBeforePrescriptions() throws {
        var (results, decisions) = (0, 0)
        for index in 0..<12 {
            for record in Self.population.patient(index).records {
                let entries = record.uploads.flatMap(\.entries).filter { $0.version == 1 }
                let byReference = Dictionary(
                    entries.map { ($0.reference, $0) }, uniquingKeysWith: { first, _ in first })
                for entry in entries {
                    if let order = try entry.text("basedOn", "0", "reference"),
                        let effective = try entry.text("effectiveDateTime")
                    {
                        let ordered = try #require(try byReference[order]?.text("authoredOn"))
                        let issued = try #require(try entry.text("issued"))
                        #expect(ordered < effective && effective <= issued, "\(entry.reference)")
                        #expect(issued == entry.moment.text, "\(entry.reference)")
                        results += 1
                    }
                    if let reason = try entry.text("supportingInformation", "0", "reference") {
                        let authored = try #require(try entry.text("authoredOn"))
                        let issued = try byReference[reason]?.text("issued")
                        if let issued { #expect(issued < authored, "\(entry.reference)") }
                        decisions += 1
                    }
                }
            }
        }
        #expect(results > 300 && decisions > 20, "\(results), \(decisions)")
    }

    /// Nothing is written about after the last day, nor before a birth.
    @Test func recordsKeepToTheirYears() throws {
        for index in 0..<24 {
            let patient = Self.population.patient(index)
            for entry in patient.records.flatMap(\.uploads).flatMap(\.entries) {
                #expect(entry.moment.day <= Self.population.until)
                #expect(entry.moment.day >= patient.person.birth)
            }
        }
    }

    /// Any seed, any last day, with all files.
    @Test func anySeedWorks() async throws {
        for await sample in Soak.cases(usual: 30, long: 2_000, pinned: 20) {
            var random = sample.random
            let until = SampleDay(number: Int.random(in: 10_957..<29_219, using: &random))
            let population = SamplePopulation(
                seed: random.next(), patients: SamplePopulation.patientsMax, until: until)
            let index =
                sample.number < 12 ? sample.number : Int.random(in: 0..<9_998, using: &random)
            let patient = population.patient(index)
            #expect(!patient.records.isEmpty, "\(sample)")
            let home = patient.records.first { $0.member == patient.person.home }
            #expect(home != nil, "\(sample): nobody has seen them")
            for record in patient.records {
                for upload in record.uploads { try Self.check(upload) }
                #expect(record.uploads.first?.entries.first?.id == record.patientID, "\(sample)")
                let last = record.uploads.flatMap(\.entries).map(\.moment.day).max()
                #expect(try #require(last) <= until, "\(sample)")
            }
        }
    }
}
