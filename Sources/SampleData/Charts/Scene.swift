/// One encounter, while it is written down: who is there, and what time it is by now.
struct Scene {
    let chart: Chart
    let doctor: Staff
    /// The encounter's reference.
    let encounter: String
    /// Advances with everything that happens.
    var now: Moment

    var day: SampleDay { now.day }
    var person: SamplePerson { chart.person }
    var age: Int { person.age(on: day) }

    /// What kind of encounter it is.
    enum Kind {
        case checkup, problem, followUp, prenatal, consultation, emergency, admission

        /// FHIR's class, from v3-ActCode.
        var patientClass: Coding {
            switch self {
            case .emergency: Coding(system: .actCode, code: "EMER", display: "emergency")
            case .admission: Coding(system: .actCode, code: "IMP", display: "inpatient encounter")
            default: Coding(system: .actCode, code: "AMB", display: "ambulatory")
            }
        }

        var concept: Concept {
            switch self {
            case .checkup: Concept("Check-up", .snomed("185349003", "Encounter for check up"))
            case .problem: Concept("Visit", .snomed("185347001", "Encounter for problem"))
            case .followUp: Concept("Follow-up", .snomed("390906007", "Follow-up encounter"))
            case .prenatal: Concept("Prenatal visit", .snomed("424619006", "Prenatal visit"))
            case .consultation:
                Concept("Specialist visit", .snomed("11429006", "Consultation"))
            case .emergency:
                Concept("Emergency visit", .snomed("50849002", "Emergency room admission"))
            case .admission:
                Concept("Hospital stay", .snomed("32485007", "Hospital admission"))
            }
        }
    }

    /// Begins an encounter.
    ///
    /// - Parameters:
    ///   - minutes: How long it lasts.
    ///   - reasons: Why the person came.
    ///   - more: Members of the Encounter that only some have.
    init(
        _ kind: Kind, _ chart: Chart, _ doctor: Staff, at start: Moment, minutes: Int,
        reasons: [Concept] = [], more: JSON = [:]
    ) {
        self.chart = chart
        self.doctor = doctor
        now = start + 3
        let period: JSON = [
            "start": .string(start.text), "end": .string((start + minutes).text),
        ]
        let participant: JSON = [
            "type": [.concept(.participation, "ATND", "attender")], "individual": doctor.json,
        ]
        let members: JSON = [
            "status": "finished", "class": kind.patientClass.json,
            "type": [kind.concept.json], "subject": chart.subjectJSON,
            "participant": [participant], "period": period,
            "reasonCode": .list(reasons.map(\.json)),
        ]
        let place: JSON = ["location": doctor.duty.location(of: chart.member)]
        encounter = chart.add(
            "Encounter", at: start,
            members.setting(more).setting([
                "location": [place],
                "serviceProvider": .reference(
                    "Organization/\(chart.member.organizationID)", chart.member.name),
            ]))
    }

    /// Some minutes pass.
    mutating func wait(_ minutes: Int) { now = now + minutes }

    /// A category of Observations.
    static func category(_ code: String, _ display: String) -> JSON {
        [.concept(.observationCategory, code, display)]
    }
}

extension Staff.Duty {
    /// Where this is done.
    func locationID(of member: SampleMember) -> String { member.id("Location", rawValue) }

    func location(of member: SampleMember) -> JSON {
        .reference("Location/\(locationID(of: member))", title)
    }
}
