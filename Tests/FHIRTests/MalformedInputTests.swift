import FHIR
import Foundation
import TestSupport
import Testing

/// Whatever arrives, the answer is an error or a value, never a crash.
@Suite(.enabled(if: SharedData.isPresent, Comment(rawValue: SharedData.absence)))
struct MalformedInputTests {
    private static let seed: UInt64 = 20_260_101
    private static let sizeBytesMax = 20_000

    private func samples() throws -> [[UInt8]] {
        let folders = ["fhir-r4-examples", "us-core-examples", "synthea-r4"]
        var samples: [[UInt8]] = []
        for url in folders.flatMap(SharedData.files) {
            let bytes = try SharedData.bytes(url)
            if bytes.count <= Self.sizeBytesMax { samples.append(bytes) }
            guard url.path.contains("synthea") else { continue }
            let entries = try BundleReader(JSONDocument(parsing: bytes).root).entries
            samples += entries.prefix(8).compactMap { $0.resource.map { Array($0.rawBytes) } }
        }
        return samples
    }

    /// Everything that reads a resource.
    private func exercise(_ bytes: [UInt8]) throws {
        let root = try JSONDocument(parsing: bytes).root
        _ = ResourceValidator().validate(root)
        _ = SearchIndexer.entries(of: root)
        _ = PatientCompartment.subject(of: root)
        _ = try? BundleReader(root)
        let found = ReferenceFinder.references(in: root).map { ($0, "Patient/new") }
        let edits = ServerFields.edits(
            for: root, id: "x", versionId: 1, lastUpdatedMs: 0, references: found)
        let content = Array(root.rawBytes)
        let edited = try Edits.apply(edits, to: content)
        _ = try JSONDocument(parsing: edited)
    }

    @Test func truncationIsRefused() async throws {
        let samples = try samples()
        let cases = Soak.cases(usual: 6 * samples.count, long: 300_000, pinned: Self.seed)
        for await item in cases {
            var random = item.random
            let bytes = samples[item.number % samples.count]
            let end = try JSONDocument(parsing: bytes).root.range.upperBound
            let cut = Int.random(in: 0..<end, using: &random)
            #expect(throws: JSONError.self, "\(item)") {
                try JSONDocument(parsing: Array(bytes[..<cut]))
            }
        }
    }

    @Test func mutationNeverCrashes() async throws {
        let samples = try samples()
        var parsed = 0
        let cases = Soak.cases(usual: 6 * samples.count, long: 300_000, pinned: Self.seed)
        for await item in cases {
            var random = item.random
            let mutant = mutant(of: samples[item.number % samples.count], &random)
            do {
                try exercise(mutant)
                parsed += 1
            } catch is JSONError {
                continue
            } catch {
                Issue.record("\(item): \(error)")
            }
        }
        #expect(parsed > 100 || cases.areFew, "too few mutants were JSON to mean anything")
    }

    private func mutant(of bytes: [UInt8], _ random: inout SeededGenerator) -> [UInt8] {
        let alphabet = Array("{}[]\",:\\_x0-19.eEtfn \n\u{e9}".utf8) + [0x00, 0x1F, 0x80, 0xFF]
        var mutant = bytes
        for _ in 0..<Int.random(in: 1...3, using: &random) {
            let at = Int.random(in: 0..<mutant.count, using: &random)
            let byte = alphabet.randomElement(using: &random) ?? 0
            switch Int.random(in: 0..<4, using: &random) {
            case 0: mutant[at] = byte
            case 1: mutant.insert(byte, at: at)
            case 2: mutant.remove(at: at)
            default:
                let end = min(mutant.count, at + Int.random(in: 1...40, using: &random))
                mutant.removeSubrange(at..<end)
            }
            if mutant.isEmpty { mutant = [0x20] }
        }
        return mutant
    }

    @Test func untouchedResourcesPassEverything() throws {
        for bytes in try samples() { try exercise(bytes) }
    }
}
