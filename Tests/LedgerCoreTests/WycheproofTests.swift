import Foundation
import LedgerCore
import Testing

/// Project Wycheproof's signatures (Tests/Vectors/wycheproof): malformed and forged ones among
/// them, each of which must be refused.
@Suite struct WycheproofTests {
    private struct File: Decodable {
        let numberOfTests: Int
        let testGroups: [Group]
    }

    private struct Group: Decodable {
        let publicKey: Key
        let tests: [Case]
    }

    private struct Key: Decodable {
        /// Ed25519: the key.
        let pk: String?
        /// P-256: 0x04, x and y.
        let uncompressed: String?
    }

    private struct Case: Decodable {
        let tcId: Int
        let comment: String
        let msg: String
        let sig: String
        let result: String
    }

    private static func file(_ name: String) throws -> File {
        let folder = URL(filePath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "Vectors/wycheproof")
        let data = try Data(contentsOf: folder.appending(path: name))
        return try JSONDecoder().decode(File.self, from: data)
    }

    @Test func ed25519() throws {
        let file = try Self.file("ed25519_test.json")
        var count = 0
        for group in file.testGroups {
            let raw = try hex(try #require(group.publicKey.pk))
            let key = try ParsedKey(try PublicKey(scheme: .ed25519, bytes: raw))
            for test in group.tests {
                let holds = key.verifies(try hex(test.sig), over: try hex(test.msg))
                #expect(holds == (test.result == "valid"), "case \(test.tcId): \(test.comment)")
                count += 1
            }
        }
        #expect(count == file.numberOfTests && count > 100)
    }

    /// Of two signatures that ECDSA knows, the one with the high s is no stamp.
    @Test func p256() throws {
        let file = try Self.file("ecdsa_secp256r1_sha256_p1363_test.json")
        var count = 0
        var high = 0
        for group in file.testGroups {
            let point = try hex(try #require(group.publicKey.uncompressed))
            try #require(point.count == 65 && point[0] == 4)
            let compressed = [2 + (point[64] & 1)] + point[1...32]
            let key = try ParsedKey(try PublicKey(scheme: .p256, bytes: compressed))
            for test in group.tests {
                let signature = try hex(test.sig)
                let message = try hex(test.msg)
                let isLow = signature.count == 64 && LowS.isLow(signature[32...])
                let valid = test.result == "valid"
                let what = "case \(test.tcId): \(test.comment)"
                #expect(key.verifies(signature, over: message) == (valid && isLow), "\(what)")
                if valid, !isLow {
                    high += 1
                    #expect(key.verifies(LowS.normalize(signature), over: message), "\(what)")
                }
                count += 1
            }
        }
        #expect(count == file.numberOfTests && count > 200 && high > 10)
    }
}
