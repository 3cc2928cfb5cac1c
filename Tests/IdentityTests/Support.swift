import FoundationEssentials
import LedgerCore
import Testing

@testable import Identity

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// A seeded generator (SplitMix64), so that a failing case can be run again.
struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64
    init(seed: UInt64) { state = seed }
    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var value = state
        value = (value ^ (value >> 30)) &* 0xbf58_476d_1ce4_e5b9
        value = (value ^ (value >> 27)) &* 0x94d0_49bb_1331_11eb
        return value ^ (value >> 31)
    }
}

extension Identifier {
    static func test(_ seed: UInt64) -> Identifier {
        var generator = SeededGenerator(seed: seed)
        return Identifier(using: &generator)
    }
}

/// A folder that goes away with the test.
final class TemporaryFolder {
    let path: String
    init() throws {
        var generator = SystemRandomNumberGenerator()
        path = "/tmp/identity-test-\(Identifier(using: &generator))"
        try FileManager.default.createDirectory(
            atPath: path, withIntermediateDirectories: false)
    }
    deinit { try? FileManager.default.removeItem(atPath: path) }
    func file(_ name: String) -> String { "\(path)/\(name)" }
    func names() throws -> [String] { try FileManager.default.contentsOfDirectory(atPath: path) }
    func write(_ bytes: [UInt8], _ name: String, mode: mode_t = 0o600) throws -> String {
        let path = file(name)
        try Data(bytes).write(to: URL(filePath: path))
        #expect(chmod(path, mode) == 0)
        return path
    }
}

/// One change to some bytes: a flip, a loss, a gain, a cut or a swap.
func mutated(_ bytes: [UInt8], using generator: inout SeededGenerator) -> [UInt8] {
    var result = bytes
    let position = Int.random(in: 0..<bytes.count, using: &generator)
    switch Int.random(in: 0..<5, using: &generator) {
    case 0: result[position] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
    case 1: result.remove(at: position)
    case 2: result.insert(UInt8.random(in: 0...255, using: &generator), at: position)
    case 3: result.removeSubrange(position...)
    default: result.swapAt(position, Int.random(in: 0..<bytes.count, using: &generator))
    }
    return result
}
