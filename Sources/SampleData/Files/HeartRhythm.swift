/// What an electrocardiogram shows, in numbers and in words.
struct HeartRhythm: Sendable {
    /// Beats a minute.
    let rate: Int
    let isFibrillating: Bool
    /// In ms; no P wave, no PR interval.
    let prInterval: Int?
    let qrsDuration: Int
    let qtInterval: Int

    init(rate: Double, isFibrillating: Bool, age: Int, trait: Double) {
        self.rate = Int(min(max(rate, 45), 150).rounded())
        self.isFibrillating = isFibrillating
        prInterval = isFibrillating ? nil : 130 + min(age, 80) / 2 + Int(trait * 8)
        qrsDuration = 88 + Int(trait * 4)
        // Bazett's formula, the other way round.
        qtInterval = Int((412 * (60 / Double(self.rate)).squareRoot()).rounded())
    }

    /// QT for a rate of 60, by Bazett, in ms.
    var correctedQT: Int {
        Int((Double(qtInterval) / (60 / Double(rate)).squareRoot()).rounded())
    }

    /// What a cardiologist writes below.
    var sentence: String {
        let tempo = rate > 100 ? "tachycardia" : rate < 55 ? "bradycardia" : "rhythm"
        let rhythm = isFibrillating ? "Atrial fibrillation" : "Sinus \(tempo)"
        return "\(rhythm), \(rate)/min. No acute ischemia."
    }

    /// Code, value, unit as printed and in UCUM.
    var measurements: [(Coding, Int, String, String)] {
        let intervals: [(Coding, Int?)] = [
            (.loinc("8625-6", "P-R Interval"), prInterval),
            (.loinc("8633-0", "QRS duration"), qrsDuration),
            (.loinc("8634-8", "Q-T interval"), qtInterval),
            (.loinc("8636-3", "Q-T interval corrected"), correctedQT),
        ]
        return [(Measure.heartRate.notation.coding, rate, "/min", "/min")]
            + intervals.compactMap { coding, value in value.map { (coding, $0, "ms", "ms") } }
    }
}
