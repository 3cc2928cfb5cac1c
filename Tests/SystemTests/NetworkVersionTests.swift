import Foundation
import Testing

/// Two members decide together which versions of the contracts their ledger runs, and what is
/// paused: two node processes, and the command line of both administrators.
@Suite("Two members decide about versions", .serialized)
struct NetworkVersionTests {
    private static func patient(_ server: RunningServer) async throws -> HTTPAnswer {
        try await server.client().send(
            "POST", "/fhir/Patient", Data(Sample.patient(family: "Vote").utf8))
    }

    private static func contracts(_ server: RunningServer) async throws -> [String] {
        let result = try await server.run(["network", "contracts"])
        #expect(result.exit == 0, "\(result)")
        return result.stdout.split(separator: "\n").map(String.init)
    }

    private static func proposal(_ result: CommandResult) throws -> String {
        let words = result.stdout.split(separator: " ")
        #expect(result.exit == 0 && words.first == "proposal", "\(result)")
        return String(try #require(words.dropFirst().first).dropLast())
    }

    /// A ledger that an earlier version founded: stamps are collected in a file first, and as
    /// proposals once the ledger runs them.
    @Test func olderLedgerBeginsVersionsByBoth() async throws {
        let network = try await Network.pair { data in
            let fixture = try await UpgradeTests.unpack("v0.3.0")
            try FileManager.default.moveItem(atPath: fixture.path + "/data", toPath: data)
        }
        let hospital = network.hospital
        let clinic = try network.second()
        let alone = try await hospital.run(["network", "activate"])
        #expect(alone.exit == 3 && alone.stderr.contains("--out"), "\(alone)")

        let file = network.folder.path + "/act"
        let made = try await hospital.run(
            ["network", "activate", "--after", "6", "--out", file])
        #expect(made.exit == 0, "\(made)")
        let half = try await hospital.run(["network", "submit", file])
        #expect(half.exit == 3 && half.stderr.contains("unknown-contract"), "\(half)")
        let stamped = try await clinic.run(["network", "stamp", file])
        #expect(stamped.exit == 0 && stamped.stderr.contains("activate approvals 1"), "\(stamped)")
        let whole = try await hospital.run(["network", "submit", file])
        #expect(whole.exit == 0, "\(whole)")
        for _ in 0..<8 { #expect(try await Self.patient(clinic).status == 201) }
        try await network.agree()
        for server in [hospital, clinic] {
            let rows = try await Self.contracts(server)
            #expect(rows.contains("approvals 1") && rows.contains("people 1 to 2"), "\(rows)")
        }

        // A pause waits for the other member, and stops both members' writes.
        let pause = try Self.proposal(try await hospital.run(["network", "pause", "records"]))
        #expect(try await Self.patient(hospital).status == 201)
        try await network.agree()
        let waiting = try await clinic.run(["network", "proposals"])
        #expect(waiting.stdout.contains("\(pause)  waiting  pause the contract records"))
        let approved = try await clinic.run(["network", "approve", pause])
        #expect(approved.stdout.contains("carried-out"), "\(approved)")
        try await network.agree()
        for server in [hospital, clinic] {
            #expect(try await Self.patient(server).status == 503)
            #expect(try await server.client().get("/fhir/Patient").status == 200)
            #expect(try await Self.contracts(server).contains { $0.hasSuffix("paused") })
        }
        // A resumption that the other refuses, and one that it approves.
        let no = try Self.proposal(try await hospital.run(["network", "resume", "records"]))
        try await network.agree()
        let refused = try await clinic.run(["network", "refuse", no, "--reason", "too-early"])
        #expect(refused.stdout.contains("refused"), "\(refused)")
        let yes = try Self.proposal(try await clinic.run(["network", "resume", "records"]))
        try await network.agree()
        #expect(try await hospital.run(["network", "approve", yes]).exit == 0)
        try await network.agree()
        let written = try await Self.patient(clinic)
        #expect(written.status == 201)

        // A proof across all of it holds for the genesis of the earlier version.
        try await network.agree()
        let proof = network.folder.path + "/proof"
        let id = try #require(written.object["id"] as? String)
        let proven = try await clinic.run(["proof", "Patient/\(id)", "--out", proof])
        #expect(proven.exit == 0, "\(proven)")
        let checked = try await CairnBinary.run([
            "verify", "--proof", proof, "--trust", network.hospitalData + "/genesis.cairn",
        ])
        #expect(checked.exit == 0, "\(checked)")
        for result in try await network.stopAndVerify() { #expect(result.exit == 0, "\(result)") }
    }

    /// Versions that no program has: both nodes halt before the same block, say which release has
    /// them, and go on reading.
    @Test func bothHaltBeforeAVersionThatTheyLack() async throws {
        let network = try await Network.pair()
        let (hospital, clinic) = (network.hospital, try network.second())
        let refused = try await hospital.run(["network", "activate", "people=77"])
        #expect(refused.exit == 3 && refused.stderr.contains("would halt"), "\(refused)")
        let act = try Self.proposal(
            try await hospital.run([
                "network", "activate", "people=77", "--unknown", "--release", "7.7.0", "--after",
                "6",
            ]))
        try await network.agree()
        #expect(try await clinic.run(["network", "approve", act]).exit == 0)
        let written = try await Self.patient(hospital)
        #expect(written.status == 201)
        let id = try #require(written.object["id"] as? String)
        let client = try await hospital.client()
        var statuses = [Int]()
        while statuses.last != 503, statuses.count < 30 {
            statuses.append(try await Self.patient(hospital).status)
        }
        #expect(statuses.dropLast().allSatisfy { $0 == 201 } && statuses.last == 503)
        for server in [hospital, clinic] {
            let there = try await server.client()
            try await Network.eventually("it says so") {
                let ready = try await there.get("/readyz")
                return (
                    ready.status == 503 && "\(ready)".contains("Cairn 7.7.0 has it"), "\(ready)"
                )
            }
        }
        #expect(try await client.get("/fhir/Patient/\(id)").status == 200)
        let heads = [
            try await hospital.run(["head", "--json"]).stdout,
            try await clinic.run(["head", "--json"]).stdout,
        ]
        let hashes = try heads.map { try JSONText(Data($0.utf8))["hash"]?.text }
        #expect(hashes[0] == hashes[1])
        for result in try await network.stopAndVerify() { #expect(result.exit == 0, "\(result)") }
    }
}
