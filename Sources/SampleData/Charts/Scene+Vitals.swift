extension Scene {
    private static let vitalSigns = category("vital-signs", "Vital Signs")
    /// From this age on blood pressure is taken at every visit.
    private static let pressureAge = 6

    /// Measures what is measured at every visit, and what belongs to the occasion.
    mutating func takeVitals(_ body: Body, _ dice: inout Dice, isComplete: Bool) {
        wait(dice.between(2...6))
        let nurse = Staff.of(chart.member, .nursing)
        if age >= Scene.pressureAge { takeBloodPressure(body, &dice, nurse) }
        measure(.heartRate, body.heartRate(on: day, &dice), nurse)
        if isComplete || age < 18 || body.onset(.diabetes) != nil
            || body.onset(.heartFailure) != nil
        {
            weigh(body, &dice, nurse, withHeight: isComplete || age < 18)
        }
        if isComplete || body.acute != nil {
            measure(.temperature, body.temperature(on: day, &dice), nurse)
            measure(.respiratoryRate, body.respiratoryRate(on: day, &dice), nurse)
            measure(.saturation, body.saturation(on: day, &dice), nurse)
        }
        wait(3)
    }

    private func takeBloodPressure(_ body: Body, _ dice: inout Dice, _ nurse: Staff) {
        let (systolic, diastolic) = body.bloodPressure(on: day, &dice)
        let parts = [(Measure.systolic, systolic), (.diastolic, diastolic)]
        let components = parts.map { measure, value -> JSON in
            let code: JSON = ["code": measure.concept.json]
            return code.setting(self.value(of: measure, value))
        }
        let site = Concept("Left upper arm", .snomed("368208006", "Left upper arm structure"))
        chart.add(
            "Observation", at: now,
            [
                "status": "final", "category": Scene.vitalSigns,
                "code": Concept.bloodPressure.json,
                "subject": chart.subjectJSON, "encounter": .reference(encounter),
                "effectiveDateTime": .string(now.text), "performer": [nurse.json],
                "bodySite": site.json, "component": .array(components),
            ])
    }

    private func weigh(
        _ body: Body, _ dice: inout Dice, _ nurse: Staff, withHeight: Bool
    ) {
        let weight = body.weight(on: day) + dice.normal(0, age < 3 ? 0.06 : 0.45)
        let height = body.height(on: day) + dice.normal(0, 0.25)
        measure(.weight, weight, nurse)
        guard withHeight else { return }
        measure(.height, height, nurse)
        // From the values as they are written down, so that whoever calculates finds the same.
        let metres = Measure.height.rounded(height).value / 100
        let index = Measure.weight.rounded(weight).value / (metres * metres)
        if age >= 2 { measure(.bodyMassIndex, index, nurse) }
    }

    /// One value of a vital sign.
    @discardableResult
    func measure(_ measure: Measure, _ value: Double, _ performer: Staff) -> String {
        let head: JSON = [
            "status": "final", "category": Scene.vitalSigns, "code": measure.concept.json,
            "subject": chart.subjectJSON, "encounter": .reference(encounter),
            "effectiveDateTime": .string(now.text), "performer": [performer.json],
        ]
        return chart.add("Observation", at: now, head.setting(self.value(of: measure, value)))
    }

    /// The members that hold a value and what is usual. That a vital sign is usual is not said.
    private func value(of measure: Measure, _ value: Double) -> JSON {
        let rounded = measure.rounded(value)
        let range = measure.range(sex: person.sex, age: age)
        let interpretation = range?.interpretation(rounded.value)
        let isUsual = interpretation?.code == "N"
        return [
            "valueQuantity": measure.quantity(rounded),
            "interpretation": isUsual
                ? nil : interpretation.map { [["coding": [$0.json]]] },
            "referenceRange": range.map { [$0.json(measure)] },
        ]
    }
}
