extension LifeCourse {
    /// What is due for the diseases that are known: laboratory work, scores, the next medicine.
    mutating func followUp(_ scene: inout Scene) {
        if memory.known.contains(.depression),
            body.treatments.contains(where: { $0.medicine == .sertraline }),
            let score = body.depressionScore(on: scene.day, &dice)
        {
            _ = scene.recordDepression(score)
        }
        let panels = duePanels(on: scene.day, age: scene.age)
        var results: [LaboratoryResult] = []
        if !panels.isEmpty {
            results = order(panels, &scene, reason: nil)
            scene.wait(15)
        }
        stepUp(&scene, results)
    }

    /// Panels whose time has come.
    private func duePanels(on day: SampleDay, age: Int) -> [Panel] {
        var wanted: [(Panel, Int)] = []
        for disease in Disease.allCases where memory.known.contains(disease) {
            let isClose = disease == .diabetes || disease == .kidney || disease == .heartFailure
            wanted += disease.panels.map { ($0, isClose ? 150 : 330) }
        }
        if age >= 40 { wanted += [(.bloodCount, 700), (.metabolic, 700), (.lipids, 900)] }
        if age >= 18, age < 40 { wanted.append((.bloodCount, 1_100)) }
        var due: [Panel] = []
        for (panel, days) in wanted where !due.contains(panel) {
            if memory.panels[panel].map({ day >= $0 + days }) ?? true { due.append(panel) }
        }
        return due
    }

    /// The next medicine, where the first does not do enough.
    private mutating func stepUp(_ scene: inout Scene, _ results: [LaboratoryResult]) {
        for disease in Disease.allCases
        where memory.known.contains(disease) && disease.medicines.count > disease.firstMedicines {
            let (first, second) = (disease.medicines[0], disease.medicines[1])
            guard let began = body.treatments.first(where: { $0.medicine == first })?.began,
                scene.day > began + 120, began >= person.recordsBegin,
                !body.treatments.contains(where: { $0.medicine == second }),
                let reasons = reasons(to: disease, scene, results)
            else { continue }
            let condition = scene.chart.condition(disease.concept)
            scene.prescribe(second, for: condition, because: reasons)
            body.begin(second, on: scene.day)
        }
    }

    /// The results that ask for more, or `nil` where all is well.
    private mutating func reasons(
        to disease: Disease, _ scene: Scene, _ results: [LaboratoryResult]
    ) -> [String]? {
        switch disease {
        case .hypertension:
            return body.bloodPressure(on: scene.day, &dice).0 > 132 ? [] : nil
        case .diabetes:
            let line = results.lazy.compactMap { $0.line(.glycatedHaemoglobin) }.first
            guard let line, line.value.value >= 7 else { return nil }
            return [line.reference]
        case .asthma, .copd, .osteoarthritis: return dice.chance(0.45) ? [] : nil
        default: return nil
        }
    }

    /// The cast's correction: a sample that had broken down on the way, so that the potassium of
    /// its cells was measured.
    func spoilt(_ panels: [Panel]) -> [Measure: Double] {
        person.role == .correction && !memory.hasCorrection && panels.contains(.metabolic)
            ? [.potassium: 6.7] : [:]
    }

    /// The next day it is measured again.
    mutating func correctOnce(_ results: [LaboratoryResult], _ scene: Scene) {
        guard person.role == .correction, !memory.hasCorrection,
            let result = results.first(where: { $0.panel == .metabolic })
        else { return }
        memory.hasCorrection = true
        scene.correct(
            result, .potassium, to: 4.3, after: 1,
            because: "The first sample was hemolysed; measured again from a new one.")
    }

    /// An ECG and a radiograph, where they are wanted and may be taken here.
    mutating func fileRecordings(_ scene: inout Scene, reason: Concept?) {
        let hasWaited = scene.day > person.recordsBegin + 200
        if memory.wantsECG, hasWaited, body.onset(.fibrillation).map({ $0 <= scene.day }) ?? true {
            memory.wantsECG = false
            scene.wait(4)
            scene.recordECG(body, &dice, reason: reason)
        }
        if memory.wantsRadiograph, scene.chart.member == .hospital, hasWaited {
            memory.wantsRadiograph = false
            scene.wait(4)
            scene.takeRadiograph(body, &dice, reason: reason)
        }
    }
}
