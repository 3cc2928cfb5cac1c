extension LifeCourse {
    private static let pregnancy = Concept(
        "Pregnancy", .snomed("77386006", "Pregnancy"),
        .icd10("Z34.9", "Supervision of normal pregnancy, unspecified"))
    private static let groups: [(Coding, weight: Double)] = [
        (.snomed("278147001", "Blood group O Rh(D) positive"), 38),
        (.snomed("278149003", "Blood group A Rh(D) positive"), 34),
        (.snomed("278150003", "Blood group B Rh(D) positive"), 9),
    ]

    /// Every four weeks: the first visit finds out, the later ones watch.
    mutating func holdPrenatal(_ chart: Chart, _ start: Moment) {
        guard let began = body.pregnancyBegan, let weeks = body.pregnancyWeeks(on: start.day) else {
            return
        }
        let doctor = Staff.of(chart.member, .generalPractice)
        var scene = Scene(
            .prenatal, chart, doctor, at: start, minutes: 35,
            reasons: [LifeCourse.pregnancy])
        scene.takeVitals(body, &dice, isComplete: true)
        _ = scene.testUrine(body)
        if memory.hasAntenatalStart {
            if weeks > 20 { scene.examine(.fundalHeight, dice.normal(weeks, 0.7)) }
            if weeks > 12 { scene.examine(.fetalHeartRate, dice.normal(146, 5)) }
            if Int(weeks / 4) % 3 == 0 {
                _ = order([.bloodCount, .ferritin], &scene, reason: LifeCourse.pregnancy)
            }
        } else {
            memory.hasAntenatalStart = true
            beginPregnancy(&scene, began: began)
        }
    }

    private mutating func beginPregnancy(_ scene: inout Scene, began: SampleDay) {
        let test = scene.findLaboratory(
            Concept(
                "Pregnancy test",
                .loinc("2106-3", "Choriogonadotropin (pregnancy test) [Presence] in Urine")),
            true)
        let group = LifeCourse.groups[dice.pick(weights: LifeCourse.groups.map(\.weight))].0
        _ = scene.findLaboratory(
            Concept("Blood group", .loinc("882-1", "ABO and Rh group [Type] in Blood")),
            Concept(group))
        let results = order([.bloodCount, .thyroid], &scene, reason: LifeCourse.pregnancy)
        scene.wait(10)
        let condition = scene.diagnose(
            LifeCourse.pregnancy, onset: began, evidence: [test] + results.map(\.report))
        scene.recordExpectedBirth(began + 280)
        scene.prescribe(.folicAcid, for: condition, because: [test], days: 90)
        refer(scene, LifeCourse.pregnancy, .obstetrics, condition)
    }
}
