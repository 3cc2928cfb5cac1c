import Foundation
import Testing

@Suite struct KeptVectorWriting {
    @Test func write() throws {
        let folder = SecondVerifier.testsFolder.appending(path: "Vectors/proofs")
        let list = try String(contentsOf: folder.appending(path: "verdicts.tsv"), encoding: .utf8)
        let vectors = try HandOverVectors.all() + SchemeVectors.all() + ProposalVectors.all()
        for line in list.split(separator: "\n") {
            let parts = line.split(separator: "\t").map(String.init)
            let name = String(parts[0].dropLast(6))
            guard let vector = vectors.first(where: { $0.name == name }), parts[1] == name + ".cairn"
            else { continue }
            guard vector.verdict == parts[2], vector.found == parts[2] else { print("OTHER \(name) \(vector.found)"); continue }
            print("WRITE \(name)")
            try Data(vector.proof).write(to: folder.appending(path: parts[0]))
            try Data(vector.trust).write(to: folder.appending(path: parts[1]))
        }
    }
}
