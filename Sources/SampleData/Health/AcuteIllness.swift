/// An illness that passes.
enum AcuteIllness: String, Sendable, CaseIterable {
    case cold, earInfection, urinaryInfection, bronchitis, pneumonia, gastroenteritis, ankleSprain

    var concept: Concept {
        switch self {
        case .cold:
            AcuteIllness.concept(
                "54150009", "Upper respiratory infection", "J06.9", "Upper respiratory infection")
        case .earInfection:
            AcuteIllness.concept("3110003", "Acute otitis media", "H66.9", "Middle ear infection")
        case .urinaryInfection:
            AcuteIllness.concept(
                "68566005", "Urinary tract infectious disease", "N39.0", "Urinary tract infection")
        case .bronchitis:
            AcuteIllness.concept("10509002", "Acute bronchitis", "J20.9", "Acute bronchitis")
        case .pneumonia: AcuteIllness.concept("233604007", "Pneumonia", "J18.9", "Pneumonia")
        case .gastroenteritis:
            AcuteIllness.concept("25374005", "Gastroenteritis", "A09.9", "Gastroenteritis")
        case .ankleSprain:
            AcuteIllness.concept("44465007", "Sprain of ankle", "S93.4", "Sprained ankle")
        }
    }

    private static func concept(
        _ snomed: String, _ display: String, _ icd: String, _ text: String
    ) -> Concept {
        Concept(text, .snomed(snomed, display), .icd10(icd, text))
    }

    /// Degrees that the temperature rises, at its worst.
    var fever: Double {
        switch self {
        case .cold: 0.9
        case .earInfection: 1.6
        case .urinaryInfection: 0.6
        case .bronchitis: 1.2
        case .pneumonia: 2.3
        case .gastroenteritis: 1.0
        case .ankleSprain: 0
        }
    }

    /// Typical C-reactive protein in mg/L.
    var reactiveProtein: Double {
        switch self {
        case .pneumonia: 140
        case .urinaryInfection: 38
        case .bronchitis, .earInfection: 28
        default: 10
        }
    }

    var durationDays: Int {
        switch self {
        case .pneumonia, .ankleSprain: 28
        case .bronchitis: 18
        default: 9
        }
    }

    var pain: Int? {
        switch self {
        case .ankleSprain: 6
        case .earInfection: 5
        case .urinaryInfection: 3
        default: nil
        }
    }

    var hasBloodTest: Bool { self == .pneumonia || self == .bronchitis }

    /// `isAllergic`: to penicillin.
    func medicine(isAllergic: Bool) -> Medicine? {
        switch self {
        case .earInfection: isAllergic ? .doxycycline : .amoxicillin
        case .pneumonia: isAllergic ? .doxycycline : .amoxicillin
        case .urinaryInfection: .nitrofurantoin
        case .ankleSprain: .ibuprofen
        default: nil
        }
    }

    /// The likely one for this age, sex and month.
    static func likely(age: Int, sex: Sex, month: Int, _ dice: inout Dice) -> AcuteIllness {
        let isWinter = month <= 3 || month >= 11
        return allCases[
            dice.pick(weights: [
                isWinter ? 9 : 4, age < 8 ? 8 : 0.4, sex == .female && age > 15 ? 4 : 0.5,
                age < 12 ? 0 : isWinter ? 4 : 1.5, 0, 2.5, age < 10 || age > 70 ? 0.5 : 2,
            ])]
    }
}
