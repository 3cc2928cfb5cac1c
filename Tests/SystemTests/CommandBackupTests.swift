import Foundation
import TestSupport
import Testing

/// Backups of a node that goes on, and what comes of them.
@Suite("cairn backup and restore", .serialized)
struct CommandBackupTests {
    private static let passphrase = ["CAIRN_PASSPHRASE": "a long passphrase"]

    private func backup(_ data: String, _ folder: TempFolder) throws -> ChildProcess {
        try ChildProcess(
            try CairnBinary.path(),
            [
                "backup", "--data", data, "--to", folder.path + "/copy", "--keys",
                folder.path + "/keys", "--json",
            ], environment: Self.passphrase)
    }

    private func restore(
        _ folder: TempFolder, to data: String, passphrase: String? = nil
    ) throws -> ChildProcess {
        try ChildProcess(
            try CairnBinary.path(),
            [
                "restore", "--from", folder.path + "/copy", "--keys", folder.path + "/keys",
                "--data", data,
            ], environment: passphrase.map { ["CAIRN_PASSPHRASE": $0] } ?? Self.passphrase)
    }

    /// Everything acknowledged before a backup began is in it, though writes go on meanwhile; a
    /// second one into the same folder copies what is new.
    @Test func whatWasAcknowledgedBeforeIsInIt() async throws {
        let folder = try TempFolder("backup")
        let server = try await RunningServer.start(folder.path + "/data")
        let client = try await server.client()
        let before = Writer("before", seed: 61)
        try await before.write(client, limit: 20)
        let meanwhile = [Writer("one", seed: 62), Writer("two", seed: 63)]
        var copied: [Int] = []
        for _ in 0..<2 {
            let result = try await withThrowingTaskGroup(of: Void.self) { group in
                for writer in meanwhile {
                    group.addTask { try await writer.write(client, limit: 25) }
                }
                try await Task.sleep(for: .milliseconds(50))
                let result = try await backup(server.data, folder).result(timeoutSeconds: 120)
                try await group.waitForAll()
                return result
            }
            #expect(result.exit == 0, "\(result)")
            let object = try #require(
                try JSONSerialization.jsonObject(with: Data(result.stdout.utf8)) as? [String: Any])
            copied.append(try #require(object["copiedBytes"] as? Int))
        }
        let total = try await backup(server.data, folder).result(timeoutSeconds: 120)
        #expect(total.exit == 0, "\(total)")
        // Nothing in the clear, neither records nor keys.
        let place = URL(filePath: folder.path + "/copy/objects")
        for name in try FileManager.default.subpathsOfDirectory(atPath: place.path) {
            let bytes = try? Data(contentsOf: place.appending(path: name))
            #expect(bytes?.range(of: Data("birthDate".utf8)) == nil, "\(name)")
        }
        let keys = try Data(contentsOf: folder.url("keys"))
        #expect(keys.range(of: Data("stamp ed25519".utf8)) == nil)
        #expect(keys.range(of: Data("administrator".utf8)) == nil)
        let acknowledged = [before] + meanwhile
        try await server.kill()

        let data = folder.path + "/restored"
        let wrong = try await restore(folder, to: data, passphrase: "another").result(
            timeoutSeconds: 60)
        #expect(wrong.exit == 2 && wrong.stderr.contains("passphrase"), "\(wrong)")
        #expect(!FileManager.default.fileExists(atPath: data))
        let made = try await restore(folder, to: data).result(timeoutSeconds: 120)
        #expect(made.exit == 0, "\(made)")
        let over = try await restore(folder, to: data).result(timeoutSeconds: 60)
        #expect(over.exit == 2 && over.stderr.contains("nothing is overwritten"), "\(over)")

        let restored = try await RunningServer.start(data)
        for writer in acknowledged {
            #expect(try await writer.acknowledged.problems(try await restored.client()) == [])
        }
        let after = Writer("after", seed: 64)
        try await after.write(try await restored.client(), limit: 10)
        #expect(try await restored.stop().exit == 0)
        let verified = try await CairnBinary.run(["verify", "--data", data])
        #expect(verified.exit == 0, "\(verified)")
    }

    /// Cut off anywhere, a backup leaves the one before, and a restore leaves no folder.
    @Test func killedAnywhereItLeavesAWholeOneOrNone() async throws {
        var random = SeededGenerator(announcing: "kill -9 during backup and restore")
        let node = try await StoppedNode.make(seed: 65)
        let folder = node.folder
        let genesis = try Data(contentsOf: URL(filePath: node.data + "/genesis.cairn"))
        var whole = false
        for round in 0..<Soak.times(14, long: 120) {
            let delay = Int.random(in: 0...(round % 2 == 0 ? 150 : 900), using: &random)
            let place = Comment(rawValue: "seed \(random.seed), round \(round), \(delay) ms")
            let child = try backup(node.data, folder)
            try await Task.sleep(for: .milliseconds(delay))
            child.kill()
            whole = try await child.result(timeoutSeconds: 60).exit == 0 || whole
            let data = folder.path + "/restored-\(round)"
            let restoring = try restore(folder, to: data)
            if round % 3 == 2 {
                try await Task.sleep(for: .milliseconds(.random(in: 0...400, using: &random)))
                restoring.kill()
            }
            let result = try await restoring.result(timeoutSeconds: 60)
            let isThere = FileManager.default.fileExists(atPath: data + "/genesis.cairn")
            if isThere {
                let found = try Data(contentsOf: URL(filePath: data + "/genesis.cairn"))
                #expect(found == genesis, place)
                let server = try await RunningServer.start(data)
                #expect(
                    try await node.acknowledged.problems(try await server.client()) == [], place)
                #expect(try await server.stop().exit == 0, place)
                let verified = try await CairnBinary.run(["verify", "--data", data])
                #expect(verified.exit == 0, "\(place) \(verified)")
            } else {
                #expect(result.exit != 0, "\(place) \(result)")
                #expect(!FileManager.default.fileExists(atPath: data), place)
            }
            try? FileManager.default.removeItem(atPath: data)
            for name in try FileManager.default.contentsOfDirectory(atPath: folder.path)
            where name.contains(".restoring-") {
                try FileManager.default.removeItem(atPath: folder.path + "/" + name)
            }
        }
        let last = try await backup(node.data, folder).result(timeoutSeconds: 120)
        #expect(last.exit == 0, "\(last)")
        let made = try await restore(folder, to: folder.path + "/last").result(timeoutSeconds: 60)
        #expect(made.exit == 0, "\(made)")
        // No draft is left behind in it.
        let left = try FileManager.default.subpathsOfDirectory(atPath: folder.path + "/copy")
            .filter { $0.hasSuffix(".partial") }
        #expect(left == [])
    }

    @Test func whatWasAlteredOrDoesNotBelongTogetherIsRefused() async throws {
        let node = try await StoppedNode.make(seed: 66, kinds: [.create])
        let folder = node.folder
        #expect(try await backup(node.data, folder).result(timeoutSeconds: 60).exit == 0)
        let copy = folder.path + "/copy"
        let files =
            ["/keys", "/copy/backup"].map { folder.path + $0 }
            + (try FileManager.default.subpathsOfDirectory(atPath: copy + "/objects"))
            .map { copy + "/objects/" + $0 }
            .filter { (try? Data(contentsOf: URL(filePath: $0)))?.isEmpty == false }.prefix(6)
        for file in files {
            let original = try Data(contentsOf: URL(filePath: file))
            for place in [0, original.count / 2, original.count - 1] {
                var altered = original
                altered[place] ^= 1
                try altered.write(to: URL(filePath: file))
                let result = try await restore(folder, to: folder.path + "/altered").result(
                    timeoutSeconds: 60)
                #expect([1, 2].contains(result.exit), "\(file) \(place) \(result)")
                #expect(result.stderr.contains("hint:"), "\(result)")
                #expect(!FileManager.default.fileExists(atPath: folder.path + "/altered"))
            }
            try original.write(to: URL(filePath: file))
        }
        // Older keys than data: what was sealed meanwhile would not open.
        let older = try Data(contentsOf: folder.url("keys"))
        #expect(try await backup(node.data, folder).result(timeoutSeconds: 60).exit == 0)
        try older.write(to: folder.url("keys"))
        let stale = try await restore(folder, to: folder.path + "/stale").result(timeoutSeconds: 60)
        #expect(stale.exit == 2 && stale.stderr.contains("keys are older"), "\(stale)")
        // Another node's backup is not overwritten.
        let other = try await StoppedNode.make(seed: 67, kinds: [.create])
        let mixed = try await backup(other.data, folder).result(timeoutSeconds: 60)
        #expect(mixed.exit == 2 && mixed.stderr.contains("another node"), "\(mixed)")
    }

    @Test(.enabled(if: SmallDisk.isPossible, "mounting tmpfs needs root"))
    func aFullTargetIsToldAndLeavesTheOneBefore() async throws {
        let disk = try await SmallDisk(mebibytes: 4)
        let node = try await StoppedNode.make(seed: 68)
        let arguments = [
            "backup", "--data", node.data, "--to", disk.path + "/copy", "--keys",
            node.folder.path + "/keys",
        ]
        let first = try await CairnBinary.run(arguments, environment: Self.passphrase)
        #expect(first.exit == 0, "\(first)")
        try disk.fill("filler", leavingMebibytes: 0)
        let server = try await RunningServer.start(node.data)
        let writer = Writer("more", seed: 69)
        try await writer.write(try await server.client(), limit: 20)
        let full = try await CairnBinary.run(arguments, environment: Self.passphrase)
        #expect(full.exit == 2, "\(full)")
        #expect(full.stderr.contains("No space left") && full.stderr.contains("hint:"), "\(full)")
        try disk.remove("filler")
        let data = node.folder.path + "/from-before"
        // The keys are newer than the data by now, or the same: both open it.
        let made = try await CairnBinary.run(
            [
                "restore", "--from", disk.path + "/copy", "--keys", node.folder.path + "/keys",
                "--data", data,
            ], environment: Self.passphrase)
        #expect(made.exit == 0, "\(made)")
        _ = try await server.stop()
        let restored = try await RunningServer.start(data)
        #expect(try await node.acknowledged.problems(try await restored.client()) == [])
        _ = try await restored.stop()
    }
}
