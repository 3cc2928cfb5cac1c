/// What is prescribed: substance, strength and how it is taken.
struct Medicine: Sendable, Hashable {
    /// Substance and strength, as on the box.
    let name: String
    /// ATC code of the substance, and its RxNorm ingredient where it has one.
    let atc: Coding
    let rxnorm: Coding?
    /// As on the label.
    let sig: String
    /// Each time: how many of what.
    let dose: Double
    let unit: String
    /// Times a day.
    let frequency: Int
    let isAsNeeded: Bool

    init(
        _ name: String, atc: (String, String), rxnorm: (String, String)? = nil, _ sig: String,
        dose: Double = 1, unit: String = "tablet", frequency: Int = 1, isAsNeeded: Bool = false
    ) {
        self.name = name
        self.atc = Coding(system: .atc, code: atc.0, display: atc.1)
        self.rxnorm = rxnorm.map { Coding(system: .rxnorm, code: $0.0, display: $0.1) }
        self.sig = sig
        self.dose = dose
        self.unit = unit
        self.frequency = frequency
        self.isAsNeeded = isAsNeeded
    }

    var json: JSON {
        [
            "coding": .array(([rxnorm, atc].compactMap { $0 }).map(\.json)),
            "text": .string(name),
        ]
    }
}

extension Medicine {
    static let lisinopril10 = Medicine(
        "Lisinopril 10 mg tablet", atc: ("C09AA03", "lisinopril"), rxnorm: ("29046", "lisinopril"),
        "Take 1 tablet once a day")
    static let amlodipine = Medicine(
        "Amlodipine 5 mg tablet", atc: ("C08CA01", "amlodipine"), rxnorm: ("17767", "amlodipine"),
        "Take 1 tablet once a day")
    static let metformin500 = Medicine(
        "Metformin 500 mg tablet", atc: ("A10BA02", "metformin"), rxnorm: ("6809", "metformin"),
        "Take 1 tablet twice a day with meals", frequency: 2)
    static let metformin1000 = Medicine(
        "Metformin 1000 mg tablet", atc: ("A10BA02", "metformin"), rxnorm: ("6809", "metformin"),
        "Take 1 tablet twice a day with meals", frequency: 2)
    static let atorvastatin = Medicine(
        "Atorvastatin 20 mg tablet", atc: ("C10AA05", "atorvastatin"),
        rxnorm: ("83367", "atorvastatin"), "Take 1 tablet in the evening")
    static let salbutamol = Medicine(
        "Salbutamol 100 µg inhaler", atc: ("R03AC02", "salbutamol"), rxnorm: ("435", "albuterol"),
        "Inhale 2 puffs when short of breath, at most 4 times a day", dose: 2, unit: "puff",
        frequency: 4, isAsNeeded: true)
    static let beclometasone = Medicine(
        "Beclometasone 100 µg inhaler", atc: ("R03BA01", "beclometasone"),
        "Inhale 1 puff twice a day", unit: "puff", frequency: 2)
    static let tiotropium = Medicine(
        "Tiotropium 18 µg inhalation capsule", atc: ("R03BB04", "tiotropium bromide"),
        rxnorm: ("69120", "tiotropium"), "Inhale 1 capsule once a day", unit: "capsule")
    static let sertraline = Medicine(
        "Sertraline 50 mg tablet", atc: ("N06AB06", "sertraline"), rxnorm: ("36437", "sertraline"),
        "Take 1 tablet in the morning")
    static let paracetamol = Medicine(
        "Paracetamol 500 mg tablet", atc: ("N02BE01", "paracetamol"),
        rxnorm: ("161", "acetaminophen"), "Take 2 tablets for pain, at most 4 times a day",
        dose: 2, frequency: 4, isAsNeeded: true)
    static let ibuprofen = Medicine(
        "Ibuprofen 400 mg tablet", atc: ("M01AE01", "ibuprofen"), rxnorm: ("5640", "ibuprofen"),
        "Take 1 tablet for pain with food, at most 3 times a day", frequency: 3,
        isAsNeeded: true)
    static let apixaban = Medicine(
        "Apixaban 5 mg tablet", atc: ("B01AF02", "apixaban"), rxnorm: ("1364430", "apixaban"),
        "Take 1 tablet twice a day", frequency: 2)
    static let bisoprolol = Medicine(
        "Bisoprolol 2.5 mg tablet", atc: ("C07AB07", "bisoprolol"),
        rxnorm: ("19484", "bisoprolol"), "Take 1 tablet in the morning")
    static let furosemide = Medicine(
        "Furosemide 40 mg tablet", atc: ("C03CA01", "furosemide"), rxnorm: ("4603", "furosemide"),
        "Take 1 tablet in the morning")
    static let levothyroxine = Medicine(
        "Levothyroxine 75 µg tablet", atc: ("H03AA01", "levothyroxine sodium"),
        rxnorm: ("10582", "levothyroxine"), "Take 1 tablet in the morning, before breakfast")
    static let omeprazole = Medicine(
        "Omeprazole 20 mg capsule", atc: ("A02BC01", "omeprazole"), rxnorm: ("7646", "omeprazole"),
        "Take 1 capsule before breakfast", unit: "capsule")
    static let sumatriptan = Medicine(
        "Sumatriptan 50 mg tablet", atc: ("N02CC01", "sumatriptan"),
        rxnorm: ("37418", "sumatriptan"), "Take 1 tablet at the start of an attack",
        isAsNeeded: true)
    static let iron = Medicine(
        "Ferrous sulfate 325 mg tablet", atc: ("B03AA07", "ferrous sulfate"),
        rxnorm: ("24947", "ferrous sulfate"), "Take 1 tablet once a day, away from meals")
    static let cetirizine = Medicine(
        "Cetirizine 10 mg tablet", atc: ("R06AE07", "cetirizine"), rxnorm: ("20610", "cetirizine"),
        "Take 1 tablet once a day in the pollen season")
    static let hydrocortisone = Medicine(
        "Hydrocortisone 1 % cream", atc: ("D07AA02", "hydrocortisone"),
        rxnorm: ("5492", "hydrocortisone"), "Apply thinly to the skin twice a day",
        unit: "application", frequency: 2)
    static let amoxicillin = Medicine(
        "Amoxicillin 500 mg capsule", atc: ("J01CA04", "amoxicillin"),
        rxnorm: ("723", "amoxicillin"), "Take 1 capsule 3 times a day for 7 days",
        unit: "capsule", frequency: 3)
    static let doxycycline = Medicine(
        "Doxycycline 100 mg capsule", atc: ("J01AA02", "doxycycline"),
        rxnorm: ("3640", "doxycycline"), "Take 1 capsule twice a day for 7 days",
        unit: "capsule", frequency: 2)
    static let nitrofurantoin = Medicine(
        "Nitrofurantoin 100 mg capsule", atc: ("J01XE01", "nitrofurantoin"),
        rxnorm: ("7454", "nitrofurantoin"), "Take 1 capsule twice a day for 5 days",
        unit: "capsule", frequency: 2)
    static let folicAcid = Medicine(
        "Folic acid 400 µg tablet", atc: ("B03BB01", "folic acid"), rxnorm: ("4511", "folic acid"),
        "Take 1 tablet once a day")
}
