extension Measure {
    /// The range that goes with a result, for a person of this sex and age; `nil` where none is
    /// usual.
    func range(sex: Sex, age: Int) -> ReferenceRange? {
        switch self {
        case .systolic, .diastolic, .heartRate, .bodyMassIndex, .temperature, .respiratoryRate,
            .saturation:
            vital(age: age)
        case .haemoglobin, .haematocrit, .erythrocytes, .ferritin, .creatinine, .hdl:
            bySex(sex, age: age)
        default: forAll
        }
    }

    private func vital(age: Int) -> ReferenceRange? {
        switch self {
        case .temperature: return ReferenceRange(36.1, 37.5)
        case .saturation: return ReferenceRange(94, 100)
        case .heartRate where age >= 12: return ReferenceRange(50, 100)
        case .respiratoryRate where age >= 12: return ReferenceRange(12, 20)
        case .systolic where age >= 18: return ReferenceRange(90, 139)
        case .diastolic where age >= 18: return ReferenceRange(60, 89)
        case .bodyMassIndex where age >= 18: return ReferenceRange(18.5, 24.9)
        default: return nil
        }
    }

    private func bySex(_ sex: Sex, age: Int) -> ReferenceRange? {
        if age < 12 {
            switch self {
            case .haemoglobin: return ReferenceRange(11.5, 15.5)
            case .haematocrit: return ReferenceRange(34, 45)
            case .erythrocytes: return ReferenceRange(3.9, 5.3)
            case .ferritin: return ReferenceRange(10, 140)
            case .creatinine: return ReferenceRange(0.2, 0.7)
            default: return ReferenceRange(40, nil)
            }
        }
        let isFemale = sex == .female
        switch self {
        case .haemoglobin: return isFemale ? ReferenceRange(12, 15.5) : ReferenceRange(13.5, 17.5)
        case .haematocrit: return isFemale ? ReferenceRange(36, 46) : ReferenceRange(40, 52)
        case .erythrocytes: return isFemale ? ReferenceRange(3.9, 5.2) : ReferenceRange(4.4, 5.9)
        case .ferritin: return isFemale ? ReferenceRange(15, 150) : ReferenceRange(30, 400)
        case .creatinine: return isFemale ? ReferenceRange(0.5, 1.0) : ReferenceRange(0.7, 1.2)
        default: return ReferenceRange(isFemale ? 50 : 40, nil)
        }
    }

    private var forAll: ReferenceRange? {
        switch self {
        case .leukocytes: ReferenceRange(4, 11)
        case .cellVolume: ReferenceRange(80, 98)
        case .cellHaemoglobin: ReferenceRange(26, 34)
        case .cellConcentration: ReferenceRange(31.5, 36)
        case .platelets: ReferenceRange(150, 400)
        case .sodium: ReferenceRange(135, 145)
        case .potassium: ReferenceRange(3.5, 5.1)
        case .chloride: ReferenceRange(98, 107)
        case .bicarbonate: ReferenceRange(22, 29)
        case .ureaNitrogen: ReferenceRange(7, 20)
        case .filtration: ReferenceRange(60, nil)
        case .glucose: ReferenceRange(70, 99)
        case .calcium: ReferenceRange(8.6, 10.3)
        case .cholesterol: ReferenceRange(nil, 200)
        case .ldl: ReferenceRange(nil, 130)
        case .triglycerides: ReferenceRange(nil, 150)
        case .glycatedHaemoglobin: ReferenceRange(4, 5.6)
        case .reactiveProtein: ReferenceRange(nil, 5)
        case .thyrotropin: ReferenceRange(0.4, 4)
        case .thyroxine: ReferenceRange(0.8, 1.8)
        case .natriuretic: ReferenceRange(nil, 125)
        case .capillaryGlucose: ReferenceRange(70, 140)
        case .fetalHeartRate: ReferenceRange(110, 160)
        default: nil
        }
    }
}
