import TestSupport
import Testing
import Vault

@Suite("Orphans, by a model", .timeLimit(.minutes(60)))
struct OrphanModelTests {
    /// Whatever happens in whatever order: what the ledger accepted can be read, always; and of
    /// what it did not accept nothing is left once all windows have ended.
    @Test func acceptedMeansReadableAndNoOrphanRemains() async throws {
        for await test in Soak.cases(usual: 12, long: 300) {
            var model = try OrphanModel(test.random)
            for number in 0..<60 {
                do { try await model.step() } catch {
                    Issue.record("\(test) \(error) after \(model.log)")
                    return
                }
                guard number % 6 == 5 else { continue }
                let problems = model.problems()
                #expect(problems == [], "\(test) after \(model.log)")
                if !problems.isEmpty { return }
            }
            let left = try model.leftovers()
            #expect(left == [], "\(test) after \(model.log)")
            #expect(model.problems() == [], "\(test) after \(model.log)")
            model.vault.close()
            if !left.isEmpty { return }
        }
    }
}
