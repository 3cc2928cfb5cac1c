/// Randomness that can be repeated: SplitMix64 (Steele, Lea, Flood 2014), the same numbers for the
/// same seed on every machine. CONTRIBUTING.md, "Long tests", says what the variables mean.
package struct SeededGenerator: RandomNumberGenerator, Sendable {
    /// What the first number was drawn from.
    package let seed: UInt64
    private var state: UInt64

    /// A generator that starts from `seed`.
    package init(seed: UInt64) {
        self.seed = seed
        state = seed
    }

    /// From `CAIRN_SEED` or a fresh seed, told on standard error before the test starts. Tests of
    /// different names draw different numbers from the same seed.
    package init(announcing test: String = #function) {
        seed = Soak.givenSeed ?? Soak.freshSeed()
        // FNV-1a (RFC 9923).
        state = test.utf8.reduce(seed ^ 0xcbf2_9ce4_8422_2325) {
            ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01b3
        }
        Soak.announce(test, "CAIRN_SEED=\(seed)")
    }

    package mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }

    /// `count` bytes.
    package mutating func bytes(_ count: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count + 8)
        while bytes.count < count {
            let word = next()
            for shift in stride(from: UInt64(56), through: 0, by: -8) {
                bytes.append(UInt8(truncatingIfNeeded: word >> shift))
            }
        }
        bytes.removeLast(bytes.count - count)
        return bytes
    }

    /// `original` after one to `changesMax` changes: flips, other bytes, losses, gains, cuts and
    /// swaps. It may come out as it was.
    package mutating func mutated(_ original: [UInt8], changesMax: Int = 1) -> [UInt8] {
        var bytes = original
        for _ in 0..<Int.random(in: 1...changesMax, using: &self) where !bytes.isEmpty {
            let position = Int.random(in: 0..<bytes.count, using: &self)
            switch Int.random(in: 0..<7, using: &self) {
            case 0, 1: bytes[position] ^= 1 << UInt8.random(in: 0..<8, using: &self)
            case 2: bytes[position] = UInt8(truncatingIfNeeded: next())
            case 3:
                let end = min(bytes.count, position + Int.random(in: 1...3, using: &self))
                bytes.removeSubrange(position..<end)
            case 4:
                let more = self.bytes(Int.random(in: 1...2, using: &self))
                bytes.insert(contentsOf: more, at: position)
            case 5: bytes.swapAt(position, Int.random(in: 0..<bytes.count, using: &self))
            default: bytes.removeSubrange(position...)
            }
        }
        return bytes
    }
}
