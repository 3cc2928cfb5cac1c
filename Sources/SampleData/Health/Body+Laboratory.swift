extension Body {
    /// A value for each measure of the panel, in its order. Those that are calculated from others
    /// fit to them.
    func results(_ panel: Panel, on day: SampleDay, _ dice: inout Dice) -> [(Measure, Double)] {
        switch panel {
        case .bloodCount: return bloodCount(on: day, &dice)
        case .metabolic: return metabolic(on: day, &dice)
        case .lipids: return lipids(on: day, &dice)
        case .glycatedHaemoglobin:
            return [(.glycatedHaemoglobin, glycatedHaemoglobin(on: day, &dice))]
        case .reactiveProtein:
            let acute = (self.acute?.illness.reactiveProtein ?? 0) * acuteSeverity(on: day)
            return [(.reactiveProtein, max(dice.normal(1.8 + acute, 0.5 + acute * 0.12), 0.3))]
        case .thyroid: return thyroid(on: day, &dice)
        case .ferritin:
            let usual = person.sex == .female ? 62.0 : 135
            let lack = anaemia(on: day)
            return [(.ferritin, max(dice.normal(usual * (1 - 0.9 * lack), 4), 4))]
        case .natriuretic:
            let failing = severity(.heartFailure, on: day, buildUp: 0.4)
            let relief = 0.55 * effect("C03CA01", on: day, within: 60)
            return [(.natriuretic, max(dice.normal(72 + 2_400 * failing * (1 - relief), 20), 15))]
        }
    }

    /// From 0 to 1: how much iron is lacking.
    private func anaemia(on day: SampleDay) -> Double {
        severity(.anaemia, on: day, buildUp: 0.8)
            * (1 - 0.92 * effect("B03AA07", on: day, within: 150))
    }

    private func bloodCount(on day: SampleDay, _ dice: inout Dice) -> [(Measure, Double)] {
        let lack = anaemia(on: day)
        let age = day.years(since: person.birth)
        let usual = age < 12 ? 12.9 : person.sex == .female ? 13.6 : 15.1
        let chronic = 0.8 * severity(.kidney, on: day, buildUp: 5)
        let dilution = pregnancyWeeks(on: day) == nil ? 0.0 : 1.2
        let haemoglobin = dice.normal(
            usual + 0.45 * trait.blood - chronic - dilution - 3.7 * lack, 0.2)
        let volume = dice.normal((age < 12 ? 82 : 89.5) + trait.blood - 15 * lack, 0.6)
        let concentration = dice.normal(33.4 - 1.9 * lack, 0.3)
        let haematocrit = haemoglobin / concentration * 100
        let erythrocytes = haematocrit / volume * 10
        let infection = acuteSeverity(on: day) * (acute?.illness.fever ?? 0)
        return [
            (.leukocytes, max(dice.normal(6.6 + 3.4 * infection, 0.9), 3.2)),
            (.erythrocytes, erythrocytes), (.haemoglobin, haemoglobin),
            (.haematocrit, haematocrit), (.cellVolume, volume),
            (.cellHaemoglobin, haemoglobin / erythrocytes * 10),
            (.cellConcentration, concentration),
            (.platelets, dice.normal(252 - 22 * trait.blood + 70 * lack, 14)),
        ]
    }

    private func metabolic(on day: SampleDay, _ dice: inout Dice) -> [(Measure, Double)] {
        let age = day.years(since: person.birth)
        let disease = severity(.kidney, on: day, buildUp: 4)
        let progress = min(max(onset(.kidney).map { day.years(since: $0) } ?? 0, 0), 12)
        let healthy =
            age < 14
            ? 0.3 + 0.022 * age : (person.sex == .female ? 0.72 : 0.92) + 0.06 * trait.kidney
        let creatinine = max(
            dice.normal(healthy * (1 + disease * (0.72 + 0.02 * progress)), 0.03), 0.18)
        let natrium = dice.normal(139.8 - 1.5 * effect("C03CA01", on: day, within: 20), 1.4)
        let chloride = dice.normal(103, 1.4)
        let glucose =
            28.7 * glycatedHaemoglobin(on: day, &dice) - 46.7 - (onset(.diabetes) == nil ? 17 : 10)
        return [
            (.sodium, natrium),
            (.potassium, dice.normal(4.2 + 0.35 * disease, 0.22)),
            (.chloride, chloride),
            (.bicarbonate, dice.normal(natrium - chloride - 11.2 - 1.5 * disease, 0.7)),
            (.ureaNitrogen, max(dice.normal(13.5 + 14 * disease, 1.8), 5)),
            (.creatinine, creatinine),
            (.filtration, filtration(creatinine: creatinine, on: day)),
            (.glucose, max(dice.normal(glucose, 6), 64)),
            (.calcium, dice.normal(9.45, 0.18)),
        ]
    }

    /// CKD-EPI 2021 for adults (Inker and others, N Engl J Med 2021); Schwartz's bedside formula
    /// for children.
    private func filtration(creatinine: Double, on day: SampleDay) -> Double {
        let age = day.years(since: person.birth)
        guard age >= 18 else { return 0.413 * height(on: day) / creatinine }
        let isFemale = person.sex == .female
        let ratio = creatinine / (isFemale ? 0.7 : 0.9)
        let low = Elementary.power(min(ratio, 1), isFemale ? -0.241 : -0.302)
        let high = Elementary.power(max(ratio, 1), -1.2)
        return 142 * low * high * Elementary.power(0.9938, age) * (isFemale ? 1.012 : 1)
    }

    private func lipids(on day: SampleDay, _ dice: inout Dice) -> [(Measure, Double)] {
        let age = day.years(since: person.birth)
        var ldl = (age < 18 ? 88 : 108) + 13 * trait.lipids
        ldl += 62 * severity(.hyperlipidaemia, on: day, buildUp: 6)
        ldl *= 1 - 0.41 * effect("C10AA05", on: day, within: 60) * trait.response
        let hdl = max(
            dice.normal((person.sex == .female ? 58 : 48) - 4 * trait.girth, 2), 26)
        let fat = max(
            dice.normal(105 + 18 * trait.girth + 45 * severity(.diabetes, on: day), 16), 42)
        ldl = max(dice.normal(ldl, 5), 38)
        // Friedewald's formula, the other way round; from the values as they are printed.
        let total = hdl.rounded() + ldl.rounded() + (fat.rounded() / 5).rounded()
        return [(.cholesterol, total), (.hdl, hdl), (.ldl, ldl), (.triglycerides, fat)]
    }

    /// Percent.
    func glycatedHaemoglobin(on day: SampleDay, _ dice: inout Dice) -> Double {
        let healthy = 5.25 + 0.14 * trait.sugar
        let peak = 8.7 + 0.55 * trait.sugar
        let target = 6.9 + 0.25 * trait.sugar - 0.7 * (trait.response - 1)
        let untreated = healthy + (peak - healthy) * severity(.diabetes, on: day, buildUp: 4)
        let relief = effect("A10BA02", on: day, within: 260)
        return dice.normal(untreated - max(untreated - target, 0) * relief, 0.12)
    }

    private func thyroid(on day: SampleDay, _ dice: inout Dice) -> [(Measure, Double)] {
        let lack =
            severity(.hypothyroidism, on: day, buildUp: 1.5)
            * (1 - 0.93 * effect("H03AA01", on: day, within: 120))
        return [
            (.thyrotropin, max(dice.normal(1.9 + 0.4 * trait.sugar + 9.5 * lack, 0.3), 0.5)),
            (.thyroxine, max(dice.normal(1.25 - 0.62 * lack, 0.05), 0.35)),
        ]
    }
}
