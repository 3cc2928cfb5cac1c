import Foundation
import KeyValue
import LedgerCore
import Node
import Storage
import Testing

@Suite("cairn verify looks at every entry of the state", .timeLimit(.minutes(2)))
struct StateCheckTests {
    /// A stopped node's folder in which some entries have changed.
    private func stopped(_ folder: TestFolder) async throws -> DataDirectory {
        let node = try TestNode(folder.path)
        let written = try await node.node.records.create(
            type: "Patient", body: NodeLifeTests.patient("First"), node.request())
        let id = try required(written.row).fhirID
        for number in 0..<4 {
            let body =
                #"{"resourceType":"Patient","id":"\#(id)","name":[{"family":"No. \#(number)"}]}"#
            _ = try await node.node.records.update(
                type: "Patient", id: id, body: Array(body.utf8), node.request())
        }
        try await node.stop()
        #expect(try await DataVerifier(node.directory).run().findings == [])
        return node.directory
    }

    /// Rows of one kind in stored form.
    private func rows(
        _ kind: LedgerKind, _ directory: DataDirectory
    ) throws -> [(key: [UInt8], value: [UInt8])] {
        let store = try RocksLedgerStore(directory: directory.state, readOnly: true)
        defer { store.close() }
        var rows: [(key: [UInt8], value: [UInt8])] = []
        try store.forEach(kind, from: []) { key, value in
            rows.append((key, value))
            return .continue
        }
        return rows
    }

    /// Writes a row as nothing of the house would.
    private func put(
        _ kind: LedgerKind, _ key: [UInt8], _ value: [UInt8]?, _ directory: DataDirectory
    ) throws {
        let store = try KeyValueStore.open(
            path: directory.state, options: RocksLedgerStore.options())
        defer { store.close() }
        try store.write(durable: false) { batch in
            if let value {
                batch.put([kind.rawValue] + key, value)
            } else {
                batch.delete([kind.rawValue] + key)
            }
        }
        try store.flush()
    }

    /// What verify says: the part and the end of what is named.
    private func found(_ directory: DataDirectory) async throws -> [String] {
        try await DataVerifier(directory).run().findings.map {
            "\($0.part): \($0.place.split(separator: ", ").last ?? ""): \($0.reason)"
        }
    }

    @Test(arguments: [
        LedgerKind.state, .former, .node, .tile, .transaction, .block, .blockHash,
    ])
    func anAlteredAMissingAndAnAddedRowAreNamed(_ kind: LedgerKind) async throws {
        let folder = try TestFolder()
        let directory = try await stopped(folder)
        let all = try rows(kind, directory)
        // Of pages the newest version: an old one may be gone.
        let (key, value) = try #require(kind == .node || all.count == 1 ? all.first : all[1])
        func says(_ key: [UInt8]) -> [String] {
            ["state: \(kind) entry \(Hex.encode(key)): it is not what the chain leads to"]
        }
        var altered = value
        altered[altered.count - 1] ^= 1
        try put(kind, key, altered, directory)
        #expect(try await found(directory) == says(key))
        try put(kind, key, value, directory)
        #expect(try await found(directory) == [])
        // Only pruning takes what states before the newest root need.
        try put(kind, key, nil, directory)
        #expect(try await found(directory) == (kind == .former ? [] : says(key)))
        try put(kind, key, value, directory)
        let added = Array(key.dropLast()) + [key[key.count - 1] ^ 0x80]
        try #require(!all.contains { $0.key == added })
        try put(kind, added, value, directory)
        #expect(try await found(directory).count == 1)
        try put(kind, added, nil, directory)
        #expect(try await found(directory) == [])
    }
}
