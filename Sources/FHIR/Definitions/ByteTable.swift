/// Byte strings numbered in order of first sight, found again by hash.
///
/// Element names and codes are looked up straight from the source bytes of a document; a Dictionary
/// would want a String made first.
struct ByteTable: Sendable {
    private var pool: [UInt8] = []
    private var ranges: [Range<Int>] = []
    /// Number + 1 of the string in each slot, 0 where free. Always at most half full.
    private var slots: [UInt16]

    init(capacity: Int) {
        var size = 64
        while size < capacity * 2 { size *= 2 }
        slots = [UInt16](repeating: 0, count: size)
    }

    var count: Int { ranges.count }

    func text(_ number: UInt16) -> String {
        String(decoding: pool[ranges[Int(number)]], as: UTF8.self)
    }

    func find(_ bytes: [UInt8], _ range: Range<Int>) -> UInt16? {
        let found = slots[slot(of: bytes, range)]
        return found == 0 ? nil : found - 1
    }

    func find(_ text: String) -> UInt16? {
        let bytes = Array(text.utf8)
        return find(bytes, 0..<bytes.count)
    }

    mutating func intern(_ bytes: [UInt8], _ range: Range<Int>) -> UInt16 {
        var at = slot(of: bytes, range)
        if slots[at] != 0 { return slots[at] - 1 }
        if (ranges.count + 1) * 2 > slots.count {
            grow()
            at = slot(of: bytes, range)
        }
        let start = pool.count
        pool.append(contentsOf: bytes[range])
        ranges.append(start..<pool.count)
        slots[at] = UInt16(ranges.count)
        return UInt16(ranges.count - 1)
    }

    /// The slot that holds the string, or the free one where it belongs.
    private func slot(of bytes: [UInt8], _ range: Range<Int>) -> Int {
        let mask = slots.count - 1
        var at = Self.hash(bytes, range) & mask
        while slots[at] != 0 {
            let known = ranges[Int(slots[at] - 1)]
            if known.count == range.count, equal(known.lowerBound, bytes, range) { return at }
            at = (at + 1) & mask
        }
        return at
    }

    private func equal(_ start: Int, _ bytes: [UInt8], _ range: Range<Int>) -> Bool {
        for offset in 0..<range.count
        where pool[start + offset] != bytes[range.lowerBound + offset] {
            return false
        }
        return true
    }

    /// FNV-1a. The table is filled from the specification alone, so nobody can choose collisions.
    private static func hash(_ bytes: [UInt8], _ range: Range<Int>) -> Int {
        var hash: UInt32 = 2_166_136_261
        for index in range {
            hash = (hash ^ UInt32(bytes[index])) &* 16_777_619
        }
        return Int(hash ^ hash >> 15)
    }

    private mutating func grow() {
        slots = [UInt16](repeating: 0, count: slots.count * 2)
        for (number, range) in ranges.enumerated() {
            slots[slot(of: pool, range)] = UInt16(number + 1)
        }
    }
}
