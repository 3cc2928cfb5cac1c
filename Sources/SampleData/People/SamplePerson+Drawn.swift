extension SamplePerson {
    /// The shares of the ages 0–17, 18–39, 40–64 and 65–94. docs/SAMPLE.md shows the same table,
    /// and a test counts.
    static let ageShares = [18.0, 27, 33, 22]
    private static let ageBands = [0...17, 18...39, 40...64, 65...94]

    /// The age band that `age` belongs to, from 0.
    package static func band(ofAge age: Int) -> Int {
        age < 18 ? 0 : age < 40 ? 1 : age < 65 ? 2 : 3
    }

    /// Percent that are women.
    static let femalePercent = 51.0
    /// Percent with records at the clinic alone, at the hospital alone, at both.
    static let memberShares = [40.0, 27, 33]

    /// The person of this number; `until` is the last day of all records.
    init(index: Int, seed: UInt64, until: SampleDay) {
        var dice = Dice(seed: seed, "person", "\(index)")
        let role = SampleRole.of(index)
        let fixed = Persona.of(role)
        let sex = fixed?.sex ?? (dice.chance(SamplePerson.femalePercent / 100) ? .female : .male)
        let band = SamplePerson.ageBands[dice.pick(weights: SamplePerson.ageShares)]
        let age = fixed?.age ?? SamplePerson.age(in: band, &dice)
        let birthday = until.components
        let birth =
            SampleDay(birthday.year - age, birthday.month, min(birthday.day, 28))
            - dice.between(7...364)
        let members = [[SampleMember.clinic], [.hospital], [.hospital, .clinic]]
        let place = dice.pick(weights: SamplePerson.memberShares)
        // Somebody seldom sees a doctor on the last day of all.
        let last = until - dice.between(2...40)
        let years = role == .main ? 9.0 : dice.between(3.0...6.0)
        var ledger = Dice(seed: seed, "ledger", "\(index)")
        ledgerID = ledger.uuid().digits
        self.index = index
        self.role = role
        self.sex = sex
        self.birth = birth
        given = fixed?.given ?? dice.pick(sex == .female ? Names.female : Names.male)
        family = fixed?.family ?? dice.pick(Names.family)
        self.members = fixed?.members ?? members[place]
        let birthDigits = birth.text.filter { $0 != "-" }.dropFirst(2)
        nationalNumber = "\(birthDigits)-\(Digits.padded(dice.below(10_000), 4))"
        address = PostalAddress(
            line: "\(dice.pick(Names.streets)) \(dice.between(1...140))", city: "Port Amaro",
            postalCode: "40\(Digits.padded(dice.between(10...59), 2))")
        phone = "555 01\(Digits.padded(dice.below(100), 2)) \(Digits.padded(dice.below(1_000), 3))"
        recordsEnd = role == .deceased ? until - 90 : max(last, birth + 3)
        recordsBegin = max(until - Int(years * 365.25), birth + 2).workday
    }

    /// Within a band all ages are alike, but for the oldest, who grow fewer.
    private static func age(in band: ClosedRange<Int>, _ dice: inout Dice) -> Int {
        guard band.lowerBound >= 65 else { return dice.between(band) }
        let share = min(dice.unit(), dice.unit())
        return band.lowerBound + Int(share * Double(band.count))
    }
}

/// What is the same about a member of the cast for every seed.
private struct Persona {
    let given: String
    let family: String
    let sex: Sex
    let age: Int
    let members: [SampleMember]

    static func of(_ role: SampleRole) -> Persona? {
        switch role {
        case .ordinary: nil
        case .main: Persona("Maren", "Castellanos", .female, 58, [.hospital, .clinic])
        case .correction: Persona("Tobias", "Wrenfield", .male, 47, [.hospital, .clinic])
        case .duplicate: Persona("Ilse", "Vanterpool", .female, 63, [.hospital])
        case .minor: Persona("Noor", "Halvard", .female, 7, [.hospital, .clinic])
        case .deceased: Persona("Anselm", "Okonjo", .male, 84, [.hospital, .clinic])
        case .refusedConsent: Persona("Petra", "Szalai", .female, 35, [.hospital, .clinic])
        case .pregnancy: Persona("Leilani", "Brandt", .female, 31, [.hospital, .clinic])
        case .fibrillation: Persona("Gregor", "Achterberg", .male, 72, [.hospital, .clinic])
        }
    }

    private init(
        _ given: String, _ family: String, _ sex: Sex, _ age: Int, _ members: [SampleMember]
    ) {
        self.given = given
        self.family = family
        self.sex = sex
        self.age = age
        self.members = members
    }
}
