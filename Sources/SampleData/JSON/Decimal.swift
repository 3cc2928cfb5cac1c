/// A number with so many digits behind the point, kept as a whole number: 7.10 stays 7.10.
struct Decimal: Sendable, Hashable {
    let units: Int
    let digits: Int

    /// Rounded to `digits` behind the point.
    init(_ value: Double, digits: Int) {
        self.digits = digits
        units = Int((value * Decimal.scale(digits)).rounded())
    }

    var value: Double { Double(units) / Decimal.scale(digits) }

    var text: String {
        guard digits > 0 else { return "\(units)" }
        let all = Digits.padded(units.magnitude.asInt, digits + 1)
        return (units < 0 ? "-" : "") + all.dropLast(digits) + "." + all.suffix(digits)
    }

    private static func scale(_ digits: Int) -> Double {
        (0..<digits).reduce(1.0) { scale, _ in scale * 10 }
    }
}

extension UInt {
    fileprivate var asInt: Int { Int(clamping: self) }
}
