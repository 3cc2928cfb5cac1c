import LedgerCore
import Testing

/// RFC 6962 section 2.1: published vectors and a reference that follows the text.
@Suite struct MerkleTreeTests {
    /// The eight leaves of the Certificate Transparency reference implementations
    /// (certificate-transparency-go, merkle/testonly), and their roots for 0 to 8 leaves.
    static let published = [
        "", "00", "10", "2021", "3031", "40414243", "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    ]
    static let publishedRoots = [
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ]

    @Test(arguments: 0...8) func referenceGivesThePublishedRoots(count: Int) throws {
        let leaves = try Self.published.prefix(count).map(hex)
        #expect(NaiveLog.root(leaves[...]).description == Self.publishedRoots[count])
    }

    @Test func referenceGivesThePublishedInclusionPath() throws {
        // Leaf 0 of 8 (merkle_verifier_test: path of three siblings).
        let leaves = try Self.published.map(hex)
        #expect(
            NaiveLog.path(0, leaves[...]).map(\.description) == [
                "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
                "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
            ])
    }

    @Test func emptyTreeIsTheDigestOfNothing() {
        #expect(MerkleTree(leaves: []).root.description == Self.publishedRoots[0])
        #expect(TreeHash.empty == MerkleTree(leaves: []).root)
    }

    @Test(arguments: 1...70) func rootAndPathsFollowTheReference(size: Int) {
        let leaves = leaves(size)
        let raw = leaves.map(\.bytes)
        let tree = MerkleTree(leaves: leaves)
        #expect(tree.root == NaiveLog.root(raw[...]))
        for index in 0..<size {
            let path = tree.path(to: index)
            #expect(path == NaiveLog.path(index, raw[...]), "leaf \(index) of \(size)")
            #expect(root(leaves[index], index, size, path) == tree.root)
        }
    }

    @Test(arguments: [2, 3, 5, 8, 13, 33, 64, 70]) func onlyThePlaceItselfVerifies(size: Int) {
        let leaves = leaves(size)
        let tree = MerkleTree(leaves: leaves)
        for index in 0..<size {
            let path = tree.path(to: index)
            for other in 0..<size where other != index {
                #expect(root(leaves[index], other, size, path) != tree.root)
            }
            #expect(root(leaves[index], index, size, path + [leaf(999)]) == nil)
            #expect(root(leaves[index], index, size, Array(path.dropLast())) != tree.root)
            for step in path.indices {
                var altered = path
                altered[step] = leaf(1000 + step)
                #expect(root(leaves[index], index, size, altered) != tree.root)
            }
        }
    }

    @Test func placeOutsideTheTreeHasNoRoot() {
        #expect(root(leaf(0), 1, 1, []) == nil)
        #expect(root(leaf(0), 0, 0, []) == nil)
        #expect(root(leaf(0), 0, 2, []) == nil)
        let long = [Digest](repeating: leaf(1), count: 63)
        let last = MerkleTree.root(leaf: leaf(0), index: .max - 1, size: .max, path: long)
        #expect(last != nil)
    }

    private func root(_ leaf: Digest, _ index: Int, _ size: Int, _ path: [Digest]) -> Digest? {
        MerkleTree.root(leaf: leaf, index: UInt64(index), size: UInt64(size), path: path)
    }
}
