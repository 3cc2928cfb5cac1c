/// A chest that was never there, seen from behind, as rays would show it: what is dense is bright.
struct ChestPhantom: Sendable {
    static let size = 384
    /// 12 bits.
    static let brightest = 4_095.0

    private let width: Double
    private let heart: Double
    private let opacity: Double
    private let tilt: Double
    private var dice: Dice

    /// - Parameters:
    ///   - girth: In deviations from the mean.
    ///   - heart: How much it is enlarged, from 0 to 1.
    ///   - opacity: How dense an infiltrate in the right lower zone is, from 0 to 1.
    init(sex: Sex, girth: Double, heart: Double, opacity: Double, seed: UInt64) {
        dice = Dice(seed: seed, "radiograph")
        width = (sex == .female ? 0.86 : 0.9) + min(max(girth, -1.5), 1.5) * 0.025
        self.heart = heart
        self.opacity = opacity
        tilt = dice.between(-0.015...0.015)
    }

    /// Row by row from the top left; the patient's right is on the left.
    func pixels() -> [UInt16] {
        var grain = dice
        let half = Double(ChestPhantom.size) / 2
        return (0..<(ChestPhantom.size * ChestPhantom.size)).map { place in
            let down = (Double(place / ChestPhantom.size) + 0.5 - half) / half
            let across = (Double(place % ChestPhantom.size) + 0.5 - half) / half - tilt * down
            let value = brightness(across, down) + grain.normal(0, 28)
            return UInt16(min(max(value, 0), ChestPhantom.brightest))
        }
    }

    /// `across` and `down` run from −1 to 1.
    private func brightness(_ across: Double, _ down: Double) -> Double {
        let trunk = self.trunk(across, down)
        let lung = max(
            lung(across, down, side: -1), lung(across, down, side: 1))
        var value = 170 + trunk * 1_720
        value -= trunk * lung * (1_180 - 130 * (down + 0.5))
        let middle = self.middle(across, down)
        value += lung * (1 - min(max(middle, 0), 1)) * vessels(across, down) * 190
        value += trunk * bones(across, down, lung: lung) * (1 - 0.55 * min(max(middle, 0), 1))
        value += trunk * middle * 560 + trunk * lung * middle * 480
        let spot = ChestPhantom.ellipse(
            across + 0.4, down - 0.34, 0.22, 0.19, softness: 0.85)
        value += lung * spot * opacity * (620 + 160 * Elementary.sine(turns: 3 * across + 5 * down))
        return value
    }

    /// Neck, shoulders and body.
    private func trunk(_ across: Double, _ down: Double) -> Double {
        let shoulder = Elementary.step(down, -1.0 ... -0.62)
        let reach = 0.26 + (width - 0.26) * shoulder - 0.05 * max(down, 0)
        return 1 - Elementary.step(abs(across), (reach - 0.05)...(reach + 0.05))
    }

    /// One lung: a tall dome, cut off below by the diaphragm.
    private func lung(_ across: Double, _ down: Double, side: Double) -> Double {
        let centre = side * 0.415 * width / 0.88
        let distance = across - centre - side * 0.05 * down
        let dome = ChestPhantom.ellipse(distance, down + 0.06, 0.33, 0.78, softness: 0.09)
        // The right half of the diaphragm stands higher: the liver lies below.
        let floor = (side < 0 ? 0.5 : 0.56) + 1.1 * distance * distance - 0.06 * side * distance
        return dome * (1 - Elementary.step(down, (floor - 0.025)...(floor + 0.025)))
    }

    /// The branching of the vessels, denser towards the middle.
    private func vessels(_ across: Double, _ down: Double) -> Double {
        let near = Elementary.bell(abs(across) - 0.16, width: 0.13)
        let streaks =
            Elementary.sine(turns: 6 * abs(across) + 4 * down)
            * Elementary.sine(turns: 9 * down - 3 * abs(across))
        return near * (1.2 + 0.8 * streaks) * Elementary.bell(down - 0.02, width: 0.3)
            + 0.1 * streaks
    }

    /// Ribs, clavicles and spine.
    private func bones(_ across: Double, _ down: Double, lung: Double) -> Double {
        var value = 0.0
        let out = abs(across)
        for rib in 0..<8 {
            let height = -0.74 + 0.176 * Double(rib)
            // Behind, ribs rise from the spine and fall towards the side; in front they are
            // fainter.
            let back = height + 0.95 * (out - 0.36) * (out - 0.36) - 0.06
            let front = height + 0.2 + 0.62 * (0.72 - out) * (0.72 - out)
            value += 235 * rim(down - back, 0.028) * (out > 0.08 ? 1 : 0)
            value += 62 * rim(down - front, 0.03) * Elementary.step(out, 0.3...0.5)
        }
        value *= 0.35 + 0.65 * lung
        let clavicle = -0.66 - 0.16 * (out - 0.12) + 0.1 * Elementary.sine(turns: out)
        value +=
            300 * rim(down - clavicle, 0.032) * Elementary.step(out, 0.08...0.13)
            * (1 - Elementary.step(out, 0.6...0.66))
        let vertebra = 0.82 + 0.18 * Elementary.sine(turns: 5.6 * down)
        return value + 420 * Elementary.bell(across, width: 0.07) * vertebra
    }

    /// A band with denser edges, as a tube has.
    private func rim(_ distance: Double, _ width: Double) -> Double {
        0.62 * Elementary.bell(distance, width: width)
            + 0.6 * Elementary.bell(abs(distance) - width, width: width * 0.32)
    }

    /// Great vessels and heart; the apex points to the patient's left.
    private func middle(_ across: Double, _ down: Double) -> Double {
        let airway =
            0.45 * Elementary.bell(across - 0.01, width: 0.035)
            * (1 - Elementary.step(down, -0.38 ... -0.22))
        let stem = ChestPhantom.ellipse(across, down + 0.1, 0.14, 1.1, softness: 0.25)
        let arch = ChestPhantom.ellipse(across - 0.1, down + 0.27, 0.12, 0.12, softness: 0.2)
        let size = 1 + 0.3 * heart
        let turned = (across - 0.12) * 0.8 + (down - 0.3) * 0.6
        let upright = (down - 0.3) * 0.8 - (across - 0.12) * 0.6
        let muscle = ChestPhantom.ellipse(turned, upright, 0.36 * size, 0.27 * size, softness: 0.16)
        return max(max(0.7 * stem, 0.75 * arch), muscle) - airway
    }

    /// 1 inside, 0 outside, with a soft edge.
    private static func ellipse(
        _ across: Double, _ down: Double, _ width: Double, _ height: Double, softness: Double
    ) -> Double {
        let place = (across / width) * (across / width) + (down / height) * (down / height)
        return 1 - Elementary.step(place.squareRoot(), (1 - softness)...(1 + softness))
    }
}
