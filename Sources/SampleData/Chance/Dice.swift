/// Dice that fall the same on every machine: xoshiro256** (Blackman, Vigna 2018).
///
/// The standard library's `random(in:using:)` may draw differently in a later version, so that
/// nothing here goes through it.
struct Dice: Sendable {
    private var state: (UInt64, UInt64, UInt64, UInt64)

    /// A stream of its own for each seed and path of names and numbers.
    init(seed: UInt64, _ path: String...) {
        var mix = SplitMix64(state: seed)
        for part in path {
            // FNV-1a (RFC 9923) over the part, so that ("ab", "c") and ("a", "bc") differ.
            let digest = part.utf8.reduce(mix.next()) {
                ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01b3
            }
            mix = SplitMix64(state: digest)
        }
        state = (mix.next(), mix.next(), mix.next(), mix.next())
    }

    /// 64 random bits.
    mutating func next() -> UInt64 {
        let scrambled = Dice.rotated(state.1 &* 5, by: 7) &* 9
        let shifted = state.1 << 17
        state.2 ^= state.0
        state.3 ^= state.1
        state.1 ^= state.2
        state.0 ^= state.3
        state.2 ^= shifted
        state.3 = Dice.rotated(state.3, by: 45)
        return scrambled
    }

    private static func rotated(_ bits: UInt64, by count: UInt64) -> UInt64 {
        bits << count | bits >> (64 - count)
    }

    /// From 0 up to, but not including, 1.
    mutating func unit() -> Double { Double(next() >> 11) * 0x1p-53 }

    /// From 0 to `count` - 1. The bias of the multiplication is below 2⁻⁴⁰ for all that is asked.
    mutating func below(_ count: Int) -> Int {
        Int(next().multipliedFullWidth(by: UInt64(max(count, 1))).high)
    }

    mutating func between(_ range: ClosedRange<Int>) -> Int {
        range.lowerBound + below(range.count)
    }

    mutating func between(_ range: ClosedRange<Double>) -> Double {
        range.lowerBound + unit() * (range.upperBound - range.lowerBound)
    }

    mutating func chance(_ probability: Double) -> Bool { unit() < probability }

    /// Nearly normal, and never further than six deviations off: the sum of twelve (Irwin, Hall).
    mutating func normal(_ mean: Double, _ deviation: Double) -> Double {
        mean + ((0..<12).reduce(0.0) { sum, _ in sum + unit() } - 6) * deviation
    }

    /// A whole number whose mean over many draws is `mean`.
    mutating func rounded(_ mean: Double) -> Int {
        Int(mean) + (chance(mean - mean.rounded(.down)) ? 1 : 0)
    }

    mutating func pick<Value>(_ values: [Value]) -> Value { values[below(values.count)] }

    /// The index of one of `weights`, each as likely as it is heavy.
    mutating func pick(weights: [Double]) -> Int {
        var rest = unit() * weights.reduce(0, +)
        for (index, weight) in weights.enumerated() {
            rest -= weight
            if rest < 0 { return index }
        }
        return weights.count - 1
    }

    /// A UUID (RFC 9562, version 8: the bits are ours).
    mutating func uuid() -> SampleUUID { SampleUUID(high: next(), low: next()) }
}

/// Spreads one seed over many (Steele, Lea, Flood 2014).
private struct SplitMix64 {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }
}
