extension LifeCourse {
    /// Who sees the person when nobody special is asked.
    func familyDoctor(_ chart: Chart, age: Int) -> Staff {
        if age < 16 { return .of(chart.member, .paediatrics) }
        return .of(chart.member, chart.member == .clinic ? .generalPractice : .internalMedicine)
    }

    /// A visit without anything new: a check-up, or a follow-up of what is known.
    mutating func holdRoutine(_ chart: Chart, _ start: Moment) {
        let age = person.age(on: start.day)
        let concerns = body.illnesses.filter { $0.onset <= start.day }.map(\.disease)
        var scene = Scene(
            concerns.isEmpty ? .checkup : .followUp, chart, familyDoctor(chart, age: age),
            at: start, minutes: dice.between(4...7) * 5,
            reasons: concerns.prefix(2).map(\.concept))
        scene.takeVitals(body, &dice, isComplete: concerns.isEmpty || dice.chance(0.4))
        if !memory.hasHistory { recordHistory(&scene) }
        recordHabits(scene)
        immunise(scene)
        recordScores(scene)
        diagnose(&scene)
        followUp(&scene)
        scene.renewPrescriptions()
        // Whom both know has them at the hospital.
        if person.members.count == 1 { fileRecordings(&scene, reason: nil) }
    }

    /// What the person brings along on the first day: old diagnoses, allergies, medicines.
    private mutating func recordHistory(_ scene: inout Scene) {
        memory.hasHistory = true
        scene.wait(2)
        if body.isAllergicToPenicillin {
            scene.recordAllergy(.penicillin, since: person.birth + 365 * min(scene.age, 9))
        }
        if let onset = body.onset(.rhinitis), onset <= scene.day {
            scene.recordAllergy(.pollen, since: onset)
        }
        if scene.age < 18, dice.chance(0.06) {
            scene.recordAllergy(.peanut, since: person.birth + 365 * min(scene.age, 3))
        }
        for illness in body.illnesses where illness.onset < person.recordsBegin {
            let condition = scene.diagnose(illness.disease.concept, onset: illness.onset)
            memory.known.insert(illness.disease)
            for medicine in illness.disease.medicines.prefix(illness.disease.firstMedicines) {
                scene.prescribe(medicine, for: condition)
            }
        }
    }

    private mutating func recordHabits(_ scene: Scene) {
        guard scene.age >= 16, memory.smoking.map({ scene.day >= $0 + 540 }) ?? true else { return }
        memory.smoking = scene.day
        scene.recordSmoking(body.smoking)
    }

    private mutating func immunise(_ scene: Scene) {
        let months = Int(scene.day.years(since: person.birth) * 12)
        while memory.vaccinesGiven < Vaccine.schedule.count, person.age < 25 {
            let next = Vaccine.schedule[memory.vaccinesGiven]
            guard next.months <= months else { break }
            memory.vaccinesGiven += 1
            let due = person.birth + next.months * 61 / 2
            scene.immunise(next.vaccine, on: due < scene.day - 240 ? due.workday : nil)
        }
        let month = scene.day.components.month
        let isDue = memory.influenza.map { scene.day > $0 + 300 } ?? true
        if (10...12).contains(month), isDue, scene.age >= 65 || !body.illnesses.isEmpty,
            scene.age >= 12
        {
            memory.influenza = scene.day
            scene.immunise(.influenza)
        }
    }

    private mutating func recordScores(_ scene: Scene) {
        if let pain = body.pain(on: scene.day, &dice) { scene.recordPain(pain) }
    }

    /// Diseases that begin: findings, results, diagnosis, treatment, in this order.
    private mutating func diagnose(_ scene: inout Scene) {
        for illness in body.illnesses
        where illness.onset <= scene.day && memory.known.insert(illness.disease).inserted {
            let disease = illness.disease
            var evidence: [String] = []
            if disease == .depression, let score = body.depressionScore(on: scene.day, &dice) {
                evidence.append(scene.recordDepression(score))
            }
            if disease == .diabetes { evidence += scene.testUrine(body) }
            let results = order(disease.panels, &scene, reason: disease.concept)
            evidence += results.map(\.report)
            scene.wait(15)
            let condition = scene.diagnose(
                disease.concept, onset: illness.onset, evidence: evidence)
            scene.wait(2)
            for medicine in disease.medicines.prefix(disease.firstMedicines) {
                scene.prescribe(medicine, for: condition, because: results.map(\.report))
                body.begin(medicine, on: scene.day)
            }
            if disease.isReferred { refer(scene, disease.concept, disease.duty, condition) }
        }
    }

    /// Orders, and remembers when; one of the reports may become a PDF.
    mutating func order(
        _ panels: [Panel], _ scene: inout Scene, reason: Concept?
    ) -> [LaboratoryResult] {
        guard !panels.isEmpty else { return [] }
        let results = scene.order(panels, body, &dice, reason: reason, with: spoilt(panels))
        panels.forEach { memory.panels[$0] = scene.day }
        correctOnce(results, scene)
        if memory.reportsLeft > 0, results.count > 1 {
            memory.reportsLeft -= 1
            scene.wait(3)
            scene.fileReport(of: results)
        }
        return results
    }

    /// Asks the hospital, where the person is known there and comes from the clinic.
    mutating func refer(
        _ scene: Scene, _ reason: Concept, _ duty: Staff.Duty, _ condition: String?
    ) {
        guard scene.chart.member == .clinic, person.members.contains(.hospital) else { return }
        let referral = scene.refer(reason, to: duty, condition: condition)
        let day = (scene.day + dice.between(9...30)).workday
        schedule(PlannedVisit(day: day, member: .hospital, kind: .specialist(referral)))
    }
}

extension Disease {
    /// Who is asked about it at the hospital.
    var duty: Staff.Duty {
        switch self {
        case .fibrillation, .heartFailure: .cardiology
        case .osteoarthritis: .orthopaedics
        default: .internalMedicine
        }
    }
}
