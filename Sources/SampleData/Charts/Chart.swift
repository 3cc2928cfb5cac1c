/// What one member writes down about one person, while it grows.
///
/// A class, for the scenes of a life write into the same chart; it never leaves the function that
/// makes it.
final class Chart {
    let member: SampleMember
    let person: SamplePerson
    /// The last day of all records: what runs longer is active.
    let until: SampleDay
    /// Whether files are made and attached.
    let hasFiles: Bool
    let patientID: String
    /// The member's own number for the person.
    let number: String
    /// Whom new entries are about: the patient, or for a while their duplicate.
    var subject: String

    private(set) var entries: [SampleEntry] = []
    /// Second versions, which come after all first ones.
    private(set) var later: [SampleEntry] = []
    private var dice: Dice
    /// References to conditions, by the concept's text.
    private var conditions: [String: String] = [:]
    /// The newest prescription of each substance, by its ATC code.
    private var prescriptions: [String: Prescription] = [:]

    struct Prescription {
        let reference: String
        let medicine: Medicine
        let lastDay: SampleDay
        let reason: String?
    }

    init(
        _ person: SamplePerson, at member: SampleMember, seed: UInt64, until: SampleDay,
        hasFiles: Bool
    ) {
        self.member = member
        self.person = person
        self.until = until
        self.hasFiles = hasFiles
        dice = Dice(seed: seed, "chart", member.rawValue, "\(person.index)")
        patientID = dice.uuid().text
        number = "\(member.numberPrefix)-\(Digits.padded(100_000 + person.index * 7 % 900_000, 6))"
        subject = "Patient/\(patientID)"
    }

    /// Another id of this chart.
    func newID() -> SampleUUID { dice.uuid() }

    /// Writes a resource down: type and id, then its other members in their order.
    ///
    /// - Returns: `Type/id`.
    @discardableResult
    func add(_ type: String, at moment: Moment, id: String? = nil, _ members: JSON) -> String {
        let id = id ?? newID().text
        let head: JSON = ["resourceType": .string(type), "id": .string(id)]
        let entry = SampleEntry(
            type: type, id: id, version: 1, moment: moment, resource: head.setting(members))
        entries.append(entry)
        return entry.reference
    }

    /// Writes the second version of what is there: its members, changed by these.
    func amend(_ reference: String, at moment: Moment, _ changes: JSON) {
        guard let first = entries.last(where: { $0.reference == reference }) else { return }
        later.append(
            SampleEntry(
                type: first.type, id: first.id, version: 2, moment: moment,
                resource: first.resource.setting(changes)))
    }

    /// All first versions by their time, those of the same time in the order in which they came.
    var ordered: [SampleEntry] {
        entries.enumerated().sorted {
            ($0.element.moment, $0.offset) < ($1.element.moment, $1.offset)
        }.map(\.element)
    }

    // MARK: What is known about the person

    var patient: JSON { .reference("Patient/\(patientID)", person.name) }
    var subjectJSON: JSON { .reference(subject, person.name) }

    func condition(_ concept: Concept) -> String? { conditions[concept.text] }

    func remember(_ condition: String, for concept: Concept) {
        conditions[concept.text] = condition
    }

    func prescription(_ medicine: Medicine) -> Prescription? {
        prescriptions[medicine.atc.code]
    }

    func remember(_ prescription: Prescription) {
        prescriptions[prescription.medicine.atc.code] = prescription
    }

    /// Prescriptions that end before `day`, by their code.
    func prescriptions(endingBefore day: SampleDay) -> [Prescription] {
        prescriptions.sorted { $0.key < $1.key }.map(\.value).filter { $0.lastDay < day }
    }
}

extension JSON {
    /// A literal reference, with what people read.
    static func reference(_ reference: String, _ display: String? = nil) -> JSON {
        ["reference": .string(reference), "display": display.map { .string($0) }]
    }

    /// A reference by an identifier: what is meant is kept elsewhere.
    static func logical(
        _ type: String, _ system: String, _ value: String, _ display: String
    ) -> JSON {
        let identifier: JSON = ["system": .string(system), "value": .string(value)]
        return [
            "type": .string(type), "identifier": identifier, "display": .string(display),
        ]
    }

    /// A concept of one code, without a text of its own.
    static func concept(_ system: CodeSystem, _ code: String, _ display: String) -> JSON {
        ["coding": [Coding(system: system, code: code, display: display).json]]
    }
}
