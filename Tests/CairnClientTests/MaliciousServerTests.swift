import CairnClient
import Foundation
import Testing

/// A malicious server cannot fool the verifiers: one table, both of them, and the page.
@Suite(.enabled(if: SecondVerifier.python != nil, Comment(rawValue: SecondVerifier.absence)))
struct MaliciousServerTests {
    @Test func eachAttackIsRefusedForItsReasonByBothVerifiers() throws {
        let vectors = try MaliciousServer.vectors()
        let folder = try SecondVerifier.Folder()
        var tried: [(MaliciousServer, ProofVector)] = []
        for server in MaliciousServer.all {
            for name in server.vectors {
                let vector = try #require(vectors[name], "no vector \(name)")
                try folder.add(vector)
                tried.append((server, vector))
            }
        }
        let verdicts = try folder.verdicts()
        try #require(verdicts.count == tried.count)
        for ((server, vector), second) in zip(tried, verdicts) {
            #expect(vector.found == server.reason.rawValue, "\(server.attack): \(vector.name)")
            #expect(second == server.reason.rawValue, "\(server.attack): \(vector.name), Python")
        }
    }

    /// The server's untouched proofs hold: what refuses the others is the attack.
    @Test func withoutTheAttackEachKindHolds() throws {
        let vectors = try MaliciousServer.vectors()
        for name in [
            "untouched", "members-3", "state-of-a-record", "none-existed-beside-another",
            "none-existed-in-an-empty-place", "handed-over-to-two-members-and-back",
            "passkey-holds", "ed25519-holds", "certificate-of-the-node", "attribute-granted",
        ] { #expect(try #require(vectors[name]).found == "holds", "\(name)") }
    }

    @Test func everyReasonIsAnAttacksReason() {
        let shown = Set(MaliciousServer.all.map(\.reason))
        #expect(Set(ProofRefusal.Reason.allCases) == shown)
    }

    @Test func thePageHasEachAttackOnALine() throws {
        let page = try String(
            contentsOf: SecondVerifier.testsFolder.deletingLastPathComponent()
                .appending(path: "docs/PROOFS.md"), encoding: .utf8)
        let start = try #require(page.range(of: "### What a malicious server can try"))
        let table = page[start.upperBound...].split(separator: "\n")
            .drop { !$0.hasPrefix("| ---") }.dropFirst().prefix { $0.hasPrefix("| ") }
        #expect(
            table.map(String.init)
                == MaliciousServer.all.map { "| \($0.attack) | `\($0.reason.rawValue)` |" })
    }
}
