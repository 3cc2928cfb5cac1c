import Foundation
import FuzzEntries
import TestSupport
import Testing

/// The fuzzers' corpus (`Tests/Fuzzing/Corpus`), given to the same entries without a fuzzer.
@Suite struct CorpusTests {
    private static let corpus = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "Fuzzing/Corpus")

    private static func inputs(_ entry: FuzzEntry) throws -> [(name: String, bytes: [UInt8])] {
        let folder = corpus.appending(path: entry.rawValue)
        return try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
            .map { ($0, [UInt8](try Data(contentsOf: folder.appending(path: $0)))) }
    }

    @Test(arguments: FuzzEntry.allCases)
    func everyInputIsTakenOrRefused(_ entry: FuzzEntry) throws {
        var taken = 0
        let inputs = try CorpusTests.inputs(entry)
        for (name, bytes) in inputs {
            do {
                taken += try entry.run(bytes) ? 1 : 0
            } catch {
                Issue.record("\(entry)/\(name): \(error)")
            }
        }
        // A corpus that is all refused, or none of it, says little.
        #expect(taken > 0 && taken < inputs.count)
    }

    /// A little of what a fuzzer does, where there is none.
    @Test(arguments: FuzzEntry.allCases)
    func alteredInputsAreTakenOrRefused(_ entry: FuzzEntry) async throws {
        let inputs = try CorpusTests.inputs(entry).filter { $0.bytes.count < 4_096 }
        for await item in Soak.cases(usual: 400, long: 40_000, test: "alteredInputs") {
            var random = item.random
            let original = inputs.randomElement(using: &random)?.bytes ?? []
            let bytes = random.mutated(original, changesMax: 4)
            do {
                _ = try entry.run(bytes)
            } catch {
                Issue.record("\(item), \(entry): \(error), \(bytes)")
            }
        }
    }

    /// Every folder of the corpus has an entry, and every entry a fuzzer.
    @Test func entriesAndCorpusAgree() throws {
        let names = Set(FuzzEntry.allCases.map(\.rawValue))
        let corpus = try FileManager.default.contentsOfDirectory(atPath: CorpusTests.corpus.path)
        let fuzzers = try FileManager.default.contentsOfDirectory(
            atPath: CorpusTests.corpus.deletingLastPathComponent().appending(path: "Fuzzers").path)
        #expect(Set(corpus) == names)
        #expect(Set(fuzzers) == names)
    }
}
