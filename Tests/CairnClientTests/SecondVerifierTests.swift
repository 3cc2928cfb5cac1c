import CairnClient
import Foundation
import LedgerCore
import TestSupport
import Testing

/// Both verifiers see the same proofs, and say the same of each.
@Suite(.enabled(if: SecondVerifier.python != nil, Comment(rawValue: SecondVerifier.absence)))
struct SecondVerifierTests {
    /// Checks that both verifiers say of each vector what its maker expects.
    private func agree(_ vectors: [ProofVector]) throws {
        let folder = try SecondVerifier.Folder()
        for vector in vectors { try folder.add(vector) }
        let verdicts = try folder.verdicts()
        try #require(verdicts.count == vectors.count)
        for (vector, second) in zip(vectors, verdicts) {
            #expect(vector.found == vector.verdict, "\(vector.name), in Swift")
            // A library without ML-DSA-65 accepts nothing that rests on it.
            if vector.needsMLDSA, second == "scheme-unsupported", !SecondVerifier.knowsMLDSA {
                continue
            }
            #expect(second == vector.verdict, "\(vector.name), in Python")
        }
    }

    @Test func validProofsHold() throws { try agree(try ValidVectors.all()) }

    @Test func tamperedProofsAreRefused() throws { try agree(try TamperedVectors.all()) }

    @Test func forgedTransactionsAreRefused() throws { try agree(try ForgedVectors.all()) }

    @Test func forgedMembershipIsRefused() throws { try agree(try ForgedMembership.all()) }

    @Test func versionsAreFollowed() throws { try agree(try VersionVectors.all()) }

    /// Random policies and stamps: both verifiers come to the same about what was proposed.
    @Test func approvalsAreFollowedAlike() async throws {
        let folder = try SecondVerifier.Folder()
        var vectors: [(SeededCase, ProofVector)] = []
        let cases = Soak.cases(usual: 150, long: 6_000)
        for await item in cases {
            var story = try ApprovalVector(random: item.random)
            let vector = try story.vector()
            try folder.add(vector)
            vectors.append((item, vector))
        }
        let verdicts = try folder.verdicts()
        try #require(verdicts.count == vectors.count)
        for ((item, vector), second) in zip(vectors, verdicts) {
            #expect(vector.found == second, "\(item)")
        }
        // Each way to end is among them.
        guard !cases.areFew else { return }
        let ends = Set(vectors.map(\.1.found))
        #expect(ends == ["holds", "subject-refused", "membership-invalid"])
    }
    @Test func statesAreProvedAndRefusedAlike() throws { try agree(try StateVectors.all()) }

    @Test func handOversAreJudgedAlike() throws { try agree(try HandOverVectors.all()) }

    @Test func everySchemeIsJudgedAlike() throws { try agree(try SchemeVectors.all()) }

    @Test func certificatesAreJudgedAlike() throws { try agree(try CertificateVectors.all()) }

    @Test func proposalsAreFollowedAlike() throws { try agree(try ProposalVectors.all()) }

    /// The files of Tests/Vectors/proofs, for whoever writes a third verifier.
    @Test func keptVectorsHaveTheirVerdicts() throws {
        let folder = SecondVerifier.testsFolder.appending(path: "Vectors/proofs")
        let list = try String(
            contentsOf: folder.appending(path: "verdicts.tsv"), encoding: .utf8)
        let vectors = try list.split(separator: "\n").map { line in
            let parts = line.split(separator: "\t").map(String.init)
            try #require(parts.count == 3)
            func bytes(_ name: String) throws -> [UInt8] {
                [UInt8](try Data(contentsOf: folder.appending(path: name)))
            }
            let reason = ProofRefusal.Reason(rawValue: parts[2])
            try #require(reason != nil || parts[2] == "holds")
            return ProofVector(
                name: parts[0], reason: reason, proof: try bytes(parts[0]),
                trust: try bytes(parts[1]))
        }
        #expect(vectors.count > 20)
        let files = try FileManager.default.contentsOfDirectory(atPath: folder.path)
        #expect(Set(files.filter { $0.hasSuffix(".proof") }) == Set(vectors.map(\.name)))
        try agree(vectors)
    }

    /// Each reason has a vector, so that no check of either verifier goes untested.
    @Test func everyReasonIsShown() throws {
        let vectors =
            try ValidVectors.all() + TamperedVectors.all() + ForgedVectors.all()
            + ForgedMembership.all() + VersionVectors.all() + StateVectors.all()
            + HandOverVectors.all() + SchemeVectors.all() + CertificateVectors.all()
            + ProposalVectors.all()
        let shown = Set(vectors.compactMap(\.reason))
        #expect(Set(ProofRefusal.Reason.allCases).subtracting(shown).isEmpty)
        #expect(Set(vectors.map(\.name)).count == vectors.count, "a name stands twice")
    }

    /// A proof with its trust, and the same proof under trust in keys: then its genesis is read,
    /// too.
    private func originals() throws -> [(body: [UInt8], trust: [UInt8])] {
        let scenario = try ProofScenario(memberCount: 2)
        let body = Array(ProofFile.bytes(scenario.proof).dropLast(Digest.size))
        let keys = scenario.ledger.members.map { scenario.ledger.noteKey($0).text }
        return [
            (body, scenario.ledger.genesis.bytes), (body, Array(keys.joined(separator: "\n").utf8)),
        ]
    }

    /// Random changes under a digest of their own: the verifiers agree on the first that fails.
    @Test func mutantsAreRefusedAlike() async throws {
        let originals = try originals()
        let folder = try SecondVerifier.Folder()
        var mutants: [(SeededCase, ProofVector)] = []
        for await item in Soak.cases(usual: 600, long: 20_000) {
            var random = item.random
            let (body, trust) = originals[item.number % 2]
            let mutant = random.mutated(body, changesMax: 2)
            let vector = ProofVector(
                name: "", reason: nil, proof: mutant + Digest.sha256(mutant).bytes, trust: trust)
            try folder.add(vector)
            mutants.append((item, vector))
        }
        let verdicts = try folder.verdicts()
        try #require(verdicts.count == mutants.count)
        for ((item, vector), second) in zip(mutants, verdicts) {
            #expect(vector.found == second, "\(item): \(Hex.encode(vector.proof))")
        }
    }

    /// One bit, which keeps every length: what lies deep within is read as well.
    @Test func flippedBitsAreRefusedAlike() throws {
        let folder = try SecondVerifier.Folder()
        var mutants: [(place: Int, vector: ProofVector)] = []
        for (body, trust) in try originals() {
            for place in stride(from: 0, to: body.count, by: 7) {
                var mutant = body
                mutant[place] ^= 1 << UInt8(place % 8)
                let vector = ProofVector(
                    name: "", reason: nil, proof: mutant + Digest.sha256(mutant).bytes,
                    trust: trust)
                try folder.add(vector)
                mutants.append((place, vector))
            }
        }
        let verdicts = try folder.verdicts()
        try #require(verdicts.count == mutants.count)
        for (mutant, second) in zip(mutants, verdicts) {
            #expect(mutant.vector.found == second, "byte \(mutant.place)")
            #expect(second != "holds", "byte \(mutant.place)")
        }
    }

    @Test func exitCodesAndWordsAreStable() throws {
        let python = try #require(SecondVerifier.python)
        let folder = try SecondVerifier.Folder()
        let vectors = try TamperedVectors.all()
        let file = folder.path.appending(path: "p.proof").path
        let trust = folder.path.appending(path: "g.cairn").path
        try Data(vectors[0].trust).write(to: URL(filePath: trust))
        try Data(ProofFile.bytes(try ProofScenario().proof)).write(to: URL(filePath: file))
        let refused = try SecondVerifier.run(python, [SecondVerifier.script, file, trust])
        #expect(refused.exit == 1 && refused.output == "genesis-not-trusted\n", "\(refused)")
        let usage = try SecondVerifier.run(python, [SecondVerifier.script, file])
        #expect(usage.exit == 2 && usage.error.contains("usage:"), "\(usage)")
    }

    /// Every reason stands in the page from which the second verifier was written.
    @Test func everyReasonIsInThePage() throws {
        let page = try String(
            contentsOf: SecondVerifier.testsFolder.deletingLastPathComponent()
                .appending(path: "docs/PROOFS.md"), encoding: .utf8)
        for reason in ProofRefusal.Reason.allCases {
            #expect(page.contains("| `\(reason.rawValue)` |"), "\(reason.rawValue)")
        }
    }
}
