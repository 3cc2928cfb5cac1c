import TestSupport
import Testing

@testable import SampleData

@Suite("The same seed gives the same bytes")
struct DeterminismTests {
    /// This very number, on every machine and with every version of Swift. It changes when the
    /// sample is changed on purpose; the changelog says so then.
    @Test func theSampleIsTheSameEverywhere() {
        #expect(Sampling.digest(SamplePopulation(seed: 1, patients: 12)) == 0x037d_87e3_be9b_ad00)
    }

    @Test func twiceIsTheSame() {
        for seed in [0, 7, UInt64.max] {
            let population = SamplePopulation(seed: seed, patients: 4)
            #expect(Sampling.digest(population) == Sampling.digest(population))
        }
    }

    @Test func anotherSeedIsAnotherSample() {
        let digests = (0..<6).map { Sampling.digest(SamplePopulation(seed: $0, patients: 2)) }
        #expect(Set(digests).count == digests.count)
    }

    @Test func aPatientDoesNotDependOnTheOthers() {
        let few = SamplePopulation(seed: 3, patients: 13)
        let many = SamplePopulation(seed: 3, patients: 400)
        for index in [0, 5, 12] {
            let digests = [few, many].map { population in
                Sampling.digest(population.patient(index).records.flatMap(\.uploads))
            }
            #expect(digests[0] == digests[1], "patient \(index)")
        }
    }

    /// What is new for files is nothing but the files and what refers to them.
    @Test func filesChangeNothingElse() {
        let types: Set<String> = ["Binary", "DocumentReference"]
        for index in 0..<12 {
            let counts = [true, false].map { hasFiles in
                let population = SamplePopulation(seed: 5, patients: 12, hasFiles: hasFiles)
                return population.patient(index).records.flatMap(\.uploads).flatMap(\.entries)
                    .filter { !types.contains($0.type) }.map(\.type)
            }
            #expect(counts[0] == counts[1], "patient \(index)")
        }
    }

    @Test func idsNeverRepeat() {
        let population = SamplePopulation(seed: 11, patients: 40, hasFiles: false)
        var seen: Set<String> = []
        for member in SampleMember.allCases {
            for entry in Sampling.uploads(population, member).flatMap(\.entries)
            where entry.version == 1 {
                #expect(seen.insert(entry.id).inserted, "\(entry.reference)")
            }
        }
    }

    @Test func aTimelineIsAsLongAsAsked() {
        let population = SamplePopulation(
            seed: 1, patients: 1, hasFiles: false, richRecords: 5_000)
        let entries = Sampling.entries(population.patient(0), .clinic)
        #expect((5_000...5_010).contains(entries.count), "\(entries.count)")
        let usual = SamplePopulation(seed: 1, patients: 1, hasFiles: false, richRecords: 3)
        #expect(Sampling.entries(usual.patient(0), .clinic).count > 300)
    }
}
