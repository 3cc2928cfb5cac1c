import Crypto
import FoundationEssentials
import Glibc
import LedgerCore
import TestSupport
import Testing

@testable import Vault

/// A vault in a directory of its own, on the real disk.
struct Fixture {
    let directory: String
    let root: SymmetricKey
    let signer: CatalogueSigner
    var configuration: VaultConfiguration

    init(under parent: String = "/tmp") {
        var generator = SystemRandomNumberGenerator()
        directory = "\(parent)/vault-test-\(Identifier(using: &generator))"
        root = SymmetricKey(size: .bits256)
        let key = Curve25519.Signing.PrivateKey()
        let publicKey = key.publicKey
        signer = CatalogueSigner(
            sign: { [UInt8](try key.signature(for: $0)) },
            verify: { publicKey.isValidSignature($1, for: $0) })
        configuration = VaultConfiguration(directory: directory)
        configuration.freeReserveBytes = 0
    }

    func open() throws -> Vault {
        try Vault(configuration, storageRootKey: root, signer: signer)
    }

    func inspector() throws -> VaultInspector {
        try VaultInspector(configuration, storageRootKey: root, verify: signer.verify)
    }

    func delete(_ path: String) throws {
        try FileManager.default.removeItem(atPath: "\(directory)/\(path)")
    }

    func remove() { try? FileManager.default.removeItem(atPath: directory) }

    func empty(_ path: String) throws {
        try FileManager.default.removeItem(atPath: "\(directory)/\(path)")
        try Posix.makeDirectories("\(directory)/\(path)")
    }

    /// Paths of all files below, relative to the directory.
    func files(_ path: String) throws -> [String] {
        try FileManager.default.subpathsOfDirectory(atPath: "\(directory)/\(path)")
            .map { "\(path)/\($0)" }
            .filter {
                var isFolder = false
                return FileManager.default.fileExists(
                    atPath: "\(directory)/\($0)", isDirectory: &isFolder) && !isFolder
            }
            .sorted()
    }

    func read(_ path: String) throws -> [UInt8] {
        try #require(try Posix.read("\(directory)/\(path)", sizeMax: 1 << 30))
    }

    func write(_ path: String, _ bytes: [UInt8]) throws {
        let file = try Posix.openFile("\(directory)/\(path)", O_WRONLY | O_CREAT | O_TRUNC)
        try file.write(bytes[...], at: 0)
    }

    /// Contents of all files but RocksDB's LOCK, for comparing before and after.
    func snapshot() throws -> [String: LedgerCore.Digest] {
        var all: [String: LedgerCore.Digest] = [:]
        for file in try files("") { all[file] = LedgerCore.Digest.sha256(try read(file)) }
        return all
    }
}

extension SeededGenerator {
    mutating func digest() throws -> LedgerCore.Digest {
        let value = LedgerCore.Digest(bytes(32))
        return try #require(value)
    }

    mutating func version(
        _ compartment: Compartment, size: Int, sidecar: Int = 20, endMs: UInt64? = nil
    ) throws -> VersionToSeal {
        VersionToSeal(
            locator: Identifier(using: &self), compartment: compartment, secret: try digest(),
            content: bytes(size), sidecar: bytes(sidecar),
            naming: try endMs.map { Naming(transaction: try digest(), endMs: $0) })
    }
}

extension Vault {
    func expect(_ version: VersionToSeal, _ place: SourceLocation = #_sourceLocation) throws {
        let opened = try open(
            version.locator,
            commitment: Commitment(content: version.content, secret: version.secret))
        #expect(opened.content == version.content, sourceLocation: place)
        #expect(opened.sidecar == version.sidecar, sourceLocation: place)
        #expect(opened.secret == version.secret, sourceLocation: place)
    }

    func own() throws -> Compartment {
        try keystore.compartment(patient: nil, sensitivityClass: 0)
    }
}
