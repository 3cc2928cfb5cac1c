import LedgerCore
import Testing

/// SplitMix64 (Steele, Lea, Flood 2014): the same draws on every machine. Tests name the seed in
/// their failure messages.
struct SeededGenerator: RandomNumberGenerator {
    let seed: UInt64
    private var state: UInt64

    init(_ seed: UInt64) {
        self.seed = seed
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }

    mutating func bytes(_ count: Int) -> [UInt8] {
        (0..<count).map { _ in UInt8(truncatingIfNeeded: next()) }
    }

    mutating func digest() -> Digest { Digest.sha256(bytes(16)) }
}

/// The digest of a number: distinct, reproducible leaves.
func leaf(_ number: Int) -> Digest { Digest.sha256(Array("leaf \(number)".utf8)) }

func leaves(_ count: Int) -> [Digest] { (0..<count).map(leaf) }

func hex(_ text: String) throws -> [UInt8] { try #require(Hex.decode(text)) }

/// RFC 6962 section 2.1 word for word, over leaves of any length.
enum NaiveLog {
    static func root(_ leaves: ArraySlice<[UInt8]>) -> Digest {
        if leaves.isEmpty { return Digest.sha256([]) }
        if leaves.count == 1 { return Digest.sha256([0] + leaves[leaves.startIndex]) }
        let middle = leaves.startIndex + split(leaves.count)
        let left: [UInt8] = root(leaves[..<middle]).bytes
        let right: [UInt8] = root(leaves[middle...]).bytes
        return Digest.sha256([1] + left + right)
    }

    static func path(_ index: Int, _ leaves: ArraySlice<[UInt8]>) -> [Digest] {
        guard leaves.count > 1 else { return [] }
        let width = split(leaves.count)
        let middle = leaves.startIndex + width
        return index < width
            ? path(index, leaves[..<middle]) + [root(leaves[middle...])]
            : path(index - width, leaves[middle...]) + [root(leaves[..<middle])]
    }

    private static func split(_ count: Int) -> Int {
        var width = 1
        while width * 2 < count { width *= 2 }
        return width
    }
}
