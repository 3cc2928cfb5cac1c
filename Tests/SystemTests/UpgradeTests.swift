import Foundation
import LedgerCore
import Testing

/// The data directory of an earlier version, opened by this program (`Tests/Fixtures/README.md`).
@Suite("An earlier version's data goes on", .serialized)
struct UpgradeTests {
    static let versions = ["v0.3.0"]

    /// What the earlier version said while it ran.
    private struct Expected: Decodable {
        struct Head: Decodable {
            let height: UInt64
            let hash: String
        }

        let head: Head
        let refusals: [String: String]
        let served: [String: String]
    }

    private static func fixture(_ version: String) -> URL {
        CairnBinary.repository.appending(path: "Tests/Fixtures/\(version)")
    }

    private static func expected(_ version: String) throws -> Expected {
        try JSONDecoder().decode(
            Expected.self,
            from: try Data(contentsOf: fixture(version).appending(path: "expected.json")))
    }

    /// Unpacks a fixture into a folder of its own.
    static func unpack(_ version: String) async throws -> TempFolder {
        let folder = try TempFolder("upgrade")
        let tar = try ChildProcess(
            "/usr/bin/env",
            [
                "tar", "xzf", fixture(version).appending(path: "data.tar.gz").path, "-C",
                folder.path,
            ])
        let result = try await tar.result(timeoutSeconds: 60)
        try #require(result.exit == 0, "\(result)")
        return folder
    }

    private static func verify(_ data: String) async throws {
        let found = try Verification(
            try await CairnBinary.run(["verify", "--data", data, "--json"]))
        // State that an earlier version wrote is built again at the next start; verify says so.
        let findings = found.findings.filter { !$0.reason.contains("an earlier version wrote it") }
        #expect(found.exit == 0 && findings.isEmpty, "\(found)")
    }

    /// A fixture that runs.
    private struct Running {
        let folder: TempFolder
        let expected: Expected
        var server: RunningServer
        var client: HTTPClient

        var data: String { folder.path + "/data" }

        init(_ folder: TempFolder, _ expected: Expected) async throws {
            self.folder = folder
            self.expected = expected
            server = try await RunningServer.start(folder.path + "/data")
            client = try await server.client()
        }

        /// Stops it in good order, checks everything, and starts it again.
        mutating func restart() async throws {
            _ = try await server.stop()
            try await UpgradeTests.verify(data)
            server = try await RunningServer.start(data)
            client = try await server.client()
        }

        /// Every version's bytes are those that the earlier version served.
        func readBack() async throws {
            for (path, digest) in expected.served {
                let answer = try await client.get(path)
                #expect(answer.status == 200, "\(path)")
                #expect(Digest.sha256([UInt8](answer.body)).description == digest, "\(path)")
            }
        }

        func contracts() async throws -> [String] {
            let result = try await server.run(["network", "contracts"])
            #expect(result.exit == 0, "\(result)")
            return result.stdout.split(separator: "\n").map(String.init)
        }

        func write(_ family: String) async throws -> HTTPAnswer {
            try await client.send(
                "POST", "/fhir/Patient", Data(Sample.patient(family: family).utf8))
        }

        /// A write under the own stamp of somebody whose earlier key was revoked.
        func writeByOwnStamp(_ number: Int) async throws {
            let file = folder.url("own-\(number).json").path
            try Data(Sample.patient(family: "Own\(number)").utf8).write(to: URL(filePath: file))
            let loaded = try await CairnBinary.run(
                ["load", file],
                environment: [
                    "CAIRN_SERVER": server.url, "CAIRN_WALLET": folder.path + "/ben-2.wallet",
                ])
            #expect(loaded.exit == 0, "\(loaded)")
        }
    }

    @Test(arguments: versions) func dataVerifiesAndReadsBack(_ version: String) async throws {
        let expected = try Self.expected(version)
        let folder = try await Self.unpack(version)
        // Every block comes out as it did, with refusals of what later versions accept.
        #expect(expected.refusals["approvals 1, propose"] == "unknown-contract")
        #expect(expected.refusals["people 2, attribute"] == "unknown-contract")
        #expect(expected.refusals["people 1, attribute"] == "malformed")
        #expect(expected.refusals["members 2, pause"] == "unknown-contract")
        try await Self.verify(folder.path + "/data")

        let node = try await Running(folder, expected)
        let head = try await node.client.get("/api/v1/ledger/main/head").object
        #expect(head["hash"] as? String == expected.head.hash)
        #expect(expected.served.count > 250)
        try await node.readBack()
        _ = try await node.server.stop()
        try await Self.verify(node.data)
    }

    @Test(arguments: versions) func writesGoOnAndVersionsBegin(_ version: String) async throws {
        var node = try await Running(
            try await Self.unpack(version), try Self.expected(version))
        // What that version refused is refused until versions begin.
        let before = try await node.contracts()
        #expect(before.contains { $0.hasPrefix("people 1,") })
        #expect(before.contains { $0.hasPrefix("approvals not begun") })
        let pause = try await node.server.run(["network", "pause", "records"])
        #expect(pause.exit == 3 && pause.stderr.contains("unknown-contract"), "\(pause)")

        let written = try await node.write("Later")
        #expect(written.status == 201)
        let activated = try await node.server.run(["network", "activate", "--after", "3"])
        #expect(activated.exit == 0, "\(activated)")
        for number in 0..<3 {
            try await node.writeByOwnStamp(number)
            #expect(try await node.write("More").status == 201)
        }
        let after = try await node.contracts()
        #expect(after.contains("people 1 to 2") && after.contains("approvals 1"), "\(after)")
        #expect(try await node.server.run(["network", "pause", "records"]).exit == 0)
        #expect(try await node.write("While").status == 503)
        #expect(try await node.server.run(["network", "resume", "records"]).exit == 0)

        // A restart in between, then a proof across the activation, and the whole once more.
        try await node.restart()
        try await node.readBack()
        let id = try #require(written.object["id"] as? String)
        let proof = node.folder.url("new.proof").path
        let made = try await node.server.run(["proof", "Patient/\(id)", "--out", proof])
        #expect(made.exit == 0, "\(made)")
        let checked = try await CairnBinary.run(
            ["verify", "--proof", proof, "--trust", node.data + "/genesis.cairn"])
        #expect(checked.exit == 0, "\(checked)")
        _ = try await node.server.stop()
        try await Self.verify(node.data)
    }

    @Test(arguments: versions) func exportedProofsStillHold(_ version: String) async throws {
        let folder = try await Self.unpack(version)
        let proofs = Self.fixture(version).appending(path: "proofs")
        let names = try FileManager.default.contentsOfDirectory(atPath: proofs.path)
        #expect(names.count == 3)
        for name in names {
            let result = try await CairnBinary.run([
                "verify", "--proof", proofs.appending(path: name).path, "--trust",
                folder.path + "/data/genesis.cairn",
            ])
            #expect(result.exit == 0 && result.stdout.hasSuffix("the proof holds\n"), "\(result)")
        }
    }
}
