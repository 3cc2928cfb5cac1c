/// A person's years as a patient: visit after visit, each one written into the chart of the member
/// where it happens.
struct LifeCourse {
    let person: SamplePerson
    let charts: [Chart]
    /// Visits where the person goes first, referrals and emergencies aside.
    private(set) var homeVisitCount = 0
    var body: Body
    var dice: Dice
    /// Visits that will come, ordered.
    private var plan: [PlannedVisit] = []
    var memory = Memory()

    /// What is done only once, or only every so often.
    struct Memory {
        /// When each panel was last done.
        var panels: [Panel: SampleDay] = [:]
        var known: Set<Disease> = []
        var seen: Set<SampleMember> = []
        var vaccinesGiven = 0
        var influenza: SampleDay?
        var smoking: SampleDay?
        var reportsLeft = 0
        var wantsECG = false
        var wantsRadiograph = false
        var hasHistory = false
        var hasCorrection = false
        var hasAntenatalStart = false
    }

    init(
        _ person: SamplePerson, seed: UInt64, until: SampleDay, hasFiles: Bool
    ) {
        self.person = person
        body = Body(person, seed: seed)
        dice = Dice(seed: seed, "course", "\(person.index)")
        charts = SampleMember.allCases.filter(person.members.contains).map {
            Chart(person, at: $0, seed: seed, until: until, hasFiles: hasFiles)
        }
        memory.reportsLeft = person.role == .main ? 3 : dice.chance(0.52) ? 1 : 0
        memory.wantsECG =
            [.main, .fibrillation, .deceased].contains(person.role)
            || person.age >= 30 && dice.chance(0.4)
        memory.wantsRadiograph =
            [.main, .deceased].contains(person.role) || person.age >= 16 && dice.chance(0.24)
        recallTreatments()
    }

    /// What is taken since long before the records begin.
    private mutating func recallTreatments() {
        for illness in body.illnesses where illness.onset < person.recordsBegin {
            for medicine in illness.disease.medicines.prefix(illness.disease.firstMedicines) {
                body.begin(medicine, on: illness.onset + 10)
            }
        }
    }

    func chart(_ member: SampleMember) -> Chart? { charts.first { $0.member == member } }

    /// Lives through all of it.
    mutating func run() {
        for visit in VisitPlan.home(body, &dice) { schedule(visit) }
        for visit in VisitPlan.prenatal(body) { schedule(visit) }
        planHospital()
        while !plan.isEmpty {
            let visit = plan.removeFirst()
            guard let chart = chart(visit.member) else { continue }
            if visit.kind.isPlannedAtHome { homeVisitCount += 1 }
            hold(visit, in: chart)
        }
    }

    /// What brings somebody to the hospital besides referrals.
    private mutating func planHospital() {
        let length = person.recordsEnd.number - person.recordsBegin.number
        func day(_ share: Double) -> SampleDay {
            (person.recordsBegin + 1 + Int(share * Double(max(length - 2, 0)))).workday
        }
        if person.role == .duplicate {
            schedule(PlannedVisit(day: day(0.6), member: .hospital, kind: .unrecognised))
        }
        if person.role == .deceased {
            schedule(PlannedVisit(day: person.recordsEnd, member: .hospital, kind: .lastStay))
        }
        if person.members.contains(.hospital), length > 30,
            person.members.count == 2 || memory.wantsRadiograph
        {
            let illness: AcuteIllness =
                memory.wantsRadiograph
                ? .pneumonia : dice.pick([.ankleSprain, .gastroenteritis, .bronchitis])
            let time = day(0.3 + 0.45 * dice.unit())
            schedule(PlannedVisit(day: time, member: .hospital, kind: .emergency(illness)))
        }
    }

    /// Puts a visit into the plan, on the first day from its own on that is free.
    mutating func schedule(_ visit: PlannedVisit) {
        var day = visit.day
        while plan.contains(where: { $0.day == day }) { day = day + 1 }
        guard day <= lastDay(visit.kind) else { return }
        let place = plan.firstIndex { $0.day > day } ?? plan.count
        plan.insert(
            PlannedVisit(day: day, member: visit.member, kind: visit.kind), at: place)
    }

    /// Whoever comes to the hospital to die has been nowhere else in the week before.
    private func lastDay(_ kind: PlannedVisit.Kind) -> SampleDay {
        if case .lastStay = kind { return person.recordsEnd }
        return person.role == .deceased ? person.recordsEnd - 8 : person.recordsEnd
    }

    private mutating func hold(_ visit: PlannedVisit, in chart: Chart) {
        let start = Moment(visit.day, dice.between(8...14), dice.between(0...11) * 5)
        if memory.seen.insert(visit.member).inserted { chart.register(at: start + -20) }
        body.acute = nil
        switch visit.kind {
        case .routine: holdRoutine(chart, start)
        case .acute(let illness): holdAcute(illness, chart, start)
        case .prenatal: holdPrenatal(chart, start)
        case .specialist(let referral): holdConsultation(referral, chart, start)
        case .emergency(let illness): holdEmergency(illness, chart, start)
        case .unrecognised: holdUnrecognised(chart, start)
        case .lastStay: holdLastStay(chart, start)
        }
    }
}
