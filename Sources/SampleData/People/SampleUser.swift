/// Somebody of the sample who logs in: one of each kind that the console serves.
///
/// The ids are those of people on a ledger. Resources carry them as an identifier, so that a node
/// knows whose record a Patient is and who a Practitioner is.
package struct SampleUser: Sendable {
    /// Where they log in.
    package let member: SampleMember
    /// The person's id on a ledger: 32 hexadecimal digits.
    package let person: String
    /// What to call their wallet's file; no two share it.
    package let label: String
    /// As people say it.
    package let name: String
    /// What they are, in words.
    package let title: String
    /// The role they hold at the member, as a ledger writes it.
    package let role: String

    /// The system of the identifier that holds a person's id.
    private static let system = "urn:cairn:person"

    /// As it stands in a resource.
    static func identifier(_ person: String) -> JSON {
        ["system": .string(system), "value": .string(person)]
    }

    /// The page that lists them, one a line, for scripts: member, person, role, label, title and
    /// name, with a tab between them.
    package static let page = "people.tsv"

    /// Everybody who logs in. The patient is the main one of the cast.
    package static func all(_ population: SamplePopulation) -> [SampleUser] {
        let main = SamplePerson(index: 0, seed: population.seed, until: population.until)
        return [
            SampleUser(
                member: .hospital, person: main.ledgerID, label: "patient", name: main.name,
                title: "patient", role: "patient"),
            staff(.hospital, .internalMedicine, "doctor", "doctor", "practitioner"),
            staff(.clinic, .generalPractice, "clinic-doctor", "doctor", "practitioner"),
            staff(
                .hospital, .laboratory, "technician", "laboratory technician",
                "laboratory-technician"),
            office("Thea Brandvold", "privacy officer", "privacy-officer"),
            office("Mateo Iriarte", "administrator", "administrator"),
        ]
    }

    /// The lines of ``page``.
    package static func pageBytes(_ population: SamplePopulation) -> [UInt8] {
        let lines = all(population).map { user in
            [
                user.member.rawValue, user.person, user.role, user.label, user.title, user.name,
            ].joined(separator: "\t") + "\n"
        }
        return Array(lines.joined().utf8)
    }

    private static func staff(
        _ member: SampleMember, _ duty: Staff.Duty, _ label: String, _ title: String,
        _ role: String
    ) -> SampleUser {
        let person = Staff.of(member, duty)
        return SampleUser(
            member: member, person: person.ledgerID, label: label, name: person.name, title: title,
            role: role)
    }

    /// Somebody at the hospital who treats nobody: no resource tells of them.
    private static func office(_ name: String, _ title: String, _ role: String) -> SampleUser {
        let member = SampleMember.hospital
        return SampleUser(
            member: member, person: member.ledgerID(role), label: role, name: name, title: title,
            role: role)
    }
}

extension Staff {
    /// On a ledger.
    var ledgerID: String { member.ledgerID(duty.rawValue) }
}

extension SampleMember {
    fileprivate func ledgerID(_ name: String) -> String {
        var dice = Dice(seed: 0, rawValue, "ledger", name)
        return dice.uuid().digits
    }
}
