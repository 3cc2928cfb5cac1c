/// What a person's body is like, and what it does over time: where each measured value comes from.
struct Body: Sendable {
    let person: SamplePerson
    let illnesses: [Illness]
    let smoking: Smoking
    let isAllergicToPenicillin: Bool
    /// First week of a pregnancy that is under way.
    let pregnancyBegan: SampleDay?
    /// What is taken, since when.
    private(set) var treatments: [Treatment] = []
    /// An illness that passes, and when it began.
    var acute: (illness: AcuteIllness, began: SampleDay)?
    let trait: Trait

    struct Treatment: Sendable, Hashable {
        let medicine: Medicine
        let began: SampleDay
    }

    /// `72166-2` of LOINC.
    enum Smoking: Sendable {
        case never, former, daily
    }

    /// Everybody's own place within what is usual, in deviations from the mean.
    struct Trait: Sendable {
        var stature = 0.0
        var girth = 0.0
        var pressure = 0.0
        var pulse = 0.0
        var blood = 0.0
        var lipids = 0.0
        var kidney = 0.0
        var sugar = 0.0
        /// How far treatment brings them, around 1.
        var response = 1.0
    }

    init(_ person: SamplePerson, seed: UInt64) {
        var dice = Dice(seed: seed, "body", "\(person.index)")
        self.person = person
        var trait = Trait()
        trait.stature = dice.normal(0, 1)
        trait.girth = dice.normal(0, 1)
        trait.pressure = dice.normal(0, 1)
        trait.pulse = dice.normal(0, 1)
        trait.blood = dice.normal(0, 1)
        trait.lipids = dice.normal(0, 1)
        trait.kidney = dice.normal(0, 1)
        trait.sugar = dice.normal(0, 1)
        trait.response = dice.normal(1, 0.12)
        self.trait = trait
        let age = person.age
        let habit = dice.pick(weights: age < 16 ? [1, 0, 0] : [55, age < 25 ? 6 : 27, 18])
        smoking = person.role == .pregnancy ? .never : [Smoking.never, .former, .daily][habit]
        isAllergicToPenicillin = dice.chance(0.07)
        pregnancyBegan = person.role == .pregnancy ? person.recordsEnd - 7 * 31 : nil
        illnesses = Body.illnesses(person, &dice)
    }

    /// What is taken from `day` on.
    mutating func begin(_ medicine: Medicine, on day: SampleDay) {
        treatments.append(Treatment(medicine: medicine, began: day))
    }

    func onset(_ disease: Disease) -> SampleDay? {
        illnesses.first { $0.disease == disease }?.onset
    }

    /// From 0 before the treatment to 1 where it has reached all it can, in so many days.
    func effect(_ atc: String, on day: SampleDay, within days: Double) -> Double {
        let began = treatments.filter { $0.medicine.atc.code == atc }.map(\.began).min()
        guard let began, day >= began else { return 0 }
        return 1 - Elementary.exponential(-3 * Double(day.number - began.number) / days)
    }

    /// From 0 to 1 over `years` before a disease is found, 1 from then on; 0 without it.
    func severity(_ disease: Disease, on day: SampleDay, buildUp years: Double = 2) -> Double {
        guard let onset = onset(disease) else { return 0 }
        return min(max(1 + day.years(since: onset) / years, 0), 1)
    }

    /// How much there is of an illness that passes: 1 at its worst, 0 when it is over.
    func acuteSeverity(on day: SampleDay) -> Double {
        guard let acute else { return 0 }
        let share = Double(day.number - acute.began.number) / Double(acute.illness.durationDays)
        return (0..<1).contains(share) ? 1 - share : 0
    }

    /// Weeks of pregnancy, while it lasts.
    func pregnancyWeeks(on day: SampleDay) -> Double? {
        guard let pregnancyBegan, day >= pregnancyBegan + 28 else { return nil }
        return Double(day.number - pregnancyBegan.number) / 7
    }

    /// The diseases of the cast are fixed, those of all others drawn by age.
    private static func illnesses(_ person: SamplePerson, _ dice: inout Dice) -> [Illness] {
        let given = cast(person.role)
        let band = SamplePerson.band(ofAge: person.age)
        return Disease.allCases.compactMap { disease in
            let isDrawn = dice.chance(disease.percentByAge[band] / 100)
            // A third of all diseases begins within the records; others long before.
            let isNew = dice.chance(0.33)
            let share = dice.unit()
            guard given.map({ $0.contains(disease) }) ?? isDrawn else { return nil }
            let length = person.recordsEnd.number - person.recordsBegin.number
            if person.role != .ordinary || isNew {
                let place = person.role == .main ? mainOnset(disease) : 0.12 + 0.6 * share
                return Illness(
                    disease: disease, onset: person.recordsBegin + Int(place * Double(length)))
            }
            let yearsBefore = Double(max(person.age(on: person.recordsBegin) - 2, 0))
            let earlier = Int(share * min(yearsBefore, 15) * 365.25)
            return Illness(disease: disease, onset: person.recordsBegin - 1 - earlier)
        }
    }

    /// Where in the records the main patient's diseases begin: one after the other, early enough to
    /// show what treatment does.
    private static func mainOnset(_ disease: Disease) -> Double {
        switch disease {
        case .hypertension: 0.08
        case .diabetes: 0.3
        case .hyperlipidaemia: 0.19
        default: 0.55
        }
    }

    private static func cast(_ role: SampleRole) -> [Disease]? {
        switch role {
        case .ordinary: nil
        case .main: [.hypertension, .diabetes, .hyperlipidaemia, .osteoarthritis]
        case .correction: [.hypertension]
        case .duplicate: [.hypothyroidism, .anaemia]
        case .minor: [.asthma, .eczema]
        case .deceased: [.hypertension, .heartFailure, .kidney]
        case .refusedConsent: [.depression, .migraine]
        case .pregnancy: []
        case .fibrillation: [.fibrillation, .hypertension]
        }
    }
}
