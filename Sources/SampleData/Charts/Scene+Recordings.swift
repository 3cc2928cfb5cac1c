extension Scene {
    private static let study = Concept("12-lead ECG", .loinc("11524-6", "EKG study"))

    /// Records a 12-lead ECG: order, signal, measurements.
    ///
    /// - Returns: The Observation's reference.
    @discardableResult
    mutating func recordECG(_ body: Body, _ dice: inout Dice, reason: Concept?) -> String {
        let order = orderProcedure(
            Concept(
                "12-lead ECG", .snomed("268400002", "12 lead electrocardiographic procedure")),
            category: .snomed("103693007", "Diagnostic procedure"), reason: reason)
        wait(14)
        let isFibrillating = body.severity(.fibrillation, on: day) == 1
        let rate = body.heartRate(on: day, &dice)
        let rhythm = HeartRhythm(
            rate: rate, isFibrillating: isFibrillating, age: age, trait: body.trait.stature)
        // Drawn with files or without, so that all else stays the same.
        let seed = dice.next()
        var document: String?
        if chart.hasFiles {
            let signal = ECGSignal(rhythm, seed: seed)
            let recording = AttachedFile(
                contentType: "application/edf", title: "12-lead ECG of \(day.text), 10 s, 500 Hz",
                bytes: EDFFile.bytes(signal, of: chart, startingAt: now), kind: Scene.study)
            document = file(recording, related: [order]).document
        }
        wait(8)
        let components = rhythm.measurements.map { coding, value, unit, ucum -> JSON in
            let quantity: JSON = [
                "value": .integer(value), "unit": .string(unit),
                "system": .string(CodeSystem.ucum.rawValue), "code": .string(ucum),
            ]
            return ["code": Concept(coding).json, "valueQuantity": quantity]
        }
        return chart.add(
            "Observation", at: now,
            [
                "basedOn": [.reference(order)], "status": "final",
                "category": Scene.category("procedure", "Procedure"),
                "code": Scene.study.json, "subject": chart.subjectJSON,
                "encounter": .reference(encounter), "effectiveDateTime": .string(now.text),
                "issued": .string(now.text), "performer": [doctor.json],
                "valueString": .string(rhythm.sentence),
                "derivedFrom": document.map { [.reference($0)] },
                "component": .array(components),
            ])
    }

    /// Takes a chest radiograph: order, image, study, report.
    mutating func takeRadiograph(_ body: Body, _ dice: inout Dice, reason: Concept?) {
        let code = Concept(
            "Chest X-ray", .snomed("399208008", "Plain X-ray of chest"),
            .loinc("30745-4", "XR Chest Views"))
        let order = orderProcedure(
            code, category: .snomed("363679005", "Imaging"), reason: reason)
        wait(25)
        let isPneumonia = body.acute?.illness == .pneumonia
        let study = chart.newID().objectIdentifier
        let series = chart.newID().objectIdentifier
        let instance = chart.newID().objectIdentifier
        let taken = now
        let seed = dice.next()
        let imaging = chart.add(
            "ImagingStudy", at: now,
            imagingStudy(
                order: order, study: study, series: series, instance: instance, code: code))
        if chart.hasFiles {
            let phantom = ChestPhantom(
                sex: person.sex, girth: body.trait.girth,
                heart: body.severity(.heartFailure, on: day, buildUp: 1),
                opacity: isPneumonia ? 1 : 0, seed: seed)
            let image = RadiographFile(
                chart: chart, phantom: phantom, taken: taken, study: study, series: series,
                instance: instance, order: order)
            let attached = AttachedFile(
                contentType: "application/dicom", title: "Chest X-ray of \(day.text)",
                bytes: image.bytes, kind: Concept(.loinc("30745-4", "XR Chest Views")))
            _ = file(attached, related: [imaging, order])
        }
        wait(35)
        reportRadiograph(
            code, order: order, imaging: imaging, taken: taken,
            finding: finding(body, isPneumonia: isPneumonia))
    }

    private func finding(_ body: Body, isPneumonia: Bool) -> String {
        if isPneumonia {
            return "Patchy opacity in the right lower zone, in keeping with pneumonia. "
                + "No effusion."
        }
        if body.severity(.heartFailure, on: day, buildUp: 1) > 0.5 {
            return "Enlarged heart. No focal opacity, no pneumothorax."
        }
        return "Heart of normal size. Lungs clear. No effusion, no pneumothorax."
    }

    private func imagingStudy(
        order: String, study: String, series: String, instance: String, code: Concept
    ) -> JSON {
        let modality = Coding(system: .dicom, code: "CR", display: "Computed Radiography")
        let image: JSON = [
            "uid": .string(instance),
            "sopClass": [
                "system": "urn:ietf:rfc:3986",
                "code": .string("urn:oid:\(RadiographFile.storageClass)"),
            ],
            "number": 1, "title": "PA",
        ]
        let part: JSON = [
            "uid": .string(series), "number": 1, "modality": modality.json,
            "description": "Chest PA", "numberOfInstances": 1,
            "bodySite": Coding.snomed("51185008", "Thoracic structure").json,
            "started": .string(now.text), "instance": [image],
        ]
        let identifier: JSON = [
            "system": "urn:dicom:uid", "value": .string("urn:oid:\(study)"),
        ]
        return [
            "identifier": [identifier], "status": "available", "modality": [modality.json],
            "subject": chart.subjectJSON, "encounter": .reference(encounter),
            "started": .string(now.text), "basedOn": [.reference(order)],
            "numberOfSeries": 1, "numberOfInstances": 1, "procedureCode": [code.json],
            "description": "Chest X-ray, one view", "series": [part],
        ]
    }

    private func reportRadiograph(
        _ code: Concept, order: String, imaging: String, taken: Moment, finding: String
    ) {
        let radiologist = Staff.of(chart.member, .radiology)
        chart.add(
            "DiagnosticReport", at: now,
            [
                "basedOn": [.reference(order)], "status": "final",
                "category": [.concept(.serviceSection, "RAD", "Radiology")],
                "code": code.json, "subject": chart.subjectJSON,
                "encounter": .reference(encounter), "effectiveDateTime": .string(taken.text),
                "issued": .string(now.text), "performer": [radiologist.json],
                "resultsInterpreter": [radiologist.json],
                "imagingStudy": [.reference(imaging)], "conclusion": .string(finding),
            ])
    }
}
