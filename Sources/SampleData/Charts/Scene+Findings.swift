/// Answers out of a list that are recorded as codes.
enum Finding {
    static let negative = Coding.snomed("260385009", "Negative")
    static let positive = Coding.snomed("10828004", "Positive")

    static func smoking(_ habit: Body.Smoking) -> Concept {
        switch habit {
        case .never: Concept("Never smoked", .snomed("266919005", "Never smoked tobacco"))
        case .former: Concept("Ex-smoker", .snomed("8517006", "Ex-smoker"))
        case .daily: Concept("Smokes daily", .snomed("449868002", "Smokes tobacco daily"))
        }
    }
}

extension Scene {
    private static let survey = category("survey", "Survey")
    private static let socialHistory = category("social-history", "Social History")

    private func observation(
        _ category: JSON, _ concept: Concept, _ value: (name: String, json: JSON)
    ) -> String {
        let head: JSON = [
            "status": "final", "category": category, "code": concept.json,
            "subject": chart.subjectJSON, "encounter": .reference(encounter),
            "effectiveDateTime": .string(now.text), "performer": [doctor.json],
        ]
        let tail = JSON.object([JSON.Member(name: value.name, value: value.json)])
        return chart.add("Observation", at: now, head.setting(tail))
    }

    /// Smoking, as a code.
    func recordSmoking(_ habit: Body.Smoking) {
        let concept = Concept("Smoking status", .loinc("72166-2", "Tobacco smoking status"))
        _ = observation(
            Scene.socialHistory, concept, ("valueCodeableConcept", Finding.smoking(habit).json))
    }

    /// How much it hurts, from 0 to 10: an order without distances.
    func recordPain(_ score: Int) {
        let concept = Concept(
            "Pain score",
            .loinc("72514-3", "Pain severity - 0-10 verbal numeric rating [Score] - Reported"))
        _ = observation(Scene.survey, concept, ("valueInteger", .integer(score)))
    }

    /// The PHQ-9 total, from 0 to 27.
    func recordDepression(_ score: Int) -> String {
        let concept = Concept(
            "PHQ-9 score",
            .loinc(
                "44261-6", "Patient Health Questionnaire 9 item (PHQ-9) total score [Reported]"))
        return observation(Scene.survey, concept, ("valueInteger", .integer(score)))
    }

    /// A urine dipstick: leukocyte esterase, nitrite, blood, protein and glucose, each positive or
    /// not.
    mutating func testUrine(_ body: Body) -> [String] {
        let isInfected = body.acute?.illness == .urinaryInfection
        let hasSugar = body.severity(.diabetes, on: day) == 1 && body.treatments.isEmpty
        let tests: [(String, String, String, Bool)] = [
            (
                "5799-2", "Leukocyte esterase [Presence] in Urine by Test strip",
                "Leukocytes, urine", isInfected
            ),
            ("5802-4", "Nitrite [Presence] in Urine by Test strip", "Nitrite, urine", isInfected),
            ("5794-3", "Hemoglobin [Presence] in Urine by Test strip", "Blood, urine", false),
            (
                "20454-5", "Protein [Presence] in Urine by Test strip", "Protein, urine",
                body.severity(.kidney, on: day) == 1
            ),
            ("25428-4", "Glucose [Presence] in Urine by Test strip", "Glucose, urine", hasSugar),
        ]
        wait(6)
        return tests.map { code, display, name, isPositive in
            findLaboratory(Concept(name, .loinc(code, display)), isPositive)
        }
    }

    /// A laboratory finding that is there or not.
    func findLaboratory(_ concept: Concept, _ isPositive: Bool) -> String {
        let coding = isPositive ? Finding.positive : Finding.negative
        return findLaboratory(concept, Concept(coding))
    }

    /// A laboratory finding out of a list.
    func findLaboratory(_ concept: Concept, _ answer: Concept) -> String {
        observation(
            Scene.category("laboratory", "Laboratory"), concept,
            ("valueCodeableConcept", answer.json))
    }

    /// A number that a midwife or doctor takes at an examination.
    func examine(_ measure: Measure, _ value: Double) {
        _ = observation(
            Scene.category("exam", "Exam"), measure.concept,
            ("valueQuantity", measure.quantity(measure.rounded(value))))
    }

    /// When a child is expected.
    func recordExpectedBirth(_ date: SampleDay) {
        let concept = Concept(
            "Expected delivery", .loinc("11778-8", "Delivery date Estimated"))
        _ = observation(
            Scene.category("exam", "Exam"), concept, ("valueDateTime", .string(date.text)))
    }
}
