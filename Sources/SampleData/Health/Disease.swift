/// An illness that stays, once it is there.
package enum Disease: String, Sendable, CaseIterable {
    case hypertension, diabetes, hyperlipidaemia, asthma, copd, depression, osteoarthritis
    case fibrillation, kidney, hypothyroidism, reflux, migraine, anaemia, rhinitis, backPain
    case heartFailure, eczema

    /// How many of a hundred people have it, at ages 0–17, 18–39, 40–64 and from 65 on.
    /// docs/SAMPLE.md shows the same table, and a test counts.
    var percentByAge: [Double] {
        switch self {
        case .hypertension: [0, 7, 32, 62]
        case .diabetes: [0, 2, 10, 20]
        case .hyperlipidaemia: [0, 6, 28, 45]
        case .asthma: [9, 8, 7, 6]
        case .copd: [0, 0, 5, 12]
        case .depression: [2, 11, 12, 9]
        case .osteoarthritis: [0, 1, 12, 30]
        case .fibrillation: [0, 0, 2, 10]
        case .kidney: [0, 1, 4, 16]
        case .hypothyroidism: [0, 2, 5, 8]
        case .reflux: [0, 6, 13, 15]
        case .migraine: [4, 13, 11, 4]
        case .anaemia: [2, 6, 4, 6]
        case .rhinitis: [14, 15, 10, 6]
        case .backPain: [1, 10, 16, 16]
        case .heartFailure: [0, 0, 2, 9]
        case .eczema: [12, 5, 3, 2]
        }
    }

    var concept: Concept {
        switch self {
        case .hypertension:
            Disease.concept("38341003", "Hypertensive disorder", "I10", "High blood pressure")
        case .diabetes:
            Disease.concept(
                "44054006", "Diabetes mellitus type 2", "E11.9", "Type 2 diabetes")
        case .hyperlipidaemia:
            Disease.concept("55822004", "Hyperlipidemia", "E78.5", "High cholesterol")
        case .asthma: Disease.concept("195967001", "Asthma", "J45.9", "Asthma")
        case .copd:
            Disease.concept("13645005", "Chronic obstructive pulmonary disease", "J44.9", "COPD")
        case .depression:
            Disease.concept("35489007", "Depressive disorder", "F32.9", "Depression")
        case .osteoarthritis:
            Disease.concept(
                "239873007", "Osteoarthritis of knee", "M17.9", "Osteoarthritis of the knee")
        case .fibrillation:
            Disease.concept("49436004", "Atrial fibrillation", "I48.9", "Atrial fibrillation")
        case .kidney:
            Disease.concept(
                "433144002", "Chronic kidney disease stage 3", "N18.3",
                "Chronic kidney disease, stage 3")
        case .hypothyroidism:
            Disease.concept("40930008", "Hypothyroidism", "E03.9", "Underactive thyroid")
        case .reflux:
            Disease.concept(
                "235595009", "Gastroesophageal reflux disease", "K21.9", "Reflux disease")
        case .migraine: Disease.concept("37796009", "Migraine", "G43.9", "Migraine")
        case .anaemia:
            Disease.concept(
                "87522002", "Iron deficiency anemia", "D50.9", "Iron deficiency anemia")
        case .rhinitis:
            Disease.concept("61582004", "Allergic rhinitis", "J30.4", "Allergic rhinitis")
        case .backPain: Disease.concept("279039007", "Low back pain", "M54.5", "Low back pain")
        case .heartFailure: Disease.concept("84114007", "Heart failure", "I50.9", "Heart failure")
        case .eczema: Disease.concept("24079001", "Atopic dermatitis", "L20.9", "Eczema")
        }
    }

    private static func concept(
        _ snomed: String, _ display: String, _ icd: String, _ text: String
    ) -> Concept {
        Concept(text, .snomed(snomed, display), .icd10(icd, text))
    }

    /// The laboratory work by which it is found and followed.
    var panels: [Panel] {
        switch self {
        case .hypertension, .kidney: [.metabolic]
        case .diabetes: [.glycatedHaemoglobin, .metabolic]
        case .hyperlipidaemia: [.lipids]
        case .hypothyroidism: [.thyroid]
        case .anaemia: [.bloodCount, .ferritin]
        case .heartFailure: [.natriuretic, .metabolic]
        case .fibrillation: [.metabolic, .thyroid]
        default: []
        }
    }

    /// What is prescribed, the first choice first.
    var medicines: [Medicine] {
        switch self {
        case .hypertension: [.lisinopril10, .amlodipine]
        case .diabetes: [.metformin500, .metformin1000]
        case .hyperlipidaemia: [.atorvastatin]
        case .asthma: [.salbutamol, .beclometasone]
        case .copd: [.tiotropium, .salbutamol]
        case .depression: [.sertraline]
        case .osteoarthritis: [.paracetamol, .ibuprofen]
        case .fibrillation: [.apixaban, .bisoprolol]
        case .kidney: []
        case .hypothyroidism: [.levothyroxine]
        case .reflux: [.omeprazole]
        case .migraine: [.sumatriptan]
        case .anaemia: [.iron]
        case .rhinitis: [.cetirizine]
        case .backPain: [.paracetamol]
        case .heartFailure: [.furosemide, .bisoprolol]
        case .eczema: [.hydrocortisone]
        }
    }

    /// How many of its medicines are begun at once.
    var firstMedicines: Int { self == .fibrillation || self == .heartFailure ? 2 : 1 }

    /// Whether a pain score belongs to each visit.
    var isPainful: Bool { [.osteoarthritis, .migraine, .backPain].contains(self) }

    /// Whether the hospital is asked.
    var isReferred: Bool {
        [.fibrillation, .heartFailure, .copd, .osteoarthritis, .kidney, .anaemia].contains(self)
    }
}

/// A person's disease.
struct Illness: Sendable, Hashable {
    let disease: Disease
    let onset: SampleDay
}
