/// Synthetic patients of two members that share some of them. The same seed gives the same bytes on
/// every machine, and a patient is the same however many others there are.
///
/// docs/SAMPLE.md says who they are and how they are distributed.
package struct SamplePopulation: Sendable {
    /// Names of files give a patient four digits; the last number belongs to later versions.
    package static let patientsMax = 9_998
    /// The last day of all records, if none is asked for.
    package static let untilDefault = SampleDay(2026, 10, 31)

    /// What everything is drawn from.
    package let seed: UInt64
    /// How many there are.
    package let patients: Int
    /// The last day of all records.
    package let until: SampleDay
    /// Whether signals, images and reports are made and attached.
    package let hasFiles: Bool
    /// The fewest records that patient 0 has at the clinic, where more are wanted than a life has.
    package let richRecords: Int?

    /// Cheap: nothing is made yet.
    package init(
        seed: UInt64, patients: Int, until: SampleDay = untilDefault, hasFiles: Bool = true,
        richRecords: Int? = nil
    ) {
        self.seed = seed
        self.patients = min(max(patients, 1), SamplePopulation.patientsMax)
        self.until = until
        self.hasFiles = hasFiles
        self.richRecords = richRecords
    }

    /// The organisation itself, its staff and its places: what comes first at each member.
    package func foundation(of member: SampleMember) -> SampleUpload {
        SampleUpload(
            member: member, name: "0000-organization.json",
            entries: Foundation.entries(of: member, at: Moment(until - 4_000, 8, 0)))
    }

    /// The patient of this number, from 0, with their records at each member.
    package func patient(_ index: Int) -> SamplePatient {
        let person = SamplePerson(index: index, seed: seed, until: until)
        var course = LifeCourse(person, seed: seed, until: until, hasFiles: hasFiles)
        course.run()
        if index == 0, let richRecords, let chart = course.chart(person.home) {
            course.measureAtHome(until: richRecords, chart)
        }
        let number = Digits.padded(index + 1, 4)
        let records = course.charts.filter { !$0.entries.isEmpty }.map { chart in
            let uploads = SampleUpload.cut(chart.ordered, chart.member) {
                "\(number)-\(Digits.padded($0, 2)).json"
            }
            // Second versions come last of all: whoever loads several files at a time has stored
            // the first ones by then.
            let later = SampleUpload.cut(chart.later, chart.member) { _ in
                "9999-\(number)-later-versions.json"
            }
            return SampleRecords(
                member: chart.member, patientID: chart.patientID, number: chart.number,
                uploads: uploads + later)
        }
        return SamplePatient(
            person: person, diseases: course.body.illnesses.map(\.disease),
            homeVisits: course.homeVisitCount, records: records)
    }
}

/// A patient with all that is written about them.
package struct SamplePatient: Sendable {
    /// Who they are.
    package let person: SamplePerson
    /// Their lasting diseases.
    package let diseases: [Disease]
    /// Visits where they go first, referrals and emergencies aside.
    package let homeVisits: Int
    /// For each member that knows them, the hospital first.
    package let records: [SampleRecords]

    /// Years between the first day of their records and the last.
    package var recordYears: Double { person.recordsEnd.years(since: person.recordsBegin) }
}

/// What one member has about one patient.
package struct SampleRecords: Sendable {
    /// The member.
    package let member: SampleMember
    /// The FHIR id of their Patient there.
    package let patientID: String
    /// The member's own number for them.
    package let number: String
    /// In the order in which they are loaded.
    package let uploads: [SampleUpload]
}
