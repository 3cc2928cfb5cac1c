import FHIR
import Hummingbird
import LedgerCore
import Node

/// A patient's records as points in time: compact, for a script that draws them.
///
/// One array for each record: series, type, id, version, start, end, value, second value, text,
/// flag. Series say what several records measure; times are milliseconds since 1970.
struct Timeline {
    /// Lanes from top to bottom; types of one lane are drawn together.
    static let lanes: [(name: String, types: [String])] = [
        ("vitals", []), ("results", []), ("findings", ["Observation"]),
        ("problems", ["Condition", "AllergyIntolerance", "Flag", "FamilyMemberHistory"]),
        (
            "medication",
            [
                "MedicationRequest", "MedicationStatement", "MedicationAdministration",
                "MedicationDispense",
            ]
        ),
        ("encounters", ["Encounter", "EpisodeOfCare", "Appointment"]),
        ("procedures", ["Procedure", "Immunization", "DeviceUseStatement"]),
        (
            "documents",
            [
                "DiagnosticReport", "DocumentReference", "ImagingStudy", "Media", "Composition",
                "QuestionnaireResponse",
            ]
        ),
        (
            "plans",
            [
                "ServiceRequest", "CarePlan", "CareTeam", "Goal", "Task", "Communication",
                "Consent",
                "NutritionOrder", "DeviceRequest",
            ]
        ),
        ("administration", ["Claim", "ExplanationOfBenefit", "Coverage", "Account"]),
    ]

    /// Records of one type that are drawn; the newest where there are more.
    static let recordsPerTypeMax = 20_000

    private struct Series: Hashable {
        let lane: Int
        let label: String
        let unit: String
    }

    private var series: [Series: Int] = [:]
    private var bands: [Int: (low: String?, high: String?)] = [:]
    private var order: [Series] = []
    private var types: [String: Int] = [:]
    private var typeOrder: [String] = []
    private var items = JSONWriter(capacityBytes: 1 << 20)
    private(set) var count = 0

    init() { items.beginArray() }

    /// Takes a record in; one without a time stands where it was stored.
    mutating func add(_ row: VersionRow, _ resource: JSONView) {
        let reading = Reading(resource: resource)
        let (start, end) = reading.time
        let startMs = start.flatMap { FHIRTime.range($0)?.lowMs } ?? row.lastUpdatedMs
        var pair = (first: resource["valueQuantity"], second: JSONView?.none)
        if pair.first == nil { pair = Timeline.pressure(resource) }
        let lane = Timeline.lane(of: resource, row.type, isMeasured: pair.first?["value"] != nil)
        let unit = pair.first?.unit ?? ""
        let title = reading.title
        let number = self.number(of: Series(lane: lane, label: title, unit: unit))
        if let range = resource["referenceRange"]?.first, bands[number] == nil {
            bands[number] = (
                range["low"]?["value"]?.numberText, range["high"]?["value"]?.numberText
            )
        }
        items.beginArray()
        items.integer(number)
        items.integer(type(row.type))
        items.string(row.fhirID)
        items.integer(Int(row.version))
        items.integer(Int(startMs))
        items.integer(Int(end.flatMap { FHIRTime.range($0)?.highMs } ?? 0))
        for quantity in [pair.first, pair.second] {
            if let value = quantity?["value"]?.numberText {
                items.raw(value.utf8)
            } else {
                items.raw("null".utf8)
            }
        }
        items.string(pair.first?["value"] == nil ? Timeline.words(reading, lane: lane) : "")
        items.integer(Timeline.flag(resource))
        items.endArray()
        count += 1
    }

    /// The whole answer.
    mutating func json(birth: String?) -> [UInt8] {
        items.endArray()
        var writer = JSONWriter(capacityBytes: items.bytes.count + 64 * 1024)
        writer.beginObject()
        writer.key("birthMs")
        if let birth, let range = FHIRTime.range(birth) {
            writer.integer(Int(range.lowMs))
        } else {
            writer.raw("null".utf8)
        }
        writer.key("lanes")
        writer.beginArray()
        for lane in Timeline.lanes { writer.string(lane.name) }
        writer.endArray()
        writer.key("types")
        writer.beginArray()
        for type in typeOrder { writer.string(type) }
        writer.endArray()
        writer.key("series")
        writer.beginArray()
        for (index, series) in order.enumerated() { write(series, index, to: &writer) }
        writer.endArray()
        writer.key("items")
        writer.raw(items.bytes)
        writer.endObject()
        return writer.bytes
    }

    private func write(_ series: Series, _ index: Int, to writer: inout JSONWriter) {
        writer.beginObject()
        writer.key("lane")
        writer.integer(series.lane)
        writer.member("label", series.label)
        writer.member("unit", series.unit)
        if let band = bands[index] {
            for (name, value) in [("low", band.low), ("high", band.high)] {
                guard let value else { continue }
                writer.key(name)
                writer.raw(value.utf8)
            }
        }
        writer.endObject()
    }

    private mutating func number(of key: Series) -> Int {
        if let known = series[key] { return known }
        series[key] = order.count
        order.append(key)
        return order.count - 1
    }

    private mutating func type(_ name: String) -> Int {
        if let known = types[name] { return known }
        types[name] = typeOrder.count
        typeOrder.append(name)
        return typeOrder.count - 1
    }

    /// What is said beside the title: of problems and medication how they stand, else what was
    /// found.
    private static func words(_ reading: Reading, lane: Int) -> String {
        let goesOn = lanes[lane].name == "problems" || lanes[lane].name == "medication"
        return (goesOn ? reading.state : reading.finding) ?? reading.state ?? ""
    }

    /// The two components of a blood pressure (LOINC 8480-6, 8462-4).
    private static func pressure(_ resource: JSONView) -> (first: JSONView?, second: JSONView?) {
        var pair = (first: JSONView?.none, second: JSONView?.none)
        guard let components = resource["component"] else { return pair }
        for part in components.elements {
            if part["code"]?.hasCode(["8480-6"]) == true { pair.first = part["valueQuantity"] }
            if part["code"]?.hasCode(["8462-4"]) == true { pair.second = part["valueQuantity"] }
        }
        return pair
    }

    private static func lane(of resource: JSONView, _ type: String, isMeasured: Bool) -> Int {
        if type == "Observation", isMeasured {
            if resource["category"]?.hasCode(["vital-signs"]) == true { return 0 }
            if resource["category"]?.hasCode(["laboratory"]) == true { return 1 }
        }
        return lanes.firstIndex { $0.types.contains(type) } ?? lanes.count - 1
    }

    /// 1 where somebody called it abnormal, 2 where critical.
    private static func flag(_ resource: JSONView) -> Int {
        guard let said = resource["interpretation"] else { return 0 }
        if said.hasCode(["HH", "LL", "AA"]) { return 2 }
        return said.hasCode(["H", "L", "A", "HU", "LU", "POS"]) ? 1 : 0
    }
}

extension Handlers {
    /// GET /patients/{id}/timeline
    func patientTimeline(_ call: Call) async throws -> Response {
        try requireNoQuery(call)
        let patient = try patientRow(call)
        let stored = try records.opened(patient)
        let birth = try JSONDocument(parsing: stored.served()).root["birthDate"]?.filled
        var rows = [VersionRow]()
        for type in Timeline.lanes.flatMap(\.types) {
            rows += try records.versions(
                ofPatient: patient.record, type: type, atMost: Timeline.recordsPerTypeMax)
        }
        var timeline = Timeline()
        for part in try await open(rows) {
            for (row, document) in part { timeline.add(row, document.root) }
        }
        return Answer.guarded(Answer.json(timeline.json(birth: birth), isFHIR: false))
    }

    /// Opens versions on all cores, in order.
    private func open(_ rows: [VersionRow]) async throws -> [[(VersionRow, JSONDocument)]] {
        let records = records
        let size = 256
        let starts = stride(from: 0, to: rows.count, by: size)
        return try await withThrowingTaskGroup(
            of: (Int, [(VersionRow, JSONDocument)]).self
        ) { group in
            for start in starts {
                group.addTask {
                    let part = try rows[start..<min(start + size, rows.count)].map { row in
                        (row, try JSONDocument(parsing: try records.opened(row).served()))
                    }
                    return (start, part)
                }
            }
            var parts = [(Int, [(VersionRow, JSONDocument)])]()
            for try await part in group { parts.append(part) }
            return parts.sorted { $0.0 < $1.0 }.map(\.1)
        }
    }

    /// The patient whom the path names.
    func patientRow(_ call: Call) throws -> VersionRow {
        let id = try call.resourceID(0)
        return try records.read(type: "Patient", id: id).row
    }
}
