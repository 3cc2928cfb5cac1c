/// Elementary functions out of the four operations alone. The C library's differ in their last bit
/// between machines, and the sample must not.
enum Elementary {
    private static let naturalLogarithmOf2 = 0.693_147_180_559_945_3

    static func exponential(_ value: Double) -> Double {
        guard value > -700 else { return 0 }
        let power = (min(value, 700) / naturalLogarithmOf2).rounded()
        let rest = min(value, 700) - power * naturalLogarithmOf2
        var (term, sum) = (1.0, 1.0)
        for step in 1...14 {
            term *= rest / Double(step)
            sum += term
        }
        return sum * Double(sign: .plus, exponent: Int(power), significand: 1)
    }

    /// Of a positive number.
    static func logarithm(_ value: Double) -> Double {
        let ratio = (value.significand - 1) / (value.significand + 1)
        var (power, sum) = (ratio, 0.0)
        for step in stride(from: 1, through: 31, by: 2) {
            sum += power / Double(step)
            power *= ratio * ratio
        }
        return 2 * sum + Double(value.exponent) * naturalLogarithmOf2
    }

    /// Of a positive base.
    static func power(_ base: Double, _ exponent: Double) -> Double {
        exponential(exponent * logarithm(base))
    }

    /// The sine of so many whole turns.
    static func sine(turns: Double) -> Double {
        let angle = (turns - turns.rounded()) * 2 * Double.pi
        var (term, sum) = (angle, angle)
        for step in 1...11 {
            term *= -angle * angle / Double(2 * step * (2 * step + 1))
            sum += term
        }
        return sum
    }

    /// A bell of height 1 around 0.
    static func bell(_ distance: Double, width: Double) -> Double {
        let ratio = distance / width
        return ratio * ratio > 60 ? 0 : exponential(-ratio * ratio / 2)
    }

    /// 0 up to `range`, 1 behind it, smooth between.
    static func step(_ value: Double, _ range: ClosedRange<Double>) -> Double {
        let width = range.upperBound - range.lowerBound
        let place = min(max((value - range.lowerBound) / width, 0), 1)
        return place * place * (3 - 2 * place)
    }
}
