import FHIR
import Testing

@testable import SampleData

@Suite("The cast is there for every seed")
struct CastTests {
    static let seeds: [UInt64] = [1, 2, 3, 99, 1 << 60]

    private func patient(_ role: SampleRole, _ seed: UInt64) throws -> SamplePatient {
        let index = try #require((0..<12).first { SampleRole.of($0) == role })
        return SamplePopulation(seed: seed, patients: 12).patient(index)
    }

    @Test func everyRoleIsAmongTheFirstTwelve() {
        #expect(Set((0..<12).map(SampleRole.of)) == Set(SampleRole.allCases))
    }

    @Test(arguments: seeds)
    func theMainPatientHasEverything(_ seed: UInt64) throws {
        let main = try patient(.main, seed)
        let entries = main.records.flatMap(\.uploads).flatMap(\.entries)
        let files = try entries.filter { $0.type == "Binary" }.map { try $0.text("contentType") }
        #expect(main.records.map(\.member) == [.hospital, .clinic])
        for type in ["application/edf", "application/dicom", "application/pdf"] {
            #expect(files.contains(type), "\(files)")
        }
        #expect(entries.count > 500)
        #expect(main.recordYears > 8)
        let types = Set(entries.map(\.type))
        for type in [
            "Condition", "MedicationRequest", "DiagnosticReport", "ServiceRequest", "ImagingStudy",
            "Immunization", "Consent",
        ] { #expect(types.contains(type), "\(type)") }
        let referral = try entries.first {
            try $0.text("basedOn", "0", "identifier", "value")?.hasPrefix("R-") ?? false
        }
        #expect(referral?.type == "Encounter")
    }

    /// HbA1c falls after metformin begins.
    @Test(arguments: seeds)
    func treatmentHelps(_ seed: UInt64) throws {
        let entries = Sampling.entries(try patient(.main, seed), .clinic)
        let begun = try #require(
            try entries.first {
                try $0.text("medicationCodeableConcept", "text")?.hasPrefix("Metformin") ?? false
            }?.moment)
        let values = try entries.filter {
            try $0.type == "Observation" && $0.text("code", "coding", "0", "code") == "4548-4"
        }.map { (moment: $0.moment, value: try value($0)) }
        let before = try #require(values.last { $0.moment <= begun }?.value)
        let after = try #require(values.last?.value)
        #expect(before > 7.5 && after < before - 0.7, "\(before) to \(after)")
    }

    private func value(_ entry: SampleEntry) throws -> Double {
        let text = try #require(try entry.document["valueQuantity"]?["value"])
        return try #require(Double(String(decoding: text.rawBytes, as: UTF8.self)))
    }

    @Test(arguments: seeds)
    func aResultIsCorrected(_ seed: UInt64) throws {
        let entries = try patient(.correction, seed).records.flatMap(\.uploads)
            .flatMap(\.entries)
        let second = entries.filter { $0.version == 2 }
        #expect(second.map(\.type) == ["Observation", "DiagnosticReport"])
        for entry in second { #expect(try entry.text("status") == "corrected") }
        let first = try #require(
            entries.first { $0.version == 1 && $0.reference == second[0].reference })
        #expect(try first.text("status") == "final")
        #expect(try (value(first), value(second[0])) == (6.7, 4.3))
        #expect(first.moment < second[0].moment)
    }

    @Test(arguments: seeds)
    func aDuplicateIsFoundOut(_ seed: UInt64) throws {
        let duplicate = try patient(.duplicate, seed)
        let kept = "Patient/\(duplicate.records[0].patientID)"
        let patients = Sampling.entries(duplicate, .hospital).filter { $0.type == "Patient" }
        #expect(patients.map(\.version) == [1, 1, 2, 2])
        let gone = try #require(patients.last { $0.reference != kept })
        #expect(try gone.text("link", "0", "type") == "replaced-by")
        #expect(try gone.text("link", "0", "other", "reference") == kept)
        let merged = try #require(patients.last { $0.reference == kept })
        #expect(try merged.text("link", "0", "other", "reference") == gone.reference)
        let subjects = try Sampling.entries(duplicate, .hospital).compactMap {
            try $0.text("subject", "reference")
        }
        #expect(subjects.contains(gone.reference) && subjects.contains(kept))
    }

    @Test(arguments: seeds)
    func aMinorHasAGuardian(_ seed: UInt64) throws {
        let minor = try patient(.minor, seed)
        #expect((1..<18).contains(minor.person.age))
        for record in minor.records {
            let entries = record.uploads.flatMap(\.entries)
            let guardian = try #require(entries.first { $0.type == "RelatedPerson" })
            let patient = try guardian.text("patient", "reference")
            #expect(patient == "Patient/\(record.patientID)")
            #expect(try guardian.text("relationship", "1", "coding", "0", "code") == "GUARD")
            #expect(try entries[0].text("contact", "0", "name", "family") != nil)
        }
    }

    @Test(arguments: seeds)
    func nothingFollowsADeath(_ seed: UInt64) throws {
        let deceased = try patient(.deceased, seed)
        let all = deceased.records.flatMap(\.uploads).flatMap(\.entries)
        let last = try #require(all.first { $0.type == "Patient" && $0.version == 2 })
        #expect(try last.text("deceasedDateTime") == last.moment.text)
        #expect(all.allSatisfy { $0.moment <= last.moment })
        let active = try all.filter {
            try $0.type == "MedicationRequest" && $0.text("status") == "active"
        }
        #expect(active.isEmpty)
    }

    @Test(arguments: seeds)
    func aConsentIsRefused(_ seed: UInt64) throws {
        let entries = Sampling.entries(try patient(.refusedConsent, seed), .clinic)
        let consents = entries.filter { $0.type == "Consent" }
        #expect(consents.count == 1)
        #expect(try consents.first?.text("status") == "rejected")
        #expect(try consents.first?.text("provision", "type") == "deny")
    }

    @Test(arguments: seeds)
    func fibrillationShowsInTheECG(_ seed: UInt64) throws {
        let entries = try patient(.fibrillation, seed).records.flatMap(\.uploads)
            .flatMap(\.entries)
        let reading = try entries.first {
            try $0.text("code", "coding", "0", "code") == "11524-6" && $0.type == "Observation"
        }
        let ecg = try #require(reading)
        #expect(try ecg.text("valueString")?.hasPrefix("Atrial fibrillation") == true)
        #expect(ecg.references.contains { $0.hasPrefix("DocumentReference/") })
    }

    @Test(arguments: seeds)
    func aPregnancyIsFollowed(_ seed: UInt64) throws {
        let entries = Sampling.entries(try patient(.pregnancy, seed), .clinic)
        let heights = try entries.filter { try $0.text("code", "coding", "0", "code") == "11881-0" }
            .map(value)
        #expect(heights.count >= 2)
        #expect(heights == heights.sorted())
    }
}
