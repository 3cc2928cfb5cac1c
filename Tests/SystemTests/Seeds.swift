import Foundation

/// Randomness that can be repeated. CONTRIBUTING.md, "Long tests", says what the variables mean.
struct SeededGenerator: RandomNumberGenerator, Sendable {
    let seed: UInt64
    private var state: UInt64

    init(seed: UInt64) {
        self.seed = seed
        state = seed
    }

    /// `CAIRN_SEED` or a fresh one, told on standard error before the test starts.
    init(announcing test: String) {
        let named = ProcessInfo.processInfo.environment["CAIRN_SEED"].flatMap(UInt64.init)
        self.init(seed: named ?? UInt64.random(in: 0..<(1 << 31)))
        FileHandle.standardError.write(Data("\(test): CAIRN_SEED=\(seed)\n".utf8))
    }

    /// SplitMix64 (Steele, Lea, Flood 2014).
    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }
}

/// The long versions of tests.
enum Soak {
    static let isOn = ProcessInfo.processInfo.environment["CAIRN_SOAK"] == "1"

    /// How often something is done.
    static func times(_ usual: Int, long: Int) -> Int { isOn ? long : usual }

    /// Whether a numbered case belongs to this part.
    static func takes(_ number: Int) -> Bool {
        let parts = (ProcessInfo.processInfo.environment["SOAK_PART"] ?? "1/1")
            .split(separator: "/").compactMap { Int($0) }
        guard parts.count == 2, parts[1] > 0 else { return true }
        return number % parts[1] == parts[0] - 1
    }
}
