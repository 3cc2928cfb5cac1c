import Crypto
import Glibc
import LedgerCore
import Vault

import struct LedgerCore.Digest

/// A large file through the vault in process: sealed, coded 4+2 over six folders, durable, and read
/// back from the fragments with every check on.
enum VaultBench {
    static let fileBytes = 256 << 20
    /// As a request's body comes in.
    private static let pieceBytes = 1 << 20

    static func put(seconds: Int, folder: BenchFolder) async throws -> BenchResult {
        let bench = try Bench(folder)
        defer { bench.vault.close() }
        let bound = try await VaultBound.put(folder: folder.path)
        var (measured, clock) = (Measured(), ContinuousClock())
        while measured.seconds < Double(seconds) {
            let (_, took) = try await timed(&clock) { try await bench.put() }
            measured.add(took)
            bench.dropAll()
        }
        return result("vault-put", measured, bound, folder)
    }

    static func get(seconds: Int, folder: BenchFolder) async throws -> BenchResult {
        let bench = try Bench(folder)
        defer { bench.vault.close() }
        let locator = try await bench.put()
        let bound = try await VaultBound.get(folder: folder.path)
        var (measured, clock) = (Measured(), ContinuousClock())
        while measured.seconds < Double(seconds) {
            bench.dropCopies()
            let (_, took) = try await timed(&clock) { try await bench.get(locator) }
            measured.add(took)
        }
        return result("vault-get", measured, bound, folder)
    }

    private static func timed<Value>(
        _ clock: inout ContinuousClock, _ body: () async throws -> Value
    ) async throws -> (Value, Duration) {
        let start = clock.now
        let value = try await body()
        return (value, clock.now - start)
    }

    private static func result(
        _ name: String, _ measured: Measured, _ bound: Double, _ folder: BenchFolder
    ) -> BenchResult {
        BenchResult(
            name: name, value: measured.perSecond * Double(fileBytes) / 1e6, unit: "MB/s",
            bound: bound, boundName: "hashing, sealing, coding and the disk, one after the other",
            p50Ms: measured.latencies.percentile(0.5), p99Ms: measured.latencies.percentile(0.99),
            fsyncP99Ms: Machine.fsyncP99(folder: folder.path, bytes: 2 << 20),
            sample: measured.done, seconds: measured.seconds)
    }

    /// A vault in a folder of its own, and what goes through it.
    private struct Bench {
        let vault: Vault
        let directory: String
        private let compartment: Compartment
        private let piece: [UInt8]

        init(_ folder: BenchFolder) throws {
            directory = folder.path + "/vault"
            let key = SymmetricKey(size: .bits256)
            let mac: @Sendable ([UInt8]) -> [UInt8] = {
                Array(HMAC<SHA256>.authenticationCode(for: $0, using: key))
            }
            vault = try Vault(
                VaultConfiguration(directory: directory),
                storageRootKey: SymmetricKey(size: .bits256),
                signer: CatalogueSigner(sign: mac, verify: { mac($0) == $1 }))
            compartment = try vault.keystore.compartment(patient: nil, sensitivityClass: 0)
            var random = SystemRandomNumberGenerator()
            piece = (0..<pieceBytes).map { _ in UInt8.random(in: 0...255, using: &random) }
        }

        func put() async throws -> Identifier {
            var random = SystemRandomNumberGenerator()
            let locator = Identifier(using: &random)
            let secret = Identifier(using: &random).bytes + Identifier(using: &random).bytes
            let upload = try vault.beginUpload(
                locator: locator, compartment: compartment, secret: Digest(secret) ?? .zero)
            for _ in 0..<fileBytes / pieceBytes { try await upload.append(piece) }
            _ = try await upload.seal()
            try await upload.finish()
            return locator
        }

        /// Reads it whole; what does not come back as it was put throws.
        func get(_ locator: Identifier) async throws {
            var bytes = 0
            for try await part in try vault.openStream(locator, 0..<fileBytes) {
                bytes += part.count
            }
            guard bytes == fileBytes else {
                throw CommandFailure(
                    .checkFailed, "short-read", "the vault gave back \(bytes) bytes",
                    hint: "this is a defect of Cairn")
            }
        }

        /// Removes the sealed local copies, so that the next read puts packs together again.
        func dropCopies() { empty("cache") }

        /// Makes room on the disk: copies and fragments of earlier rounds go.
        func dropAll() {
            dropCopies()
            for number in 1...6 { empty("providers/\(number)") }
        }

        private func empty(_ name: String) {
            BenchFolder.removeFiles(below: "\(directory)/\(name)")
        }
    }
}

extension Measured {
    /// One more thing that was done alone.
    fileprivate mutating func add(_ took: Duration) {
        done += 1
        seconds += took.inSeconds
        latencies.add(took)
    }
}
