import Foundation
import Testing

@Suite("What verify prints names each place once", .serialized)
struct CommandVerifyTests {
    /// A stopped node with one patient.
    private func stopped() async throws -> (folder: TempFolder, data: String) {
        let folder = try TempFolder("verify")
        let data = folder.url("data").path
        let server = try await RunningServer.start(data)
        let answer = try await server.client().send(
            "POST", "/fhir/Patient", Data(Sample.patient(family: "Okafor").utf8))
        #expect(answer.status == 201, "\(answer)")
        #expect(try await server.stop().exit == 0)
        return (folder, data)
    }

    private func verify(_ data: String) async throws -> (exit: Int32, lines: [String]) {
        let result = try await CairnBinary.run(["verify", "--data", data])
        #expect(result.stderr.isEmpty, "\(result)")
        return (result.exit, result.stdout.split(separator: "\n").map(String.init))
    }

    private func flipLast(_ path: String) throws {
        var bytes = try Data(contentsOf: URL(filePath: path))
        bytes[bytes.count - 1] ^= 1
        try bytes.write(to: URL(filePath: path))
    }

    @Test func numbersAgreeWithTheirNouns() async throws {
        let node = try await stopped()
        let found = try await verify(node.data)
        #expect(found.exit == 0)
        #expect(
            found.lines.contains { $0.contains(", 1 transaction, 1 record in 1 version, ") },
            "\(found)")
    }

    @Test func aDamagedRecordOfTheChain() async throws {
        let node = try await stopped()
        let name = try #require(
            try FileManager.default.contentsOfDirectory(atPath: "\(node.data)/chain")
                .first { $0.hasSuffix(".chain") })
        try flipLast("\(node.data)/chain/\(name)")
        let found = try await verify(node.data)
        #expect(found.exit == 1)
        let lines = found.lines.filter { $0.contains(": chain: ") && $0.contains(name) }
        #expect(!lines.isEmpty, "\(found)")
        for line in lines {
            #expect(line.components(separatedBy: name).count == 2, "\(line)")
            #expect(!line.contains("Damaged") && !line.contains("("), "\(line)")
        }
    }

    @Test func aDamagedGenesis() async throws {
        let node = try await stopped()
        let genesis = "\(node.data)/genesis.cairn"
        try flipLast(genesis)
        let found = try await verify(node.data)
        #expect(found.exit == 1)
        let line = try #require(found.lines.first { $0.hasPrefix("damage: genesis: ") })
        #expect(line.hasPrefix("damage: genesis: \(genesis): it does not check: "), "\(line)")
        #expect(line.components(separatedBy: genesis).count == 2, "\(line)")
        // No head was reached.
        #expect(!found.lines.contains { $0.hasPrefix("head") }, "\(found)")
    }

    @Test func damagedKeys() async throws {
        let node = try await stopped()
        let keys = "\(node.data)/keys/node.keys"
        try Data("something else\n".utf8).write(to: URL(filePath: keys))
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: keys)
        let found = try await verify(node.data)
        #expect(found.exit == 1)
        #expect(found.lines.contains("damage: keys: \(keys): is not a file of node keys"))
        #expect(!found.lines.contains { $0.contains("hint") || $0.contains("\\u{") }, "\(found)")
    }
}
