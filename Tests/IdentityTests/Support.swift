import FoundationEssentials
import LedgerCore
import TestSupport
import Testing

@testable import Identity

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

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
