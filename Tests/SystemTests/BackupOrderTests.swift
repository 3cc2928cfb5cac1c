import Foundation
import Testing

#if canImport(Glibc)
    import Glibc
#endif

/// A place in a node's folder at which a backup waits until it is let go: two pipes among the files
/// that it copies. Once the first is open it has come there, and it waits at the second.
private final class Stop {
    private let pipes: [String]
    private(set) var isPassed = false

    /// - Parameter name: below the data folder, so that it comes in the order of names where the
    ///   backup is to wait.
    init(_ data: String, _ name: String) throws {
        pipes = ["1", "2"].map { "\(data)/\(name)\($0)" }
        let folder = URL(filePath: pipes[0]).deletingLastPathComponent()
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        for pipe in pipes {
            guard mkfifo(pipe, 0o600) == 0 else { throw CocoaError(.fileWriteUnknown) }
        }
    }

    /// Whether somebody waits at that pipe; they go on then.
    private func letGo(_ pipe: Int) -> Bool {
        let descriptor = open(pipes[pipe], O_WRONLY | O_NONBLOCK)
        guard descriptor >= 0 else { return false }
        close(descriptor)
        return true
    }

    /// Where the backup has come here: does `work` while it waits, and lets it go on.
    func pass(_ work: () async throws -> Void) async throws {
        guard !isPassed, letGo(0) else { return }
        try await work()
        let end = Deadline(seconds: 60)
        while !letGo(1) {
            guard !end.isOver else { throw CocoaError(.fileReadUnknown) }
            try await Task.sleep(for: .milliseconds(2))
        }
        isPassed = true
    }
}

/// In which order a backup copies, seen while the node takes writes between its steps.
@Suite("The order of a backup", .serialized)
struct BackupOrderTests {
    private static let passphrase = ["CAIRN_PASSPHRASE": "a long passphrase"]

    /// Whatever is written between two steps: what the copy's chain names is in the copy.
    @Test func theChainIsCopiedBeforeWhatItNames() async throws {
        let folder = try TempFolder("backup-order")
        let server = try await RunningServer.start(folder.path + "/data")
        let client = try await server.client()
        let before = Writer("before", seed: 71)
        try await before.write(client, limit: 10)
        // Before and after the chain, after the catalogue, and after the fragments.
        let names = ["chain/!", "chain/~", "catalogue/~", "providers/6/zz/~"]
        let stops = try names.map { try Stop(server.data, $0) }
        let meanwhile = Writer("meanwhile", seed: 72)
        let child = try ChildProcess(
            try CairnBinary.path(),
            [
                "backup", "--data", server.data, "--to", folder.path + "/copy", "--keys",
                folder.path + "/keys",
            ], environment: Self.passphrase)
        while child.isRunning {
            for stop in stops {
                try await stop.pass { try await meanwhile.write(client, limit: 8) }
            }
            try await Task.sleep(for: .milliseconds(2))
        }
        let made = try await child.result(timeoutSeconds: 60)
        #expect(made.exit == 0, "\(made)")
        #expect(stops.filter { !$0.isPassed }.isEmpty)
        try await server.kill()

        let data = folder.path + "/restored"
        let restored = try await CairnBinary.run(
            [
                "restore", "--from", folder.path + "/copy", "--keys", folder.path + "/keys",
                "--data", data,
            ], environment: Self.passphrase)
        #expect(restored.exit == 0, "\(restored)")
        for name in names {
            for pipe in ["1", "2"] {
                try FileManager.default.removeItem(atPath: "\(data)/\(name)\(pipe)")
            }
        }
        let node = try await RunningServer.start(data)
        #expect(try await before.acknowledged.problems(try await node.client()) == [])
        #expect(try await node.stop().exit == 0)
        let verified = try await CairnBinary.run(["verify", "--data", data])
        #expect(verified.exit == 0, "\(verified)")
    }
}
