/// What the laboratory found, and where it stands.
struct LaboratoryResult {
    let panel: Panel
    /// The DiagnosticReport.
    let report: String
    let lines: [Line]

    struct Line {
        let measure: Measure
        let value: Decimal
        let range: ReferenceRange?
        /// The Observation.
        let reference: String
        let mark: Coding
    }

    func line(_ measure: Measure) -> Line? { lines.first { $0.measure == measure } }
}

extension Scene {
    private static let laboratory = category("laboratory", "Laboratory")

    /// Orders panels, waits for them and files what comes back: first all orders, then the results
    /// of each and its report.
    ///
    /// - Parameter spoilt: Values that come out instead of the body's own.
    mutating func order(
        _ panels: [Panel], _ body: Body, _ dice: inout Dice, reason: Concept? = nil,
        with spoilt: [Measure: Double] = [:]
    ) -> [LaboratoryResult] {
        let orders = panels.map { order($0, reason: reason) }
        wait(dice.between(10...25))
        let drawn = now
        wait(dice.between(140...280))
        return zip(panels, orders).map { panel, order in
            let values = body.results(panel, on: day, &dice).map { ($0, spoilt[$0] ?? $1) }
            return report(panel, values, order: order, drawn: drawn)
        }
    }

    private func order(_ panel: Panel, reason: Concept?) -> String {
        chart.add(
            "ServiceRequest", at: now,
            [
                "status": "completed", "intent": "order",
                "category": [
                    Concept(.snomed("108252007", "Laboratory procedure")).json
                ],
                "code": panel.concept.json, "subject": chart.subjectJSON,
                "encounter": .reference(encounter), "authoredOn": .string(now.text),
                "requester": doctor.json,
                "performer": [Staff.of(chart.member, .laboratory).json],
                "reasonCode": reason.map { [$0.json] },
            ])
    }

    private func report(
        _ panel: Panel, _ values: [(Measure, Double)], order: String, drawn: Moment
    ) -> LaboratoryResult {
        let technician = Staff.of(chart.member, .laboratory)
        let lines = values.map { measure, value in
            line(measure, value, order: order, drawn: drawn, technician)
        }
        let unusual = lines.filter { $0.mark.code != "N" }.map { line in
            "\(line.measure.notation.name) \(line.value.text) \(line.measure.notation.unit) "
                + "(\(line.mark.display.lowercased()))"
        }
        let report = chart.add(
            "DiagnosticReport", at: now,
            [
                "basedOn": [.reference(order)], "status": "final",
                "category": [.concept(.serviceSection, "LAB", "Laboratory")],
                "code": panel.concept.json, "subject": chart.subjectJSON,
                "encounter": .reference(encounter), "effectiveDateTime": .string(drawn.text),
                "issued": .string(now.text), "performer": [technician.json],
                "result": .array(
                    lines.map { .reference($0.reference, $0.measure.notation.name) }),
                "conclusion": unusual.isEmpty
                    ? "All values within the reference ranges."
                    : .string(unusual.joined(separator: "; ") + "."),
            ])
        return LaboratoryResult(panel: panel, report: report, lines: lines)
    }

    private func line(
        _ measure: Measure, _ value: Double, order: String, drawn: Moment, _ technician: Staff
    ) -> LaboratoryResult.Line {
        let rounded = measure.rounded(value)
        let range = measure.range(sex: person.sex, age: age)
        let mark = (range ?? ReferenceRange(nil, nil)).interpretation(rounded.value)
        let reference = chart.add(
            "Observation", at: now,
            [
                "basedOn": [.reference(order)], "status": "final",
                "category": Scene.laboratory, "code": measure.concept.json,
                "subject": chart.subjectJSON, "encounter": .reference(encounter),
                "effectiveDateTime": .string(drawn.text), "issued": .string(now.text),
                "performer": [technician.json], "valueQuantity": measure.quantity(rounded),
                "interpretation": range == nil ? nil : [["coding": [mark.json]]],
                "referenceRange": range.map { [$0.json(measure)] },
            ])
        return LaboratoryResult.Line(
            measure: measure, value: rounded, range: range, reference: reference, mark: mark)
    }

    /// Corrects a result that was wrong: new versions of the Observation and of its report.
    func correct(
        _ result: LaboratoryResult, _ measure: Measure, to value: Double, after days: Int,
        because: String
    ) {
        guard let line = result.line(measure) else { return }
        let found = measure.rounded(value)
        let mark = (line.range ?? ReferenceRange(nil, nil)).interpretation(found.value)
        let issued = now + days * 24 * 60
        let note: JSON = ["time": .string(issued.text), "text": .string(because)]
        chart.amend(
            line.reference, at: issued,
            [
                "status": "corrected", "issued": .string(issued.text),
                "valueQuantity": measure.quantity(found),
                "interpretation": [["coding": [mark.json]]], "note": [note],
            ])
        let name = measure.notation.name
        chart.amend(
            result.report, at: issued,
            [
                "status": "corrected", "issued": .string(issued.text),
                "conclusion": .string(
                    "\(name) corrected from \(line.value.text) to \(found.text) "
                        + "\(measure.notation.unit). \(because)"),
            ])
    }
}
