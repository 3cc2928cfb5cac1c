import Foundation
import TestSupport

/// Made-up patients, the same for the same seed: transaction bundles with references among their
/// entries and conditional creates, lone resources with and without an id, lines, and files.
struct Corpus {
    static let system = "urn:cairn:system-tests"

    /// How many resources of each type a complete load leaves behind.
    private(set) var expected: [String: Int] = [:]
    private var doctors: Set<Int> = []
    private var random: SeededGenerator
    private var part = 0

    init(seed: UInt64) { random = SeededGenerator(seed: seed) }

    /// Adds files to `folder`, on top of what earlier calls made.
    mutating func write(to folder: String, bundles: Int, lone: Int, files: Int) throws {
        part += 1
        let place = URL(filePath: folder).appending(path: "part-\(part)")
        try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
        for number in 0..<bundles {
            try save(bundle("\(part)-\(number)"), place.appending(path: "bundle-\(number).json"))
        }
        for number in 0..<lone {
            var resource = observation("lone-\(part)-\(number)", subject: nil)
            if number.isMultiple(of: 2) { resource["id"] = "lone-\(part)-\(number)" }
            try save(resource, place.appending(path: "lone-\(number).json"))
        }
        var lines = Data()
        for number in 0..<lone {
            var resource = patient("line-\(part)-\(number)")
            resource["id"] = "line-\(part)-\(number)"
            lines += try Corpus.json(resource) + Data([0x0a])
        }
        try lines.write(to: place.appending(path: "patients.ndjson"))
        for number in 0..<files {
            try bytes(Int.random(in: 1...40_000, using: &random))
                .write(to: place.appending(path: "scan-\(number).bin"))
        }
        count("Observation", lone)
        count("Patient", lone)
        count("Binary", files)
        count("DocumentReference", files)
    }

    mutating func bytes(_ count: Int) -> Data {
        var data = Data(capacity: count + 8)
        while data.count < count {
            withUnsafeBytes(of: random.next()) { data.append(contentsOf: $0) }
        }
        return data.prefix(count)
    }

    /// A transaction: a patient, a practitioner made if absent, an encounter and observations.
    private mutating func bundle(_ name: String) -> [String: Any] {
        let doctor = Int.random(in: 0..<8, using: &random)
        let observations = Int.random(in: 1...9, using: &random)
        var entries = [
            Corpus.entry(patient("bundle-\(name)"), url: Corpus.url(1)),
            Corpus.entry(
                Corpus.practitioner(doctor), url: Corpus.url(2),
                ifNoneExist: "identifier=\(Corpus.system)|doctor-\(doctor)"),
            Corpus.entry(encounter(), url: Corpus.url(3)),
        ]
        for number in 0..<observations {
            entries.append(
                Corpus.entry(
                    observation("\(name)-\(number)", subject: Corpus.url(1)),
                    url: Corpus.url(4 + number)))
        }
        if doctors.insert(doctor).inserted { count("Practitioner", 1) }
        count("Patient", 1)
        count("Encounter", 1)
        count("Observation", observations)
        return ["resourceType": "Bundle", "type": "transaction", "entry": entries]
    }

    private mutating func count(_ type: String, _ number: Int) {
        expected[type, default: 0] += number
    }

    private func save(_ resource: [String: Any], _ place: URL) throws {
        try Corpus.json(resource).write(to: place)
    }

    /// The same bytes every time.
    static func json(_ resource: [String: Any]) throws -> Data {
        try JSONSerialization.data(withJSONObject: resource, options: [.sortedKeys])
    }

    static func url(_ number: Int) -> String {
        "urn:uuid:00000000-0000-4000-8000-\(String(100_000_000_000 + number))"
    }

    static func entry(
        _ resource: [String: Any], url: String, ifNoneExist: String? = nil
    ) -> [String: Any] {
        var request: [String: Any] = ["method": "POST", "url": resource["resourceType"] ?? ""]
        if let ifNoneExist { request["ifNoneExist"] = ifNoneExist }
        return ["fullUrl": url, "resource": resource, "request": request]
    }
}

// The resources.
extension Corpus {
    mutating func patient(_ name: String) -> [String: Any] {
        [
            "resourceType": "Patient", "identifier": [Corpus.identifier(name)],
            "name": [
                ["family": "Okafor-\(Int.random(in: 0..<50, using: &random))", "given": [name]]
            ],
            "gender": Bool.random(using: &random) ? "female" : "male",
            "birthDate": birthDate(),
        ]
    }

    private mutating func birthDate() -> String {
        let year = 1_920 + Int.random(in: 0...79, using: &random)
        let month = Int.random(in: 1...9, using: &random)
        let tens = Int.random(in: 0...9, using: &random)
        return "\(year)-0\(month)-1\(tens)"
    }

    static func practitioner(_ number: Int) -> [String: Any] {
        [
            "resourceType": "Practitioner", "identifier": [identifier("doctor-\(number)")],
            "name": [["family": "Doctor \(number)"]],
        ]
    }

    private mutating func encounter() -> [String: Any] {
        [
            "resourceType": "Encounter", "status": "finished",
            "class": [
                "system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "AMB",
            ],
            "subject": ["reference": Corpus.url(1)],
            "participant": [["individual": ["reference": Corpus.url(2)]]],
            "period": ["start": "2024-03-0\(Int.random(in: 1...9, using: &random))"],
        ]
    }

    mutating func observation(_ name: String, subject: String?) -> [String: Any] {
        var resource: [String: Any] = [
            "resourceType": "Observation", "status": "final",
            "identifier": [Corpus.identifier(name)],
            "code": [
                "coding": [
                    [
                        "system": "http://loinc.org",
                        "code": "\(Int.random(in: 1000...1020, using: &random))-4",
                    ]
                ]
            ],
            "effectiveDateTime": "2024-0\(Int.random(in: 1...9, using: &random))-11T10:00:00Z",
            "valueQuantity": ["value": Int.random(in: 1...200, using: &random), "unit": "mmHg"],
        ]
        if let subject { resource["subject"] = ["reference": subject] }
        return resource
    }

    static func identifier(_ value: String) -> [String: Any] {
        ["system": system, "value": value]
    }
}
