extension Scene {
    /// How long a prescription for something taken every day lasts.
    static let lastingDays = 365

    /// Prescribes.
    ///
    /// - Parameters:
    ///   - condition: Why: a Condition's reference.
    ///   - results: The results that led to it.
    ///   - days: How long it is taken.
    /// - Returns: The MedicationRequest's reference.
    @discardableResult
    func prescribe(
        _ medicine: Medicine, for condition: String?, because results: [String] = [],
        days: Int = lastingDays
    ) -> String {
        let lastDay = day + days
        let earlier = chart.prescription(medicine)
        let members: JSON = [
            "status": .string(status(lastDay)), "intent": "order",
            "category": [.concept(.dispensing, "community", "Community")],
            "medicationCodeableConcept": medicine.json, "subject": chart.subjectJSON,
            "encounter": .reference(encounter),
            "supportingInformation": .list(results.map { .reference($0) }),
            "authoredOn": .string(now.text), "requester": doctor.json,
            "reasonReference": condition.map { [.reference($0)] },
        ]
        let reference = chart.add(
            "MedicationRequest", at: now,
            members.setting([
                "dosageInstruction": [dosage(medicine)],
                "dispenseRequest": dispensing(medicine, days: days, until: lastDay),
                "priorPrescription": earlier.map { .reference($0.reference) },
            ]))
        chart.remember(
            Chart.Prescription(
                reference: reference, medicine: medicine, lastDay: lastDay, reason: condition))
        return reference
    }

    private func status(_ lastDay: SampleDay) -> String {
        guard lastDay > chart.until else { return "completed" }
        return person.role == .deceased ? "stopped" : "active"
    }

    private func dosage(_ medicine: Medicine) -> JSON {
        let timing: JSON = [
            "repeat": [
                "frequency": .integer(medicine.frequency), "period": 1, "periodUnit": "d",
            ]
        ]
        let dose: JSON = [
            "doseQuantity": [
                "value": .integer(Int(medicine.dose)), "unit": .string(medicine.unit),
            ]
        ]
        return [
            "text": .string(medicine.sig), "timing": timing,
            "asNeededBoolean": .boolean(medicine.isAsNeeded), "doseAndRate": [dose],
        ]
    }

    private func dispensing(_ medicine: Medicine, days: Int, until: SampleDay) -> JSON {
        let count =
            medicine.isAsNeeded ? 20 : Int(medicine.dose) * medicine.frequency * min(days, 90)
        let repeats = medicine.isAsNeeded ? 1 : max((days - 1) / 90, 0)
        return [
            "validityPeriod": [
                "start": .string(day.text), "end": .string(until.text),
            ],
            "numberOfRepeatsAllowed": .integer(repeats),
            "quantity": ["value": .integer(count), "unit": .string(medicine.unit)],
        ]
    }

    /// Prescribes again what runs out before somebody comes back.
    func renewPrescriptions() {
        for old in chart.prescriptions(endingBefore: day + 45)
        where old.lastDay >= day - 120 && old.isLasting {
            prescribe(old.medicine, for: old.reason)
        }
    }
}

extension Chart.Prescription {
    /// Whether it is for good: what is taken for a week is not renewed.
    fileprivate var isLasting: Bool {
        ![Medicine.amoxicillin, .doxycycline, .nitrofurantoin, .ibuprofen].contains(medicine)
    }
}
