extension LifeCourse {
    /// What somebody measures at home, for a record that is long: blood pressure, heart rate,
    /// glucose and weight in turn, evenly over the years, until the chart has `count` entries.
    mutating func measureAtHome(until count: Int, _ chart: Chart) {
        guard let first = chart.ordered.first?.moment else { return }
        let missing = count - chart.entries.count
        guard missing > 0 else { return }
        // Two minutes after the registration, so that nothing is about somebody unknown.
        let begin = first + 60
        let end = Moment(person.recordsEnd, 7, 0)
        for number in 0..<missing {
            let share = (Double(number) + 0.8 * dice.unit()) / Double(missing)
            let seconds = begin.seconds + Int(share * Double(end.seconds - begin.seconds))
            record(number, at: Moment(seconds: seconds / 60 * 60), chart)
        }
    }

    private mutating func record(_ number: Int, at moment: Moment, _ chart: Chart) {
        switch number % 4 {
        case 0, 2:
            let (systolic, diastolic) = body.bloodPressure(on: moment.day, &dice)
            let parts = [(Measure.systolic, systolic), (.diastolic, diastolic)]
            let components = parts.map { measure, value -> JSON in
                [
                    "code": measure.concept.json,
                    "valueQuantity": measure.quantity(measure.rounded(value)),
                ]
            }
            add(.bloodPressure, ["component": .array(components)], at: moment, chart)
        case 1:
            let mean = 28.7 * body.glycatedHaemoglobin(on: moment.day, &dice) - 54
            add(.capillaryGlucose, max(dice.normal(mean, 14), 62), at: moment, chart)
        default:
            let weight = body.weight(on: moment.day) + dice.normal(0, 0.4)
            add(.weight, weight, at: moment, chart)
        }
    }

    private func add(_ measure: Measure, _ value: Double, at moment: Moment, _ chart: Chart) {
        add(
            measure.concept,
            ["valueQuantity": measure.quantity(measure.rounded(value))], at: moment, chart)
    }

    private func add(_ concept: Concept, _ value: JSON, at moment: Moment, _ chart: Chart) {
        let head: JSON = [
            "status": "final", "category": Scene.category("vital-signs", "Vital Signs"),
            "code": concept.json, "subject": chart.patient,
            "effectiveDateTime": .string(moment.text), "performer": [chart.patient],
        ]
        chart.add("Observation", at: moment, head.setting(value))
    }
}

extension Concept {
    static let bloodPressure = Concept(
        "Blood pressure",
        .loinc("85354-9", "Blood pressure panel with all children optional"))
}
