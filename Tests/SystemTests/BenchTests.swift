import Foundation
import Testing

/// `cairn bench` measures; here only that each name runs and says what it promises. How fast it is
/// is nobody's test.
@Suite struct BenchTests {
    private static let fields: Set<String> = [
        "name", "value", "unit", "bound", "bound_name", "ratio", "p50_ms", "p99_ms",
        "fsync_p99_ms", "seconds", "sample", "machine",
    ]

    @Test(arguments: [
        ["ledger"], ["load"], ["submit"], ["submit", "--single"], ["read"], ["vault-put"],
        ["vault-get"],
    ])
    func everyNameGivesAFigureAndItsBound(_ arguments: [String]) async throws {
        let result = try await CairnBinary.run(["bench", "--seconds", "1", "--json"] + arguments)
        #expect(result.exit == 0, "\(result.stderr)")
        let line = try #require(result.stdout.split(separator: "\n").last)
        let object = try #require(
            try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
        let more: Set = arguments == ["ledger"] ? ["cpu_us", "half_p50_ms", "half_p99_ms"] : []
        #expect(Set(object.keys) == BenchTests.fields.union(more))
        #expect(object["name"] as? String == arguments.joined(separator: " "))
        for name in ["value", "bound", "ratio", "sample"] {
            let value = try #require(object[name] as? Double)
            #expect(value > 0, "\(name) is \(value)")
        }
    }

    @Test(arguments: [["submit", "--seconds", "121"], ["read", "--single"], ["lode"]])
    func wrongUsageIsSaid(_ arguments: [String]) async throws {
        let result = try await CairnBinary.run(["bench"] + arguments)
        #expect(result.exit == 2)
        #expect(result.stderr.contains("error:"))
    }
}
