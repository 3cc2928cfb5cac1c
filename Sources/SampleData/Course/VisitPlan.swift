/// A visit that will come.
struct PlannedVisit: Sendable {
    let day: SampleDay
    let member: SampleMember
    let kind: Kind

    enum Kind: Sendable {
        /// At home: what is due is done.
        case routine
        case acute(AcuteIllness)
        case prenatal
        /// At the hospital, asked by the clinic or as a patient's own choice.
        case specialist(Referral)
        case emergency(AcuteIllness)
        /// The one under a duplicate's name.
        case unrecognised
        /// The stay at whose end the person dies.
        case lastStay

        /// Whether it counts as one of the visits a year of the table below.
        var isPlannedAtHome: Bool {
            switch self {
            case .routine, .acute, .prenatal: true
            case .specialist, .emergency, .unrecognised, .lastStay: false
            }
        }
    }
}

/// When somebody goes to their doctor.
enum VisitPlan {
    /// Visits a year at home of adults with no, one, two, and more lasting diseases. docs/SAMPLE.md
    /// shows the same table, and a test counts.
    static let adultRates = [1.2, 2.1, 2.8, 3.6]
    /// Visits a year of children before and after their second birthday.
    static let childRates = [4.5, 1.6]

    /// Of a hundred unplanned visits of people with, and without lasting diseases.
    private static let acuteShares = (chronic: 0.14, healthy: 0.38)

    /// Visits a year of this person at this moment.
    static func rate(_ body: Body, on day: SampleDay) -> Double {
        let age = body.person.age(on: day)
        if age < 2 { return childRates[0] }
        if age < 18 { return childRates[1] }
        return adultRates[min(body.illnesses.count, 3)]
    }

    /// The visits at home, over all their records: evenly, but not too evenly.
    static func home(_ body: Body, _ dice: inout Dice) -> [PlannedVisit] {
        let person = body.person
        var visits: [PlannedVisit] = []
        let first = 365.25 / rate(body, on: person.recordsBegin)
        var place = Double(person.recordsBegin.number) + first * dice.unit()
        while true {
            let day = SampleDay(number: Int(place)).workday
            guard day <= person.recordsEnd else { break }
            if visits.last.map({ $0.day < day }) ?? true {
                let kind = visits.isEmpty ? .routine : kind(body, on: day, &dice)
                visits.append(PlannedVisit(day: day, member: person.home, kind: kind))
            }
            // The main patient comes more often, once there is a reason.
            let isWatched = person.role == .main && body.illnesses.contains { $0.onset <= day }
            let interval = 365.25 / (rate(body, on: day) * (isWatched ? 2.4 : 1))
            place += max(dice.normal(interval, interval * 0.22), 3)
        }
        // Somebody of whom nobody has seen anything is no patient.
        if visits.isEmpty {
            visits = [PlannedVisit(day: person.recordsEnd, member: person.home, kind: .routine)]
        }
        return visits
    }

    private static func kind(
        _ body: Body, on day: SampleDay, _ dice: inout Dice
    ) -> PlannedVisit.Kind {
        if let weeks = body.pregnancyWeeks(on: day), weeks < 40 { return .prenatal }
        let share = body.illnesses.isEmpty ? acuteShares.healthy : acuteShares.chronic
        guard dice.chance(share) else { return .routine }
        return .acute(
            .likely(
                age: body.person.age(on: day), sex: body.person.sex,
                month: day.components.month, &dice))
    }

    /// Every fourth week, once a pregnancy is known.
    static func prenatal(_ body: Body) -> [PlannedVisit] {
        guard let began = body.pregnancyBegan else { return [] }
        return (2...9).map { (began + $0 * 28).workday }.filter { $0 <= body.person.recordsEnd }
            .map { PlannedVisit(day: $0, member: body.person.home, kind: .prenatal) }
    }
}
