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
        #expect(found.exit == 0 && found.findings.isEmpty, "\(found)")
    }

    @Test(arguments: versions) func dataVerifiesReadsBackAndGoesOn(_ version: String) async throws {
        let expected = try Self.expected(version)
        let folder = try await Self.unpack(version)
        let data = folder.path + "/data"
        // Every block comes out as it did, with refusals of what later versions accept.
        #expect(expected.refusals["approvals 1, propose"] == "unknown-contract")
        #expect(expected.refusals["people 2, attribute"] == "unknown-contract")
        #expect(expected.refusals["people 1, attribute"] == "malformed")
        #expect(expected.refusals["members 2, pause"] == "unknown-contract")
        try await Self.verify(data)

        var server = try await RunningServer.start(data)
        var client = try await server.client()
        let head = try await client.get("/api/v1/ledger/main/head").object
        #expect(head["hash"] as? String == expected.head.hash)
        #expect(expected.served.count > 250)
        func readBack() async throws {
            for (path, digest) in expected.served {
                let answer = try await client.get(path)
                #expect(answer.status == 200, "\(path)")
                #expect(Digest.sha256([UInt8](answer.body)).description == digest, "\(path)")
            }
        }
        try await readBack()

        // What that version refused is refused until versions begin.
        func contracts() async throws -> [String] {
            let result = try await server.run(["network", "contracts"])
            #expect(result.exit == 0, "\(result)")
            return result.stdout.split(separator: "\n").map(String.init)
        }
        let before = try await contracts()
        #expect(before.contains { $0.hasPrefix("people 1,") })
        #expect(before.contains { $0.hasPrefix("approvals not begun") })
        let pause = try await server.run(["network", "pause", "records"])
        #expect(pause.exit == 3 && pause.stderr.contains("unknown-contract"), "\(pause)")
        #expect(try await client.get("/api/v1/ledger/main/proposals").status == 200)

        // Writes go on, also by a person whose older key was revoked, and versions begin.
        let written = try await client.send(
            "POST", "/fhir/Patient", Data(Sample.patient(family: "Later").utf8))
        #expect(written.status == 201)
        let activated = try await server.run(["network", "activate", "--after", "3"])
        #expect(activated.exit == 0, "\(activated)")
        let own = folder.url("letter.json").path
        try Data(Sample.patient(family: "Own").utf8).write(to: URL(filePath: own))
        for _ in 0..<4 {
            let loaded = try await CairnBinary.run(
                ["load", own],
                environment: [
                    "CAIRN_SERVER": server.url, "CAIRN_WALLET": folder.path + "/ben-2.wallet",
                ])
            #expect(loaded.exit == 0, "\(loaded)")
            let answer = try await client.send(
                "POST", "/fhir/Patient", Data(Sample.patient(family: "More").utf8))
            #expect(answer.status == 201)
        }
        let after = try await contracts()
        #expect(after.contains("people 1 to 2"))
        #expect(after.contains("approvals 1"))
        #expect(try await server.run(["network", "pause", "records"]).exit == 0)
        let refused = try await client.send(
            "POST", "/fhir/Patient", Data(Sample.patient(family: "While").utf8))
        #expect(refused.status == 503, "\(refused)")
        #expect(try await server.run(["network", "resume", "records"]).exit == 0)

        // A restart in between, then a proof across the activation, and the whole once more.
        _ = try await server.stop()
        try await Self.verify(data)
        server = try await RunningServer.start(data)
        client = try await server.client()
        try await readBack()
        let id = try #require(written.object["id"] as? String)
        let proof = folder.url("new.proof").path
        let made = try await server.run(["proof", "Patient/\(id)", "--out", proof])
        #expect(made.exit == 0, "\(made)")
        let checked = try await CairnBinary.run(
            ["verify", "--proof", proof, "--trust", data + "/genesis.cairn"])
        #expect(checked.exit == 0, "\(checked)")
        _ = try await server.stop()
        try await Self.verify(data)
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
