/// Laboratory work that is ordered and reported together.
enum Panel: String, Sendable, CaseIterable {
    case bloodCount, metabolic, lipids, glycatedHaemoglobin, reactiveProtein, thyroid, ferritin
    case natriuretic

    var coding: Coding {
        switch self {
        case .bloodCount: .loinc("58410-2", "CBC panel - Blood by Automated count")
        case .metabolic: .loinc("24321-2", "Basic metabolic 2000 panel - Serum or Plasma")
        case .lipids: .loinc("24331-1", "Lipid 1996 panel - Serum or Plasma")
        case .glycatedHaemoglobin: Measure.glycatedHaemoglobin.notation.coding
        case .reactiveProtein: Measure.reactiveProtein.notation.coding
        case .thyroid: Measure.thyrotropin.notation.coding
        case .ferritin: Measure.ferritin.notation.coding
        case .natriuretic: Measure.natriuretic.notation.coding
        }
    }

    /// As people say it.
    var name: String {
        switch self {
        case .bloodCount: "Complete blood count"
        case .metabolic: "Basic metabolic panel"
        case .lipids: "Lipid panel"
        case .glycatedHaemoglobin: "HbA1c"
        case .reactiveProtein: "C-reactive protein"
        case .thyroid: "Thyroid function"
        case .ferritin: "Ferritin"
        case .natriuretic: "NT-proBNP"
        }
    }

    var concept: Concept { Concept(name, coding) }

    /// In the order of the report.
    var measures: [Measure] {
        switch self {
        case .bloodCount:
            [
                .leukocytes, .erythrocytes, .haemoglobin, .haematocrit, .cellVolume,
                .cellHaemoglobin, .cellConcentration, .platelets,
            ]
        case .metabolic:
            [
                .sodium, .potassium, .chloride, .bicarbonate, .ureaNitrogen, .creatinine,
                .filtration, .glucose, .calcium,
            ]
        case .lipids: [.cholesterol, .hdl, .ldl, .triglycerides]
        case .glycatedHaemoglobin: [.glycatedHaemoglobin]
        case .reactiveProtein: [.reactiveProtein]
        case .thyroid: [.thyrotropin, .thyroxine]
        case .ferritin: [.ferritin]
        case .natriuretic: [.natriuretic]
        }
    }
}
