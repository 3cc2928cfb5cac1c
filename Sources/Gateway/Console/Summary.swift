import FHIR
import LedgerCore
import Node

/// What somebody who opens a record needs first: allergies, problems, medication, what is new.
struct Summary {
    struct Line {
        let reference: String
        let what: String
        let more: String
        /// Said to be dangerous: shown so, in words and form.
        var isGrave = false
    }

    private(set) var allergies: [Line] = []
    private(set) var problems: [Line] = []
    private(set) var medication: [Line] = []
    private(set) var news: [Line] = []

    /// Lines that stand open; the others are one click away.
    static let shownMax = 6
    /// Records of one type that are looked through: those of a long life.
    private static let readMax = 400
    private static let newsMax = 6
    /// Of each type, to choose them from.
    private static let newsReadMax = 24
    /// What counts as news: results, documents and what was done, not its paperwork.
    private static let newsTypes = [
        "Observation", "DiagnosticReport", "DocumentReference", "Encounter", "Procedure",
        "Immunization", "Condition", "AllergyIntolerance", "MedicationRequest", "ServiceRequest",
        "ImagingStudy",
    ]

    init(of patient: Identifier, in records: Records) throws {
        try readAllergies(patient, records)
        try readProblems(patient, records)
        try readMedication(patient, records)
        try readNews(patient, records)
    }

    private func each(
        _ type: String, _ patient: Identifier, _ records: Records,
        _ body: (VersionRow, JSONView) -> Void
    ) throws {
        let rows = try records.versions(ofPatient: patient, type: type, atMost: Summary.readMax)
        for row in rows.reversed() {
            let document = try JSONDocument(parsing: try records.opened(row).served())
            if document.root["verificationStatus"]?.hasCode(["entered-in-error", "refuted"]) == true
            {
                continue
            }
            body(row, document.root)
        }
    }

    private mutating func readAllergies(_ patient: Identifier, _ records: Records) throws {
        var lines = [Line]()
        try each("AllergyIntolerance", patient, records) { row, resource in
            if resource["clinicalStatus"]?.hasCode(["inactive", "resolved"]) == true { return }
            let isGrave = resource["criticality"]?.string == "high"
            var more = [String]()
            if isGrave { more.append("high risk") }
            if let reactions = resource["reaction"] {
                more += reactions.elements.compactMap { $0["manifestation"]?.concept }
            }
            lines.append(
                Line(
                    reference: row.reference, what: Reading(resource: resource).title,
                    more: more.joined(separator: ", "), isGrave: isGrave))
        }
        allergies = lines.filter(\.isGrave) + lines.filter { !$0.isGrave }
    }

    private mutating func readProblems(_ patient: Identifier, _ records: Records) throws {
        var lines = [(key: String, line: Line)]()
        try each("Condition", patient, records) { row, resource in
            guard resource["abatementDateTime"] == nil,
                resource["clinicalStatus"]?.hasCode(["inactive", "remission", "resolved"]) != true
            else { return }
            let reading = Reading(resource: resource)
            let since = reading.time.start.map { "since \(FHIRTime.words(String($0.prefix(7))))" }
            lines.append(
                (
                    reading.time.start ?? "",
                    Line(reference: row.reference, what: reading.title, more: since ?? "")
                ))
        }
        problems = lines.sorted { $0.key > $1.key }.map(\.line)
    }

    private mutating func readMedication(_ patient: Identifier, _ records: Records) throws {
        var lines = [(key: String, line: Line)]()
        var seen = Set<String>()
        for type in ["MedicationRequest", "MedicationStatement"] {
            try each(type, patient, records) { row, resource in
                guard resource["status"]?.string == "active" else { return }
                let reading = Reading(resource: resource)
                guard seen.insert(reading.title).inserted else { return }
                let dosage = resource["dosageInstruction"] ?? resource["dosage"]
                let how = dosage?.first?["text"]?.filled
                let since = reading.time.start.map {
                    "since \(FHIRTime.words(String($0.prefix(7))))"
                }
                lines.append(
                    (
                        reading.time.start ?? "",
                        Line(
                            reference: row.reference, what: reading.title,
                            more: how ?? since ?? "")
                    ))
            }
        }
        medication = lines.sorted { $0.key > $1.key }.map(\.line)
    }

    private mutating func readNews(_ patient: Identifier, _ records: Records) throws {
        var rows = [VersionRow]()
        for type in Summary.newsTypes {
            rows += try records.newest(ofPatient: patient, type: type, atMost: Summary.newsReadMax)
        }
        // Of what was stored last, what happened last: many years may be stored in one day.
        var lines = [(key: String, line: Line)]()
        for row in rows {
            let document = try JSONDocument(parsing: try records.opened(row).served())
            let reading = Reading(resource: document.root)
            let when = reading.time.start.map { FHIRTime.words(String($0.prefix(10))) }
            // A sentence goes on with the date.
            let finding = reading.finding.map { $0.hasSuffix(".") ? String($0.dropLast()) : $0 }
            let more = [finding, when].compactMap { $0 }.joined(separator: ", ")
            lines.append(
                (
                    reading.time.start ?? "",
                    Line(reference: row.reference, what: reading.title, more: more)
                ))
        }
        news = lines.sorted { ($0.key, $1.line.what) > ($1.key, $0.line.what) }
            .prefix(Summary.newsMax).map(\.line)
    }
}
