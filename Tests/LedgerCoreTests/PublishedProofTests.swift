import Foundation
@testable import LedgerCore
import Testing

/// The proofs that the implementations of RFC 6962 share as test data (Tests/Vectors/rfc6962), most
/// of them wrong in one way: each has the published verdict.
@Suite struct PublishedProofTests {
    private struct Inclusion: Decodable {
        let file: String
        let leafIdx: UInt64
        let treeSize: UInt64
        let root: Data
        let leafHash: Data
        let proof: [Data]
        let wantErr: Bool
    }

    private struct Consistency: Decodable {
        let file: String
        let size1: UInt64
        let size2: UInt64
        let root1: Data
        let root2: Data
        let proof: [Data]
        let wantErr: Bool
    }

    private static func cases<Case: Decodable>(_ name: String, _: Case.Type) throws -> [Case] {
        let folder = URL(filePath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "Vectors/rfc6962")
        let data = try Data(contentsOf: folder.appending(path: name))
        return try JSONDecoder().decode([Case].self, from: data)
    }

    /// A hash, as every decoder of ours reads one: of another length it is none.
    private static func digest(_ data: Data) -> Digest? { Digest(Array(data)) }

    private static func path(_ proof: [Data]) -> [Digest]? {
        let path = proof.compactMap(digest)
        return path.count == proof.count ? path : nil
    }

    private static func holds(_ test: Inclusion) -> Bool {
        guard let root = digest(test.root), let leaf = digest(test.leafHash),
            let path = path(test.proof)
        else { return false }
        let found = MerkleTree.root(
            leafHash: leaf, index: test.leafIdx, size: test.treeSize, path: path)
        return found == root
    }

    private static func holds(_ test: Consistency) -> Bool {
        guard let old = digest(test.root1), let new = digest(test.root2),
            let path = path(test.proof)
        else { return false }
        return LogConsistency.holds(
            oldSize: test.size1, oldRoot: old, newSize: test.size2, newRoot: new, path: path)
    }

    @Test func inclusionsHaveTheirPublishedVerdict() throws {
        let cases = try Self.cases("inclusion.json", Inclusion.self)
        for test in cases { #expect(Self.holds(test) == !test.wantErr, "\(test.file)") }
        #expect(cases.count == 98)
        #expect(cases.count { !$0.wantErr } == 6)
    }

    /// Two of them have equal texts for roots, which no root of ours can be: refused.
    @Test func consistenciesHaveTheirPublishedVerdict() throws {
        let cases = try Self.cases("consistency.json", Consistency.self)
        var strict: [String] = []
        for test in cases {
            if !test.wantErr, test.root1.count != Digest.size {
                strict.append(test.file)
                #expect(!Self.holds(test), "\(test.file)")
            } else {
                #expect(Self.holds(test) == !test.wantErr, "\(test.file)")
            }
        }
        #expect(cases.count == 98)
        #expect(cases.count { !$0.wantErr } == 7)
        #expect(strict.count == 2 && strict.allSatisfy { $0.contains("/sizes-are-equal-") })
    }
}
