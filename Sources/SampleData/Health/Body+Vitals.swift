extension Body {
    /// In cm.
    func height(on day: SampleDay) -> Double {
        let age = day.years(since: person.birth)
        let shrinking = max(age - 60, 0) * 0.08
        return Growth.height(person.sex, age: age) * (1 + 0.038 * trait.stature) - shrinking
    }

    /// In kg, before clothes and meals make it uncertain.
    func weight(on day: SampleDay) -> Double {
        let age = day.years(since: person.birth)
        let young = Growth.weight(person.sex, age: age) * (1 + 0.1 * trait.girth)
        let stature = height(on: day) / 100
        let mean = 25.4 + 2.8 * severity(.diabetes, on: day, buildUp: 8)
        let adult = max(mean + 3.6 * trait.girth, 17.8) * stature * stature
        let grown = min(max((age - 18) / 14, 0), 1)
        var weight = young + grown * (adult - young * (1 + 0.038 * trait.stature))
        // A few kilograms a decade until sixty, then back again.
        weight += grown * (min(age, 60) - 45) * 0.14 - max(age - 68, 0) * 0.2
        weight -= 3.4 * effect("A10BA02", on: day, within: 400)
        weight -= 2.6 * effect("C03CA01", on: day, within: 20)
        weight += 2.8 * severity(.heartFailure, on: day, buildUp: 0.4)
        if let weeks = pregnancyWeeks(on: day) { weight += 0.011 * weeks * weeks }
        return max(weight, 2.6)
    }

    /// Systolic and diastolic, in mmHg.
    func bloodPressure(on day: SampleDay, _ dice: inout Dice) -> (Double, Double) {
        let age = day.years(since: person.birth)
        var systolic = age < 18 ? 88 + 1.5 * age : 111 + 0.24 * (age - 18)
        var diastolic = age < 18 ? 52 + 1.1 * age : 70 + 0.1 * min(age - 18, 40)
        systolic += trait.pressure * 5
        diastolic += trait.pressure * 3.5
        let severity = severity(.hypertension, on: day)
        let relief =
            (0.62 * effect("C09AA03", on: day, within: 70)
                + 0.34 * effect("C08CA01", on: day, within: 50)) * trait.response
        systolic += severity * 36 * (1 - min(relief, 1))
        diastolic += severity * 19 * (1 - min(relief, 1))
        if pregnancyWeeks(on: day) != nil { diastolic -= 5 }
        systolic = dice.normal(systolic, 5)
        return (systolic, min(dice.normal(diastolic, 3.5), systolic - 22))
    }

    /// Beats a minute.
    func heartRate(on day: SampleDay, _ dice: inout Dice) -> Double {
        let age = day.years(since: person.birth)
        var rate = age < 12 ? 132 - 4.6 * age : 71
        rate += trait.pulse * 6 + acuteSeverity(on: day) * (acute?.illness.fever ?? 0) * 10
        rate += 22 * severity(.fibrillation, on: day, buildUp: 0.3)
        rate -= 14 * effect("C07AB07", on: day, within: 14)
        if pregnancyWeeks(on: day) != nil { rate += 9 }
        return max(dice.normal(rate, 3.5), 46)
    }

    /// In °C.
    func temperature(on day: SampleDay, _ dice: inout Dice) -> Double {
        dice.normal(36.6 + acuteSeverity(on: day) * (acute?.illness.fever ?? 0), 0.17)
    }

    /// Breaths a minute.
    func respiratoryRate(on day: SampleDay, _ dice: inout Dice) -> Double {
        let age = day.years(since: person.birth)
        var rate = age < 12 ? 33 - 1.4 * age : 14.5
        rate += 3 * severity(.copd, on: day) + 2.5 * severity(.heartFailure, on: day, buildUp: 0.4)
        if acute?.illness == .pneumonia { rate += 9 * acuteSeverity(on: day) }
        return max(dice.normal(rate, 1), 11)
    }

    /// Percent of oxygen.
    func saturation(on day: SampleDay, _ dice: inout Dice) -> Double {
        var saturation = 97.9 - 3.6 * severity(.copd, on: day, buildUp: 5)
        saturation -= 2 * severity(.heartFailure, on: day, buildUp: 0.4)
        if acute?.illness == .pneumonia { saturation -= 6 * acuteSeverity(on: day) }
        return min(max(dice.normal(saturation, 0.7), 84), 100)
    }

    /// From 0 to 10; `nil` where nothing hurts.
    func pain(on day: SampleDay, _ dice: inout Dice) -> Int? {
        if acuteSeverity(on: day) > 0, let pain = acute?.illness.pain {
            return min(max(Int(dice.normal(Double(pain) * acuteSeverity(on: day), 1)), 0), 10)
        }
        guard illnesses.contains(where: { $0.disease.isPainful && $0.onset <= day }) else {
            return nil
        }
        let relief =
            0.3 * effect("N02BE01", on: day, within: 40)
            + 0.22 * effect("M01AE01", on: day, within: 40)
            + 0.35 * effect("N02CC01", on: day, within: 90)
        let pain = 6.3 * (1 - relief * trait.response)
        return min(max(Int(dice.normal(pain, 0.8).rounded()), 0), 10)
    }

    /// The PHQ-9 total, from 0 to 27; `nil` without a depression.
    func depressionScore(on day: SampleDay, _ dice: inout Dice) -> Int? {
        guard let onset = onset(.depression), onset <= day else { return nil }
        let relief = 0.68 * effect("N06AB06", on: day, within: 150) * trait.response
        return min(max(Int(dice.normal(16 * (1 - relief), 1.3).rounded()), 0), 27)
    }
}
