extension Scene {
    /// Writes a diagnosis down, once for each chart.
    ///
    /// - Parameters:
    ///   - abated: When an illness that passes is over, if that lies before the end of all records.
    ///   - evidence: References to what it rests on.
    /// - Returns: The Condition's reference.
    @discardableResult
    func diagnose(
        _ concept: Concept, onset: SampleDay, abated: SampleDay? = nil, evidence: [String] = []
    ) -> String {
        if abated == nil, let known = chart.condition(concept) { return known }
        let over = abated.flatMap { $0 <= chart.until ? $0 : nil }
        let detail: JSON = ["detail": .list(evidence.map { .reference($0) })]
        let reference = chart.add(
            "Condition", at: now,
            [
                "clinicalStatus": over == nil
                    ? .concept(.conditionClinical, "active", "Active")
                    : .concept(.conditionClinical, "resolved", "Resolved"),
                "verificationStatus": .concept(
                    .conditionVerification, "confirmed", "Confirmed"),
                "category": [
                    abated == nil
                        ? .concept(.conditionCategory, "problem-list-item", "Problem List Item")
                        : .concept(
                            .conditionCategory, "encounter-diagnosis", "Encounter Diagnosis")
                ],
                "code": concept.json, "subject": chart.subjectJSON,
                "encounter": .reference(encounter), "onsetDateTime": .string(onset.text),
                "abatementDateTime": over.map { .string($0.text) },
                "recordedDate": .string(now.text), "recorder": doctor.json,
                "asserter": doctor.json, "evidence": evidence.isEmpty ? nil : [detail],
            ])
        if abated == nil { chart.remember(reference, for: concept) }
        return reference
    }

    /// Writes an allergy down.
    func recordAllergy(_ allergy: Allergy, since: SampleDay) {
        let manifestation: JSON = [allergy.reaction.json]
        let reaction: JSON = [
            "manifestation": manifestation, "severity": .string(allergy.severity),
        ]
        chart.add(
            "AllergyIntolerance", at: now,
            [
                "clinicalStatus": .concept(.allergyClinical, "active", "Active"),
                "verificationStatus": .concept(.allergyVerification, "confirmed", "Confirmed"),
                "type": "allergy", "category": [.string(allergy.category)],
                "criticality": .string(allergy.criticality), "code": allergy.concept.json,
                "patient": chart.subjectJSON, "encounter": .reference(encounter),
                "onsetDateTime": .string(since.text), "recordedDate": .string(now.text),
                "recorder": doctor.json, "reaction": [reaction],
            ])
    }

    /// Writes down what was done.
    ///
    /// - Parameter more: Members that only some procedures have.
    func recordProcedure(_ concept: Concept, reason: String?, more: JSON = [:]) {
        let performer: JSON = ["actor": doctor.json]
        let head: JSON = [
            "status": "completed", "code": concept.json, "subject": chart.subjectJSON,
            "encounter": .reference(encounter), "performedDateTime": .string(now.text),
            "performer": [performer], "reasonReference": reason.map { [.reference($0)] },
        ]
        chart.add("Procedure", at: now, head.setting(more))
    }

    /// Writes a vaccination down: given now, or long ago and told by the vaccination card.
    func immunise(_ vaccine: Vaccine, on given: SampleDay? = nil) {
        let nurse = Staff.of(chart.member, .nursing)
        let performer: JSON = ["actor": nurse.json]
        chart.add(
            "Immunization", at: now,
            [
                "status": "completed", "vaccineCode": vaccine.concept.json,
                "patient": chart.subjectJSON, "encounter": .reference(encounter),
                "occurrenceDateTime": .string(given.map(\.text) ?? now.text),
                "recorded": .string(now.text), "primarySource": .boolean(given == nil),
                "performer": given == nil ? [performer] : nil,
            ])
    }
}

/// What somebody does not stand.
struct Allergy: Sendable {
    let concept: Concept
    let reaction: Concept
    let category: String
    let criticality: String
    let severity: String

    private static let rash = Concept("Skin rash", .snomed("271807003", "Eruption of skin"))
    private static let hives = Concept("Hives", .snomed("126485001", "Urticaria"))
    private static let sneezing = Concept("Sneezing", .snomed("76067001", "Sneezing"))

    static let penicillin = Allergy(
        concept: Concept("Penicillin allergy", .snomed("91936005", "Allergy to penicillin")),
        reaction: rash, category: "medication", criticality: "high", severity: "moderate")
    static let peanut = Allergy(
        concept: Concept("Peanut allergy", .snomed("91935009", "Allergy to peanut")),
        reaction: hives, category: "food", criticality: "high", severity: "severe")
    static let pollen = Allergy(
        concept: Concept("Grass pollen allergy", .snomed("418689008", "Allergy to grass pollen")),
        reaction: sneezing, category: "environment", criticality: "low", severity: "mild")
}

/// A vaccine, by its CVX code.
struct Vaccine: Sendable, Hashable {
    let code: String
    let name: String

    var concept: Concept {
        Concept(name, Coding(system: .cvx, code: code, display: name))
    }

    static let influenza = Vaccine(
        code: "140", name: "Influenza, seasonal, injectable, preservative free")

    /// Months of age at which children get them.
    static let schedule: [(months: Int, vaccine: Vaccine)] = [
        (2, Vaccine(code: "20", name: "DTaP")), (2, Vaccine(code: "10", name: "IPV")),
        (2, Vaccine(code: "133", name: "Pneumococcal conjugate PCV 13")),
        (4, Vaccine(code: "20", name: "DTaP")), (4, Vaccine(code: "10", name: "IPV")),
        (4, Vaccine(code: "133", name: "Pneumococcal conjugate PCV 13")),
        (12, Vaccine(code: "03", name: "MMR")), (12, Vaccine(code: "21", name: "Varicella")),
        (15, Vaccine(code: "20", name: "DTaP")), (60, Vaccine(code: "20", name: "DTaP")),
        (60, Vaccine(code: "03", name: "MMR")), (144, Vaccine(code: "115", name: "Tdap")),
    ]
}
