/// 128 bits that name one thing, as FHIR and DICOM write them.
struct SampleUUID: Sendable, Hashable {
    private let high: UInt64
    private let low: UInt64

    /// Sets version (8) and variant (RFC 9562), and keeps all other bits.
    init(high: UInt64, low: UInt64) {
        self.high = high & ~0xf000 | 0x8000
        self.low = low & ~(3 << 62) | 1 << 63
    }

    /// 8-4-4-4-12 hexadecimal digits.
    var text: String {
        var text = ""
        for (index, digit) in digits.enumerated() {
            if [8, 12, 16, 20].contains(index) { text.append("-") }
            text.append(digit)
        }
        return text
    }

    /// 32 hexadecimal digits, as a ledger writes an id.
    var digits: String { SampleUUID.hexadecimal(high) + SampleUUID.hexadecimal(low) }

    /// Under the arc of UUIDs: 2.25 and the bits as one decimal number (ITU-T X.667).
    var objectIdentifier: String {
        var (high, low) = (self.high, self.low)
        var digits: [Character] = []
        repeat {
            let upper = high.quotientAndRemainder(dividingBy: 10)
            let lower = UInt64(10).dividingFullWidth((upper.remainder, low))
            (high, low) = (upper.quotient, lower.quotient)
            digits.append(Character("\(lower.remainder)"))
        } while high != 0 || low != 0
        return "2.25." + String(digits.reversed())
    }

    private static func hexadecimal(_ bits: UInt64) -> String {
        let digits = String(bits, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}
