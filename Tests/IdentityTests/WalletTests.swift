import Crypto
import Foundation
import LedgerCore
import TestSupport
import Testing

@testable import Identity

@Suite struct WalletTests {
    let folder: TemporaryFolder
    let wallet: Wallet

    init() throws {
        folder = try TemporaryFolder()
        wallet = try Wallet(
            network: Digest.sha256([1]), person: .test(1), member: .test(2),
            label: "Dr Ada Byron, Station 3 – \u{301}é", server: "https://node.example:8443",
            keys: [.generate(), .generate(.p256)])
    }

    private func expectSame(_ other: Wallet) {
        #expect(other.network == wallet.network && other.person == wallet.person)
        #expect(other.member == wallet.member && other.server == wallet.server)
        #expect(Array(other.label.utf8) == Array(wallet.label.utf8))
        #expect(other.keys.map(\.secret) == wallet.keys.map(\.secret))
    }

    @Test func plainWalletReadsBack() throws {
        let path = folder.file("a.wallet")
        try wallet.write(to: path, passphrase: nil)
        let file = try WalletFile.read(path)
        #expect(!file.isLocked)
        expectSame(try file.unlock(passphrase: nil))
        let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions]
        #expect(mode as? Int == 0o600)
        #expect(try folder.names() == ["a.wallet"])
    }

    @Test func lockedWalletShowsEverythingButItsKeys() throws {
        let path = folder.file("a.wallet")
        try wallet.write(to: path, passphrase: "korrekt pferd", cost: .minimum)
        let file = try WalletFile.read(path)
        #expect(file.isLocked && file.person == wallet.person)
        #expect(file.publicKeys == wallet.keys.map(\.publicKey))
        expectSame(try file.unlock(passphrase: "korrekt pferd"))
        let text = String(decoding: file.rendered, as: UTF8.self)
        for key in wallet.keys { #expect(!text.contains(Base64.encodeURL(key.secret))) }
        #expect { try file.unlock(passphrase: "korrekt Pferd") } throws: {
            code($0, .wrongPassphrase)
        }
        #expect { try file.unlock(passphrase: nil) } throws: { code($0, .passphraseNeeded) }
    }

    @Test func twoLockingsShareNothing() throws {
        let first = try wallet.file(path: "-", passphrase: "x", cost: .minimum)
        let second = try wallet.file(path: "-", passphrase: "x", cost: .minimum)
        guard case .locked(let a) = first.secrets, case .locked(let b) = second.secrets else {
            Issue.record("not locked")
            return
        }
        #expect(a.salt != b.salt && a.sealed != b.sealed)
    }

    /// 0.26 s in a release build; a debug build on a busy machine takes seconds, so no limit here.
    @Test func theStandardCostIsWrittenAndUnlocks() throws {
        let file = try wallet.file(path: "-", passphrase: "x", cost: .standard)
        #expect(String(decoding: file.rendered, as: UTF8.self).contains("\nscrypt 17 8 1 "))
        expectSame(try file.unlock(passphrase: "x"))
    }

    /// RFC 7914 section 12, third vector: its first 32 bytes are PBKDF2's first block.
    @Test func scryptMatchesRFC7914() throws {
        let cost = try #require(PassphraseCost(costLog2: 14, blockSize: 8, parallelism: 1))
        let salt = Array("SodiumChloride".utf8)
        let key = try PassphraseBox.derive("pleaseletmein", salt: salt, cost: cost)
        let expected = "7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2"
        #expect(key.withUnsafeBytes { Hex.encode($0) } == expected)
    }

    @Test func anExistingWalletIsNotOverwritten() throws {
        let path = folder.file("a.wallet")
        try wallet.write(to: path, passphrase: nil)
        let before = try Data(contentsOf: URL(filePath: path))
        #expect { try wallet.write(to: path, passphrase: nil) } throws: { code($0, .exists) }
        #expect(try Data(contentsOf: URL(filePath: path)) == before)
        #expect(try folder.names() == ["a.wallet"])
        try wallet.write(to: path, passphrase: "new", cost: .minimum, overwrite: true)
        #expect(try WalletFile.read(path).isLocked)
        #expect(try folder.names() == ["a.wallet"])
    }

    @Test(arguments: [0o640, 0o604, 0o660, 0o601, 0o777])
    func aWalletOthersCanReachIsRefused(mode: Int) throws {
        let bytes = try wallet.file(path: "-", passphrase: nil, cost: .minimum).rendered
        let path = try folder.write(bytes, "b.wallet", mode: mode_t(mode))
        let error = #expect(throws: KeyFileError.self) { try WalletFile.read(path) }
        #expect(error?.code == .notPrivate)
        #expect(error?.hint.contains("chmod 600 \(path)") == true)
    }

    @Test func otherFilesAreNamedForWhatTheyAre() throws {
        #expect { try WalletFile.read(folder.file("none")) } throws: { code($0, .notFound) }
        #expect { try WalletFile.read(folder.path) } throws: { code($0, .wrongKind) }
        let text = try folder.write(Array("hello\n".utf8), "text")
        #expect { try WalletFile.read(text) } throws: { code($0, .wrongKind) }
        let empty = try folder.write([], "empty")
        #expect { try WalletFile.read(empty) } throws: { code($0, .wrongKind) }
        let large = try folder.write([UInt8](repeating: 65, count: 70_000), "large")
        #expect { try WalletFile.read(large) } throws: { code($0, .tooLarge) }
        let node = folder.file("node.keys")
        try NodeKeys.generate().write(to: node)
        #expect { try WalletFile.read(node) } throws: { code($0, .wrongKind) }
        let missing = folder.file("no/such/folder")
        #expect { try wallet.write(to: missing, passphrase: nil) } throws: { code($0, .io) }
    }

    @Test func aNewerVersionSaysSo() throws {
        let bytes = try wallet.file(path: "-", passphrase: nil, cost: .minimum).rendered
        let text = String(decoding: bytes, as: UTF8.self)
            .replacingOccurrences(of: "version 1\n", with: "version 2\n")
        let error = #expect(throws: KeyFileError.self) {
            try WalletFile(bytes: Array(text.utf8), path: "p")
        }
        #expect(error?.code == .newerVersion)
    }

    /// Hostile settings with a correct digest: the bounds hold before scrypt runs.
    @Test(arguments: ["21 8 1", "9 8 1", "40 8 1", "17 1024 1", "17 8 64", "-1 8 1", "017 8 1"])
    func costlySettingsAreRefusedUnread(cost: String) throws {
        let file = try wallet.file(path: "-", passphrase: "x", cost: .minimum)
        guard case .locked(let box) = file.secrets else { return }
        let bytes = WalletFile.format.render(
            file.publicLines + [
                .init(name: "scrypt", value: "\(cost) \(Base64.encodeURL(box.salt))"),
                .init(name: "sealed", value: Base64.encodeURL(box.sealed)),
            ])
        #expect { try WalletFile(bytes: bytes, path: "p") } throws: { code($0, .damaged) }
    }

    /// Someone who recomputes the digest still cannot move keys to another person or server.
    @Test func lockedKeysAreBoundToTheLinesAbove() throws {
        let file = try wallet.file(path: "-", passphrase: "x", cost: .minimum)
        let altered = try Wallet(
            network: wallet.network, person: .test(9), member: wallet.member, label: wallet.label,
            server: wallet.server, keys: wallet.keys)
        let moved = WalletFile(wallet: altered, path: "p", secrets: file.secrets)
        let read = try WalletFile(bytes: moved.rendered, path: "p")
        #expect { try read.unlock(passphrase: "x") } throws: { code($0, .wrongPassphrase) }
    }

    @Test func valuesOutsideTheLimitsAreRefused() throws {
        func make(label: String = "", server: String? = nil, keys: [WalletKey]? = nil) throws {
            _ = try Wallet(
                network: .zero, person: .test(1), member: nil, label: label, server: server,
                keys: keys ?? wallet.keys)
        }
        try make()
        for label in ["a\nb", "\u{0}", "\u{2028}", String(repeating: "x", count: 201)] {
            #expect { try make(label: label) } throws: { code($0, .invalidValue) }
        }
        for server in ["", "https://", "ftp://x", "https://a b", "https://ä", "HTTPS://x"] {
            #expect { try make(server: server) } throws: { code($0, .invalidValue) }
        }
        let many = (0..<17).map { _ in WalletKey.generate() }
        for keys in [[], many, [many[0], many[0]]] {
            #expect { try make(keys: keys) } throws: { code($0, .invalidValue) }
        }
        #expect { try wallet.write(to: folder.file("e"), passphrase: "") } throws: {
            code($0, .invalidValue)
        }
    }

    @Test(arguments: [nil, "x"])
    func everyMutationIsRefused(passphrase: String?) async throws {
        let bytes = try wallet.file(path: "p", passphrase: passphrase, cost: .minimum).rendered
        for position in bytes.indices {
            for bit in 0..<8 {
                var altered = bytes
                altered[position] ^= 1 << UInt8(bit)
                #expect(throws: KeyFileError.self) { try WalletFile(bytes: altered, path: "p") }
            }
        }
        for await item in Soak.cases(usual: 2_000, long: 200_000, pinned: 7) {
            var random = item.random
            let altered = random.mutated(bytes, changesMax: 3)
            guard altered != bytes else { continue }
            #expect(throws: KeyFileError.self, "\(item): \(Hex.encode(altered))") {
                try WalletFile(bytes: altered, path: "p")
            }
        }
    }

    /// The digest recomputed after each mutation: what is still accepted has one text, and it is
    /// this one.
    @Test func mutationsUnderAFreshDigestAreCanonicalOrRefused() async throws {
        let file = try wallet.file(path: "p", passphrase: nil, cost: .minimum)
        let body = Array(
            WalletFile.format.unsealed(
                file.publicLines + [.init(name: "secret", value: "x")]
            ).utf8)
        for await item in Soak.cases(usual: 3_000, long: 300_000, pinned: 11) {
            var random = item.random
            let altered = random.mutated(body, changesMax: 3)
            let seal = "digest \(Digest.sha256(altered))\n-----END CAIRN WALLET-----\n"
            let bytes = altered + Array(seal.utf8)
            guard let read = try? WalletFile(bytes: bytes, path: "p") else { continue }
            #expect(read.rendered == bytes, "\(item): \(Hex.encode(bytes))")
        }
    }
}

/// Whether a key file error has this code.
func code(_ error: any Error, _ code: KeyFileError.Code) -> Bool {
    (error as? KeyFileError)?.code == code
}
