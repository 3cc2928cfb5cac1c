import Crypto
import Foundation
import LedgerCore
import TestSupport
import Testing

@testable import Identity

@Suite struct NodeKeysTests {
    @Test func keysReadBackAndWork() throws {
        let folder = try TemporaryFolder()
        let path = folder.file("node.keys")
        let keys = try NodeKeys.generate()
        try keys.write(to: path)
        let read = try NodeKeys.read(path)
        #expect(read.rendered == keys.rendered)
        #expect(read.stampKeyId == keys.stampKeyId && read.tokenKeyId == keys.tokenKeyId)
        let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions]
        #expect(mode as? Int == 0o600)

        let suite = HPKE.Ciphersuite.XWingMLKEM768X25519_SHA256_AES_GCM_256
        var sender = try HPKE.Sender(
            recipientKey: keys.sealing.publicKey, ciphersuite: suite, info: Data("t".utf8))
        let sealed = try sender.seal(Data("keyring".utf8))
        var recipient = try HPKE.Recipient(
            privateKey: read.sealing, ciphersuite: suite, info: Data("t".utf8),
            encapsulatedKey: sender.encapsulatedKey)
        #expect(try recipient.open(sealed) == Data("keyring".utf8))
    }

    @Test func keysAreNeverOverwrittenUnasked() throws {
        let folder = try TemporaryFolder()
        let path = folder.file("node.keys")
        let first = try NodeKeys.generate()
        try first.write(to: path)
        #expect { try NodeKeys.generate().write(to: path) } throws: { code($0, .exists) }
        #expect(try NodeKeys.read(path).rendered == first.rendered)
        let second = try NodeKeys.generate()
        try second.write(to: path, overwrite: true)
        #expect(try NodeKeys.read(path).rendered == second.rendered)
    }

    @Test func everyFlippedBitIsAnErrorThatNamesTheFile() throws {
        let bytes = try NodeKeys.generate().rendered
        for position in bytes.indices {
            for bit in 0..<8 {
                var altered = bytes
                altered[position] ^= 1 << UInt8(bit)
                let error = #expect(throws: KeyFileError.self) {
                    try NodeKeys(bytes: altered, path: "DIR/keys/node.keys")
                }
                #expect(error?.description.contains("DIR/keys/node.keys") == true)
            }
        }
    }

    @Test func everyCutAndMutationIsRefused() async throws {
        let bytes = try NodeKeys.generate().rendered
        for length in bytes.indices {
            #expect(throws: KeyFileError.self) {
                try NodeKeys(bytes: Array(bytes[..<length]), path: "p")
            }
        }
        for await item in Soak.cases(usual: 2_000, long: 200_000, pinned: 3) {
            var random = item.random
            let altered = random.mutated(bytes, changesMax: 3)
            guard altered != bytes else { continue }
            #expect(throws: KeyFileError.self, "\(item): \(Hex.encode(altered))") {
                try NodeKeys(bytes: altered, path: "p")
            }
        }
    }

    /// A correct digest over lines in the wrong order, missing or too many.
    @Test func theLinesAreFixed() throws {
        let lines = try NodeKeys.format.parse(try NodeKeys.generate().rendered, path: "p")
        for altered in [
            Array(lines.reversed()), Array(lines.dropLast()), lines + [lines[0]], [],
            lines.map { .init(name: $0.name, value: $0.value + "A") },
        ] {
            #expect { try NodeKeys(bytes: NodeKeys.format.render(altered), path: "p") } throws: {
                code($0, .damaged)
            }
        }
    }

    @Test func nodeKeysNeverPrintTheirSecrets() throws {
        let keys = try NodeKeys.generate()
        var dumped = ""
        dump(keys, to: &dumped)
        let shown = "\(keys) \(String(reflecting: keys)) \(dumped)"
        #expect(!shown.contains("storageRoot") && !shown.contains("authority"))
    }
}
