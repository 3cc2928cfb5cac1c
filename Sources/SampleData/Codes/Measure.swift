/// What is measured as a number with a unit.
enum Measure: String, Sendable, CaseIterable {
    case systolic, diastolic, heartRate, weight, height, bodyMassIndex, temperature
    case respiratoryRate, saturation
    case leukocytes, erythrocytes, haemoglobin, haematocrit, cellVolume, cellHaemoglobin
    case cellConcentration, platelets
    case sodium, potassium, chloride, bicarbonate, ureaNitrogen, creatinine, filtration
    case glucose, calcium
    case cholesterol, hdl, ldl, triglycerides
    case glycatedHaemoglobin, reactiveProtein, thyrotropin, thyroxine, ferritin, natriuretic
    case capillaryGlucose, fundalHeight, fetalHeartRate

    /// How it is written: LOINC code and name, short name, unit as printed and in UCUM, digits
    /// behind the point.
    struct Notation: Sendable {
        let coding: Coding
        let name: String
        let unit: String
        let ucum: String
        let digits: Int

        init(
            _ code: String, _ display: String, _ name: String, _ unit: String, _ ucum: String,
            _ digits: Int
        ) {
            coding = .loinc(code, display)
            self.name = name
            self.unit = unit
            self.ucum = ucum
            self.digits = digits
        }
    }

    var concept: Concept { Concept(notation.name, notation.coding) }

    /// The value as it is written down.
    func rounded(_ value: Double) -> Decimal { Decimal(value, digits: notation.digits) }

    func quantity(_ value: Decimal) -> JSON {
        [
            "value": .number(value), "unit": .string(notation.unit),
            "system": .string(CodeSystem.ucum.rawValue), "code": .string(notation.ucum),
        ]
    }
}

/// What is usual: the values between which healthy people lie.
struct ReferenceRange: Sendable {
    let low: Double?
    let high: Double?

    init(_ low: Double?, _ high: Double?) {
        self.low = low
        self.high = high
    }

    /// `L`, `H` or `N`.
    func interpretation(_ value: Double) -> Coding {
        if let low, value < low {
            return Coding(system: .interpretation, code: "L", display: "Low")
        }
        if let high, value > high {
            return Coding(system: .interpretation, code: "H", display: "High")
        }
        return Coding(system: .interpretation, code: "N", display: "Normal")
    }

    /// As a laboratory prints it.
    func text(digits: Int) -> String {
        switch (low, high) {
        case (let low?, let high?):
            "\(Decimal(low, digits: digits).text) – \(Decimal(high, digits: digits).text)"
        case (nil, let high?): "up to \(Decimal(high, digits: digits).text)"
        case (let low?, nil): "from \(Decimal(low, digits: digits).text)"
        case (nil, nil): ""
        }
    }

    func json(_ measure: Measure) -> JSON {
        [
            "low": low.map { measure.quantity(measure.rounded($0)) },
            "high": high.map { measure.quantity(measure.rounded($0)) },
            "text": .string(text(digits: measure.notation.digits)),
        ]
    }
}
