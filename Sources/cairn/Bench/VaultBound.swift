import Crypto
import Foundation
import Glibc
import Vault

/// What the machine does when each part of the vault's work runs alone on all cores: MB of content
/// a second through all parts, one after the other (the harmonic sum of their rates).
enum VaultBound {
    private static let packBytes = 8 << 20
    private static let packs = VaultBench.fileBytes / packBytes
    private static let chunkBytes = 64 << 10
    /// Fragments of a pack, of which four suffice.
    private static let fragments = 6
    private static let fragmentBytes = packBytes / 4

    /// Hashing content and fragments, sealing, coding, writing six fragments of each pack, synced.
    static func put(folder: String) async throws -> Double {
        rate([
            try await time { _ in hash(packBytes) },
            try await time { _ in for _ in 0..<fragments { hash(fragmentBytes) } },
            try await time { _ in try seal() },
            try await time { _ in encode() },
            try await time { try write($0, folder) },
        ])
    }

    /// Reading four fragments of each pack, hashing them and the content, opening (at the rate of
    /// sealing).
    static func get(folder: String) async throws -> Double {
        _ = try await time { try write($0, folder, keep: true) }
        return rate([
            try await time { try read($0, folder) },
            try await time { _ in for _ in 0..<4 { hash(fragmentBytes) } },
            try await time { _ in hash(packBytes) },
            try await time { _ in try seal() },
        ])
    }

    private static func rate(_ seconds: [Double]) -> Double {
        Double(VaultBench.fileBytes) / 1e6 / seconds.reduce(0, +)
    }

    /// Seconds for one part of the work on every pack, spread over the cores.
    private static func time(_ part: @escaping @Sendable (Int) throws -> Void) async throws
        -> Double
    {
        let clock = ContinuousClock()
        let start = clock.now
        try await withThrowingTaskGroup(of: Void.self) { group in
            for core in 0..<Machine.cores {
                group.addTask {
                    for pack in stride(from: core, to: packs, by: Machine.cores) { try part(pack) }
                }
            }
            try await group.waitForAll()
        }
        return (clock.now - start).inSeconds
    }

    private static let pack = [UInt8](repeating: 0x5a, count: packBytes)

    private static func hash(_ count: Int) {
        _ = pack.withUnsafeBytes { SHA256.hash(data: $0[..<count]) }
    }

    private static func seal() throws {
        let key = SymmetricKey(size: .bits256)
        try pack.withUnsafeBytes { bytes in
            for start in stride(from: 0, to: packBytes, by: chunkBytes) {
                _ = try AES.GCM.seal(bytes[start..<start + chunkBytes], using: key)
            }
        }
    }

    private static func encode() {
        var shards = [UInt8](repeating: 0x5a, count: fragments * fragmentBytes)
        ErasureCode.standard.encode(&shards, stride: fragmentBytes, header: 0)
    }

    private static func path(_ pack: Int, _ fragment: Int, _ folder: String) -> String {
        "\(folder)/bound-\(pack)-\(fragment)"
    }

    private static func write(_ number: Int, _ folder: String, keep: Bool = false) throws {
        for fragment in 0..<fragments {
            let path = path(number, fragment, folder)
            let file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
            guard file >= 0 else { throw failure(path) }
            defer { close(file) }
            guard Glibc.write(file, pack, fragmentBytes) == fragmentBytes, fsync(file) == 0 else {
                throw failure(path)
            }
            if !keep { unlink(path) }
        }
    }

    private static func read(_ number: Int, _ folder: String) throws {
        var buffer = [UInt8](repeating: 0, count: fragmentBytes)
        for fragment in 0..<4 {
            let path = path(number, fragment, folder)
            let file = open(path, O_RDONLY | O_CLOEXEC)
            guard file >= 0 else { throw failure(path) }
            defer { close(file) }
            guard Glibc.read(file, &buffer, fragmentBytes) == fragmentBytes else {
                throw failure(path)
            }
        }
    }

    private static func failure(_ path: String) -> CommandFailure {
        CommandFailure(
            .server, "disk", "cannot write or read \(path): \(String(cString: strerror(errno)))",
            hint: "give the temporary folder (TMPDIR) 2 GB of space")
    }
}
