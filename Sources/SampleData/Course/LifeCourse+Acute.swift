extension LifeCourse {
    /// A visit because of something that passes.
    mutating func holdAcute(_ illness: AcuteIllness, _ chart: Chart, _ start: Moment) {
        let began = max(start.day - dice.between(1...3), person.birth)
        body.acute = (illness, began)
        let age = person.age(on: start.day)
        var scene = Scene(
            .problem, chart, familyDoctor(chart, age: age), at: start,
            minutes: dice.between(3...5) * 5, reasons: [illness.concept])
        scene.takeVitals(body, &dice, isComplete: false)
        if let pain = body.pain(on: scene.day, &dice), age >= 5 { scene.recordPain(pain) }
        var evidence = illness == .urinaryInfection ? scene.testUrine(body) : []
        if illness.hasBloodTest, age >= 12 {
            evidence += order([.reactiveProtein], &scene, reason: illness.concept).map(\.report)
            scene.wait(10)
        }
        treat(illness, began: began, &scene, because: evidence)
    }

    private mutating func treat(
        _ illness: AcuteIllness, began: SampleDay, _ scene: inout Scene, because: [String]
    ) {
        scene.wait(2)
        let condition = scene.diagnose(
            illness.concept, onset: began, abated: began + illness.durationDays,
            evidence: because)
        if let medicine = illness.medicine(isAllergic: body.isAllergicToPenicillin),
            scene.age >= 12 || illness == .earInfection
        {
            scene.prescribe(medicine, for: condition, because: because, days: 7)
        }
    }

    /// The emergency department, at any hour: examined, tested, treated, sent home.
    mutating func holdEmergency(_ illness: AcuteIllness, _ chart: Chart, _ start: Moment) {
        let began = max(start.day - dice.between(1...4), person.birth)
        body.acute = (illness, began)
        var scene = Scene(
            .emergency, chart, .of(chart.member, .emergency), at: start,
            minutes: dice.between(10...20) * 24, reasons: [illness.concept])
        scene.takeVitals(body, &dice, isComplete: true)
        if let pain = body.pain(on: scene.day, &dice) { scene.recordPain(pain) }
        var evidence: [String] = []
        if illness != .ankleSprain {
            let panels: [Panel] = [.bloodCount, .reactiveProtein, .metabolic]
            evidence = order(panels, &scene, reason: illness.concept).map(\.report)
        }
        fileRecordings(&scene, reason: illness.concept)
        treat(illness, began: began, &scene, because: evidence)
    }

    /// Under a duplicate's name: the desk does not find the person, and finds out days later.
    mutating func holdUnrecognised(_ chart: Chart, _ start: Moment) {
        chart.registerDuplicate(at: start + -12)
        holdAcute(.ankleSprain, chart, start)
        chart.mergeDuplicate(at: start + 3 * 24 * 60)
    }

    /// A specialist's answer to the clinic.
    mutating func holdConsultation(
        _ referral: Referral, _ chart: Chart, _ start: Moment
    ) {
        let disease = body.illnesses.first { $0.disease.concept == referral.reason }
        let duty = disease?.disease.duty ?? .internalMedicine
        var scene = Scene(
            .consultation, chart, .of(.hospital, duty), at: start, minutes: 45,
            reasons: [referral.reason], more: ["basedOn": [referral.json]])
        scene.takeVitals(body, &dice, isComplete: true)
        let condition = disease.map {
            scene.diagnose($0.disease.concept, onset: $0.onset)
        }
        var reports: [String] = []
        if let disease, !disease.disease.panels.isEmpty {
            let panels = [.bloodCount] + disease.disease.panels.filter { $0 != .bloodCount }
            reports = scene.order(panels, body, &dice, reason: referral.reason).map(\.report)
            scene.wait(10)
        }
        fileRecordings(&scene, reason: referral.reason)
        if disease?.disease == .osteoarthritis {
            scene.wait(5)
            scene.recordProcedure(
                Concept(
                    "Physiotherapy, first session",
                    .snomed("91251008", "Physical therapy procedure")),
                reason: condition)
            scene.prescribe(.paracetamol, for: condition)
        }
        if disease?.disease == .heartFailure {
            scene.prescribe(.bisoprolol, for: condition, because: reports)
        }
    }

    /// The stay at whose end the person dies, four days later: nothing follows.
    mutating func holdLastStay(_ chart: Chart, _ start: Moment) {
        let admitted = Moment(start.day - 5, 16, 20)
        let death = Moment(start.day - 1, 4, 35)
        body.acute = (.pneumonia, admitted.day - 2)
        let minutes = (death.seconds - admitted.seconds) / 60
        let disposition: JSON = [
            "dischargeDisposition": .concept(.dischargeDisposition, "exp", "Expired")
        ]
        var scene = Scene(
            .admission, chart, .of(.hospital, .internalMedicine), at: admitted,
            minutes: minutes, reasons: [AcuteIllness.pneumonia.concept],
            more: ["hospitalization": disposition])
        for illness in body.illnesses {
            scene.diagnose(illness.disease.concept, onset: illness.onset)
        }
        scene.takeVitals(body, &dice, isComplete: true)
        let results = scene.order(
            [.bloodCount, .reactiveProtein, .metabolic, .natriuretic], body, &dice,
            reason: AcuteIllness.pneumonia.concept)
        memory.wantsECG = true
        memory.wantsRadiograph = true
        fileRecordings(&scene, reason: AcuteIllness.pneumonia.concept)
        scene.diagnose(
            AcuteIllness.pneumonia.concept, onset: admitted.day - 2,
            evidence: results.map(\.report))
        scene.prescribe(
            .amoxicillin, for: scene.chart.condition(AcuteIllness.pneumonia.concept),
            because: results.map(\.report), days: 7)
        for day in 1...3 {
            scene.now = Moment(admitted.day + day, 7, 30)
            scene.takeVitals(body, &dice, isComplete: true)
            scene.now = Moment(admitted.day + day, 19, 10)
            scene.takeVitals(body, &dice, isComplete: true)
        }
        chart.recordDeath(at: death)
    }
}
