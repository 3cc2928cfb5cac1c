/// The page that tells who is in a sample: `sample.json`. It is written last, so that a folder with
/// it is whole.
package struct SampleManifest: Sendable {
    /// The file's name.
    package static let name = "sample.json"

    private let population: SamplePopulation
    private var persons: [JSON] = []
    private var counts: [Count]
    /// Entries of all files together.
    package private(set) var resourceCount = 0

    /// What one member's files write.
    private struct Count {
        let member: SampleMember
        /// Entries of each type.
        var types: [String: Int] = [:]
    }

    /// Without anybody yet.
    package init(_ population: SamplePopulation) {
        self.population = population
        counts = SampleMember.allCases.map { Count(member: $0) }
    }

    /// Counts a file.
    package mutating func add(_ upload: SampleUpload) {
        guard let place = counts.firstIndex(where: { $0.member == upload.member }) else { return }
        for entry in upload.entries { counts[place].types[entry.type, default: 0] += 1 }
        resourceCount += upload.entries.count
    }

    /// Counts a patient and all their files.
    package mutating func add(_ patient: SamplePatient) {
        let person = patient.person
        let records = patient.records.map { record -> JSON in
            [
                "member": .string(record.member.rawValue), "id": .string(record.patientID),
                "number": .string(record.number),
                "resources": .integer(record.uploads.reduce(0) { $0 + $1.entries.count }),
            ]
        }
        persons.append([
            "index": .integer(person.index), "name": .string(person.name),
            "role": .string(person.role.rawValue), "gender": .string(person.sex.rawValue),
            "birthDate": .string(person.birth.text),
            "nationalNumber": .string(person.nationalNumber),
            "diseases": .array(patient.diseases.map { .string($0.rawValue) }),
            "patients": .array(records),
        ])
        for record in patient.records { record.uploads.forEach { add($0) } }
    }

    /// The page as JSON.
    package var bytes: [UInt8] {
        let members = counts.map { count -> JSON in
            let (member, types) = (count.member, count.types)
            return [
                "folder": .string(member.rawValue), "name": .string(member.name),
                "organization": .string(member.organizationID),
                "staff": .array(Staff.all(member).map(Self.staff)),
                "resources": .integer(types.values.reduce(0, +)),
                "types": .object(
                    types.sorted { $0.key < $1.key }.map {
                        JSON.Member(name: $0.key, value: .integer($0.value))
                    }),
            ]
        }
        let page: JSON = [
            // A whole UInt64 is more than a JSON number holds safely.
            "seed": .string("\(population.seed)"), "until": .string(population.until.text),
            "patients": .integer(population.patients), "resources": .integer(resourceCount),
            "members": .array(members), "persons": .array(persons),
            "users": .array(SampleUser.all(population).map(Self.user)),
        ]
        return page.bytes + [0x0a]
    }

    private static func user(_ user: SampleUser) -> JSON {
        [
            "name": .string(user.name), "title": .string(user.title),
            "member": .string(user.member.rawValue), "role": .string(user.role),
            "person": .string(user.person),
        ]
    }

    private static func staff(_ person: Staff) -> JSON {
        [
            "name": .string(person.name), "role": .string(person.duty.title),
            "id": .string(person.id),
        ]
    }
}
