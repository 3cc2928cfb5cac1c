import Foundation
import LedgerCore
import Testing

/// Two states of a log compared, by people who do not believe the node.
@Suite("cairn audit diff", .serialized)
struct CommandAuditTests {
    private func note(_ server: RunningServer, _ folder: TempFolder, _ name: String) async throws
        -> String
    {
        let head = try await server.client().get("/api/v1/ledger/main/head")
        let text = try #require(head.object["checkpoint"] as? String, "\(head)")
        try folder.write(Data(text.utf8), to: name)
        return folder.url(name).path
    }

    private func object(_ result: CommandResult) throws -> [String: Any] {
        try #require(
            try JSONSerialization.jsonObject(with: Data(result.stdout.utf8)) as? [String: Any],
            "\(result)")
    }

    private func counts(_ object: [String: Any]) -> [String: Int] {
        var counts: [String: Int] = [:]
        for line in object["counts"] as? [[String: Any]] ?? [] {
            let name = "\(line["contract"] ?? "") \(line["name"] ?? "")"
            counts[name] = line["accepted"] as? Int
        }
        return counts
    }

    @Test func whatTwoMembersDidIsCountedAndBackedByTheLog() async throws {
        let network = try await Network()
        let folder = network.folder
        let genesis = network.hospitalData + "/genesis.cairn"
        let hospital = try await network.hospital.client()
        let body = Data(#"{"resourceType":"Patient"}"#.utf8)
        for _ in 0..<3 { _ = try await hospital.send("POST", "/fhir/Patient", body) }
        try await Task.sleep(for: .milliseconds(1_500))
        let older = try await note(network.hospital, folder, "older.note")

        let joining = try network.join(try await network.invite(), data: network.clinicData)
        try await network.admit()
        let clinic = try await RunningServer.ready(joining, data: network.clinicData)
        try await Network.eventually("the clinic writes") {
            let answer = try await clinic.client().send("POST", "/fhir/Patient", body)
            return (answer.status == 201, "\(answer)")
        }
        for _ in 0..<4 { _ = try await hospital.send("POST", "/fhir/Patient", body) }
        try await Network.eventually("the newest checkpoint has both") {
            let head = try await network.hospital.run(["head"]).stdout
            return (head.split(separator: "\n").count { $0.contains("— cairn/") } == 3, head)
        }
        try await Task.sleep(for: .milliseconds(1_500))
        let trust = ["--trust", genesis]
        let result = try await network.hospital.run(
            ["audit", "diff", older, "head", "--json"] + trust)
        #expect(result.exit == 0, "\(result)")
        let found = try object(result)
        #expect(found["consistent"] as? Bool == true)
        #expect(
            counts(found) == ["members Hospital": 1, "records Clinic": 1, "records Hospital": 4],
            "\(result)")
        let events = try #require(found["events"] as? [[String: Any]])
        #expect(events.count == 1 && events[0]["kind"] as? String == "member-admitted", "\(events)")
        #expect(events[0]["name"] as? String == "Clinic")
        let text = try await network.hospital.run(["audit", "diff", "0", "head"])
        #expect(text.exit == 0 && text.stdout.hasSuffix("one log\n"), "\(text)")
        #expect(text.stdout.contains("signatures: not checked"), "\(text)")
        #expect(text.stdout.contains("7 accepted with 7 writes"), "\(text)")
        // From the other member's node the same, and offline as well.
        let other = try await clinic.run(["audit", "diff", older, "head", "--json"] + trust)
        #expect(try counts(object(other)) == counts(found), "\(other)")
        _ = try await clinic.stop()
        _ = try await network.hospital.stop()
        let offline = try await CairnBinary.run(
            ["audit", "diff", older, "head", "--json", "--data", network.hospitalData])
        #expect(offline.exit == 0, "\(offline)")
        #expect(try counts(object(offline)) == counts(found))
    }

    @Test func aForkARollbackAndAnotherLogAreNamed() async throws {
        let folder = try TempFolder("audit")
        let body = Data(#"{"resourceType":"Patient"}"#.utf8)
        let data = folder.path + "/data"
        var server = try await RunningServer.start(data)
        _ = try await server.client().send("POST", "/fhir/Patient", body)
        try await Task.sleep(for: .milliseconds(1_500))
        let early = try await note(server, folder, "early.note")
        _ = try await server.stop()
        try FileManager.default.copyItem(atPath: data, toPath: folder.path + "/copy")
        // One history …
        server = try await RunningServer.start(data)
        for _ in 0..<3 { _ = try await server.client().send("POST", "/fhir/Patient", body) }
        try await Task.sleep(for: .milliseconds(1_500))
        let one = try await note(server, folder, "one.note")
        let good = try await server.run(["audit", "diff", early, one])
        #expect(good.exit == 0, "\(good)")
        _ = try await server.stop()
        // … and another, by the same node from an older copy of itself.
        server = try await RunningServer.start(folder.path + "/copy")
        let rolledBack = try await server.run(["audit", "diff", early, one, "--json"])
        #expect(
            rolledBack.exit == 1 && rolledBack.stderr.contains("\"rolled-back\""), "\(rolledBack)")
        for _ in 0..<8 { _ = try await server.client().send("POST", "/fhir/Patient", body) }
        for places in [[early, one], [one, "head"]] {
            let forked = try await server.run(["audit", "diff"] + places + ["--json"])
            #expect(forked.exit == 1 && forked.stderr.contains("\"fork\""), "\(forked)")
        }
        // A checkpoint of another network.
        let stranger = try await RunningServer.start(folder.path + "/stranger")
        let foreign = try await note(stranger, folder, "foreign.note")
        _ = try await stranger.stop()
        let trust = ["--trust", folder.path + "/stranger/genesis.cairn"]
        let other = try await server.run(["audit", "diff", "0", "head", "--json"] + trust)
        #expect(other.exit == 1 && other.stderr.contains("\"other-log\""), "\(other)")
        let mixed = try await server.run(["audit", "diff", foreign, "head", "--json"])
        #expect(mixed.exit == 1, "\(mixed)")
        let wrong = try await server.run(["audit", "diff", "5", "1"])
        #expect(wrong.exit == 3 && wrong.stderr.contains("older one first"), "\(wrong)")
        _ = try await server.stop()
    }
}
