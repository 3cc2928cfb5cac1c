/// Ten seconds of twelve leads, calculated: each wave of each beat is a bell curve.
struct ECGSignal: Sendable {
    static let samplesPerSecond = 500
    static let seconds = 10
    static let names = [
        "I", "II", "III", "aVR", "aVL", "aVF", "V1", "V2", "V3", "V4", "V5", "V6",
    ]

    /// One for each name, in µV.
    let leads: [[Int16]]

    /// When an R wave comes, and how long its cycle is, in seconds.
    private struct Beat {
        let time: Double
        let cycle: Double
    }

    private enum Wave: Int, CaseIterable {
        case p, q, r, s, t
    }

    /// Heights in µV of P, Q, R, S and T in the leads that are measured; the others follow.
    private static let heights: [[Double]] = [
        [95, -45, 640, -120, 210], [150, -65, 1_040, -170, 310], [60, 0, 210, -980, -60],
        [75, 0, 430, -1_420, 420], [85, 0, 830, -1_020, 540], [95, -45, 1_450, -560, 480],
        [95, -75, 1_380, -240, 390], [85, -75, 1_060, -100, 290],
    ]
    /// How much of the fibrillating atria each of them sees.
    private static let unrest: [Double] = [12, 30, 52, 34, 18, 12, 9, 8]

    init(_ rhythm: HeartRhythm, seed: UInt64) {
        var dice = Dice(seed: seed, "ECG")
        let beats = ECGSignal.beats(rhythm, &dice)
        let count = ECGSignal.samplesPerSecond * ECGSignal.seconds
        let measured = ECGSignal.heights.indices.map { lead in
            ECGSignal.samples(lead, rhythm, beats, count, &dice)
        }
        leads = ECGSignal.limbs(measured[0], measured[1]) + measured[2...]
    }

    /// All beats that can be seen in the ten seconds.
    private static func beats(
        _ rhythm: HeartRhythm, _ dice: inout Dice
    ) -> [Beat] {
        let mean = 60 / Double(rhythm.rate)
        var beats: [Beat] = []
        var time = -mean * dice.unit() - mean
        while time < Double(seconds) + 1 {
            // A healthy heart follows the breath; a fibrillating one nothing.
            let breath = 1 + 0.03 * Elementary.sine(turns: time * 0.24)
            let cycle =
                rhythm.isFibrillating
                ? mean * dice.between(0.62...1.38) : mean * breath * dice.normal(1, 0.006)
            beats.append(Beat(time: time, cycle: max(cycle, 0.3)))
            time += max(cycle, 0.3)
        }
        return beats
    }

    private static func samples(
        _ lead: Int, _ rhythm: HeartRhythm, _ beats: [Beat],
        _ count: Int, _ dice: inout Dice
    ) -> [Int16] {
        let scale = Wave.allCases.map { _ in dice.normal(1, 0.07) }
        let (drift, phase) = (dice.between(10.0...26.0), dice.unit())
        let speed = dice.between(5.2...6.6)
        var values = (0..<count).map { sample -> Double in
            let time = Double(sample) / Double(samplesPerSecond)
            var value = drift * Elementary.sine(turns: 0.23 * time + phase) + dice.normal(0, 4)
            if rhythm.isFibrillating {
                let wobble = 0.35 * Elementary.sine(turns: 0.7 * time + phase)
                value += unrest[lead] * Elementary.sine(turns: speed * time + wobble)
                value += 0.5 * unrest[lead] * Elementary.sine(turns: 1.37 * speed * time + phase)
            }
            return value
        }
        for beat in beats {
            for (wave, shape) in shapes(rhythm, cycle: beat.cycle) {
                let height = heights[lead][wave.rawValue] * scale[wave.rawValue]
                add(height, at: beat.time + shape.offset, width: shape.width, to: &values)
            }
        }
        return values.map { Int16(min(max($0.rounded(), -32_768), 32_767)) }
    }

    /// Where each wave stands around R, and its width, in seconds.
    private static func shapes(
        _ rhythm: HeartRhythm, cycle: Double
    ) -> [(Wave, (offset: Double, width: Double))] {
        let qrs = Double(rhythm.qrsDuration) / 1_000
        let qt = Double(rhythm.qtInterval) / 1_000
        var shapes: [(Wave, (offset: Double, width: Double))] = [
            (.q, (-0.29 * qrs, 0.009)), (.r, (0, 0.11 * qrs)), (.s, (0.3 * qrs, 0.011)),
            (.t, (qt - 0.5 * qrs - 0.075, 0.042)),
        ]
        if let pr = rhythm.prInterval {
            shapes.append((.p, (-Double(pr) / 1_000 - 0.5 * qrs + 0.05, 0.021)))
        }
        return shapes
    }

    /// Adds a bell curve, as far as it can be seen.
    private static func add(
        _ height: Double, at time: Double, width: Double, to values: inout [Double]
    ) {
        let rate = Double(samplesPerSecond)
        let first = max(Int((time - 5 * width) * rate), 0)
        let last = min(Int((time + 5 * width) * rate), values.count - 1)
        guard first <= last else { return }
        for sample in first...last {
            values[sample] += height * Elementary.bell(Double(sample) / rate - time, width: width)
        }
    }

    /// I, II and what they determine: III = II − I (Einthoven), and the augmented leads
    /// (Goldberger).
    private static func limbs(_ first: [Int16], _ second: [Int16]) -> [[Int16]] {
        func derived(_ formula: (Int, Int) -> Int) -> [Int16] {
            zip(first, second).map { Int16(clamping: formula(Int($0), Int($1))) }
        }
        return [
            first, second, derived { $1 - $0 }, derived { -($0 + $1) / 2 },
            derived { $0 - $1 / 2 }, derived { $1 - $0 / 2 },
        ]
    }
}
