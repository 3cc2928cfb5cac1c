import Foundation
import Testing

/// A node that orders comes back from a backup that is older than what another member holds: it
/// must not order a second history.
@Suite("A restored node that orders", .serialized)
struct NetworkRestoreTests {
    private static let patient = Data(#"{"resourceType":"Patient"}"#.utf8)
    private static let passphrase = ["CAIRN_PASSPHRASE": "a long passphrase"]

    private func command(_ arguments: [String]) async throws {
        let result = try await CairnBinary.run(arguments, environment: Self.passphrase)
        guard result.exit == 0 else { throw Network.Problem(description: "\(result)") }
    }

    private func backup(_ network: Network) async throws {
        try await command([
            "backup", "--data", network.hospitalData, "--to", network.folder.path + "/copy",
            "--keys", network.folder.path + "/keys",
        ])
    }

    private func restore(_ network: Network) async throws -> String {
        let data = network.folder.path + "/restored"
        try await command([
            "restore", "--from", network.folder.path + "/copy", "--keys",
            network.folder.path + "/keys", "--data", data,
        ])
        return data
    }

    @Test func anOlderOneStopsAndNamesWhatItLost() async throws {
        let network = try await Network.pair()
        try await network.agree()
        try await backup(network)
        let client = try await network.hospital.client()
        for _ in 0..<3 {
            #expect(try await client.send("POST", "/fhir/Patient", Self.patient).status == 201)
        }
        try await network.agree()
        let head = try await client.get("/api/v1/ledger/main/head")
        let height = try #require(head.object["height"] as? Int)
        try await network.hospital.kill()
        let data = try await restore(network)

        // Nobody reaches it: it waits, and orders nothing, not even an empty block.
        try await network.startHospital(data: data, alone: true)
        let held = try await network.hospital.client()
        let waiting = try await held.send("POST", "/fhir/Patient", Self.patient)
        #expect(waiting.status == 503, "\(waiting)")
        #expect(waiting.issue?.text.contains("restored from a backup") == true, "\(waiting)")
        let ready = try await HTTPClient(url: network.hospital.url).get("/readyz")
        #expect(ready.status == 200 && ready.text.contains("reads only"), "\(ready)")
        let before = try await held.get("/api/v1/ledger/main/head").object["height"] as? Int
        try await Task.sleep(for: .milliseconds(1_500))
        let after = try await held.get("/api/v1/ledger/main/head").object["height"] as? Int
        #expect(before == after)
        #expect(try #require(after) < height)
        _ = try await network.hospital.stop()

        // The clinic reaches it, and is ahead.
        try await network.startHospital(data: data)
        try await Network.eventually("the hospital notices") {
            let ready = try await HTTPClient(url: network.hospital.url).get("/readyz")
            return (ready.status == 503 && ready.text.contains("has lost"), ready.text)
        }
        let refused = try await network.hospital.client().send(
            "POST", "/fhir/Patient", Self.patient)
        #expect(refused.status == 503, "\(refused)")
        #expect(refused.issue?.text.contains("blocks up to \(height)") == true, "\(refused)")
        let clinic = try network.second()
        try await Network.eventually("the clinic says it, too") {
            let text = clinic.stderr
            return (text.contains("has lost blocks up to \(height)"), String(text.suffix(2_000)))
        }
        // No evidence: nobody cheated.
        #expect(!FileManager.default.fileExists(atPath: network.clinicData + "/evidence"))
        let reads = try await clinic.client().get("/fhir/Patient")
        #expect(reads.status == 200)
    }

    @Test func aNewEnoughOneGoesOnOnceTheOthersWereHeard() async throws {
        let network = try await Network.pair()
        let client = try await network.hospital.client()
        for _ in 0..<3 {
            #expect(try await client.send("POST", "/fhir/Patient", Self.patient).status == 201)
        }
        try await network.agree()
        try await Task.sleep(for: .milliseconds(1_500))
        try await backup(network)
        try await network.hospital.kill()
        let data = try await restore(network)
        try await network.startHospital(data: data)
        try await Network.eventually("the hospital writes") {
            let answer = try await network.hospital.client().send(
                "POST", "/fhir/Patient", Self.patient)
            return (answer.status == 201, "\(answer)")
        }
        #expect(!FileManager.default.fileExists(atPath: data + "/restored"))
        try await network.agree()
    }
}
