import KeyValue
import LedgerCore
import Node
import Storage
import Testing

/// A data directory of a version that did not name blocks by their hashes.
@Suite("Names of blocks", .timeLimit(.minutes(5)))
struct BlockNamesTests {
    /// Takes names away, as if they had never been written.
    private func forget(_ directory: DataDirectory, keeping: (UInt64) -> Bool) throws -> Int {
        let store = try KeyValueStore.open(path: directory.state)
        defer { store.close() }
        var batch = WriteBatch()
        var count = 0
        let prefix = [LedgerKind.blockHash.rawValue]
        try store.scan(prefix: prefix, from: prefix) { key, value in
            if !keeping(try LedgerEntry.height(Array(value))) {
                batch.delete(Array(key))
                count += 1
            }
            return .continue
        }
        try store.write(batch, durable: true)
        try store.flush()
        return count
    }

    @Test func theyAreMadeWhileTheNodeRuns() async throws {
        let folder = try TestFolder()
        var node = try TestNode(folder.path + "/node")
        for number in 0..<12 {
            _ = try await node.node.records.create(
                type: "Patient", body: NodeLifeTests.patient("Named \(number)"), node.request())
        }
        let newest = node.node.engine.heads.height
        let hashes = try (0...newest).map { try required(node.node.reader.block($0)).hash }
        for (height, hash) in hashes.enumerated() {
            #expect(try node.node.reader.height(ofBlock: hash) == UInt64(height))
        }
        #expect(try node.node.reader.height(ofBlock: .zero) == nil)
        try await node.stop()
        // Those of an older version, and those of one that was stopped while it named them.
        for kept in [newest + 1, newest - 3] {
            let forgotten = try forget(node.directory) { $0 >= kept }
            #expect(forgotten == Int(kept))
            // What is not named yet is no damage.
            let report = try await DataVerifier(node.directory).run()
            #expect(report.findings.filter { $0.severity == .damage } == [])
            node = try TestNode(folder.path + "/node")
            try await TwoNodes.eventually("all are named") {
                try hashes.enumerated().allSatisfy { height, hash in
                    try node.node.reader.height(ofBlock: hash) == UInt64(height)
                }
            }
            try await node.stop()
        }
        let report = try await DataVerifier(node.directory).run()
        #expect(report.findings.filter { $0.severity == .damage } == [])
    }

    @Test func aWrongNameIsDamage() async throws {
        let folder = try TestFolder()
        let node = try TestNode(folder.path + "/node")
        try await node.stop()
        let store = try KeyValueStore.open(path: node.directory.state)
        var batch = WriteBatch()
        batch.put(
            [LedgerKind.blockHash.rawValue] + Digest.zero.bytes, [UInt8](repeating: 0, count: 8))
        try store.write(batch, durable: true)
        try store.flush()
        store.close()
        let report = try await DataVerifier(node.directory).run()
        #expect(report.findings.contains { $0.severity == .damage && $0.part == "state" })
    }
}
