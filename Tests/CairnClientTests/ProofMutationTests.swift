import CairnClient
import LedgerCore
import TestSupport
import Testing

@Suite struct ProofMutationTests {
    /// Mutants under a digest of their own: refused, or they prove what the original proves. A cut
    /// at the end may take the opened content with it, and the rest still holds.
    @Test func noMutantProvesSomethingElse() async throws {
        let scenario = try ProofScenario(memberCount: 1)
        let verifier = ProofVerifier(trust: scenario.genesisTrust)
        let original = ProofFile.bytes(scenario.proof)
        let body = Array(original.dropLast(Digest.size))
        let report = try verifier.verify(original)
        for await item in Soak.cases(usual: 300, long: 60_000, pinned: 31) {
            var random = item.random
            var mutant = random.mutated(body, changesMax: 3)
            guard mutant != body else { continue }
            mutant += Digest.sha256(mutant).bytes
            guard var other = try? verifier.verify(mutant) else { continue }
            if let content = other.content { #expect(content == report.content, "\(item)") }
            other.content = report.content
            other.steps = report.steps
            #expect(other == report, "\(item): \(Hex.encode(mutant))")
        }
    }
}
