import FHIR
import Foundation
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

    @Test func truncationIsRefused() throws {
        var random = SeededGenerator(seed: Self.seed)
        for bytes in try samples() {
            let end = try JSONDocument(parsing: bytes).root.range.upperBound
            for _ in 0..<6 {
                let cut = Int.random(in: 0..<end, using: &random)
                #expect(throws: JSONError.self) {
                    try JSONDocument(parsing: Array(bytes[..<cut]))
                }
            }
        }
    }

    @Test func mutationNeverCrashes() throws {
        var random = SeededGenerator(seed: Self.seed)
        let alphabet = Array("{}[]\",:\\_x0-19.eEtfn \n\u{e9}".utf8) + [0x00, 0x1F, 0x80, 0xFF]
        var parsed = 0
        for bytes in try samples() {
            for _ in 0..<6 {
                var mutated = bytes
                for _ in 0..<Int.random(in: 1...3, using: &random) {
                    let at = Int.random(in: 0..<mutated.count, using: &random)
                    let byte = alphabet.randomElement(using: &random) ?? 0
                    switch Int.random(in: 0..<4, using: &random) {
                    case 0: mutated[at] = byte
                    case 1: mutated.insert(byte, at: at)
                    case 2: mutated.remove(at: at)
                    default:
                        let end = min(mutated.count, at + Int.random(in: 1...40, using: &random))
                        mutated.removeSubrange(at..<end)
                    }
                    if mutated.isEmpty { mutated = [0x20] }
                }
                do {
                    try exercise(mutated)
                    parsed += 1
                } catch is JSONError {
                    continue
                }
            }
        }
        #expect(parsed > 100, "too few mutants were JSON to mean anything")
    }

    @Test func untouchedResourcesPassEverything() throws {
        for bytes in try samples() { try exercise(bytes) }
    }
}
