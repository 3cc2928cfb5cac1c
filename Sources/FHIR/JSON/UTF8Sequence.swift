/// Well-formed UTF-8 (Unicode 15, table 3-7): no overlong forms, no surrogates, nothing above
/// U+10FFFF.
enum UTF8Sequence {
    /// Length of the well-formed sequence at `position`, 0 where there is none.
    static func length(_ base: UnsafePointer<UInt8>, at position: Int, count: Int) -> Int {
        let first = base[position]
        if first < 0x80 { return 1 }
        let left = count - position
        func trails(_ offset: Int, _ low: UInt8 = 0x80, _ high: UInt8 = 0xBF) -> Bool {
            base[position + offset] >= low && base[position + offset] <= high
        }
        switch first {
        case 0xC2...0xDF:
            return left >= 2 && trails(1) ? 2 : 0
        case 0xE0...0xEF:
            let low: UInt8 = first == 0xE0 ? 0xA0 : 0x80
            let high: UInt8 = first == 0xED ? 0x9F : 0xBF
            return left >= 3 && trails(1, low, high) && trails(2) ? 3 : 0
        case 0xF0...0xF4:
            let low: UInt8 = first == 0xF0 ? 0x90 : 0x80
            let high: UInt8 = first == 0xF4 ? 0x8F : 0xBF
            return left >= 4 && trails(1, low, high) && trails(2) && trails(3) ? 4 : 0
        default:
            return 0
        }
    }
}
