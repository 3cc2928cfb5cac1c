import Foundation
import LedgerCore
import Testing

/// Entering a network: what is refused, and by which name.
@Suite("Joining", .serialized)
struct NetworkJoinTests {
    /// The link with one byte of the invitation's `part` altered: 0 network, 1 key, 2 secret.
    static func altered(_ link: String, part: Int) throws -> String {
        let halves = link.split(separator: "#", maxSplits: 1).map(String.init)
        var text = halves[1].replacing("-", with: "+").replacing("_", with: "/")
        text += String(repeating: "=", count: (4 - text.count % 4) % 4)
        guard var bytes = Data(base64Encoded: text) else {
            throw Network.Problem(description: "no invitation: \(link)")
        }
        bytes[1 + 32 * part + 5] ^= 1
        let changed = bytes.base64EncodedString().replacing("+", with: "-")
            .replacing("/", with: "_").replacing("=", with: "")
        return halves[0] + "#" + changed
    }

    private func refusal(_ child: ChildProcess) async throws -> CommandResult {
        try await child.result(timeoutSeconds: 30)
    }

    @Test func whatDoesNotFitIsRefusedByName() async throws {
        let network = try await Network()
        let link = try await network.invite()
        let cases = [
            (0, "genesis-mismatch", "genesis mismatch"),
            (1, "peer-key-not-on-ledger", "not the one that invited"),
            (2, "invitation-wrong", "none of this node's"),
        ]
        for (part, name, words) in cases {
            let data = network.folder.path + "/wrong-\(part)"
            let child = try network.join(
                try Self.altered(link, part: part), data: data, arguments: ["--json"])
            let result = try await refusal(child)
            #expect(result.exit == 3, "\(result)")
            #expect(result.stderr.contains("\"\(name)\""), "\(result)")
            #expect(result.stderr.contains(words), "\(result)")
            #expect(!FileManager.default.fileExists(atPath: data + "/genesis.cairn"))
        }
        let short = try await refusal(
            try network.join(
                String(link.dropLast(3)), data: network.folder.path + "/cut",
                arguments: ["--json"]))
        #expect(short.exit == 2 && short.stderr.contains("\"invitation-malformed\""), "\(short)")

        let joining = try network.join(link, data: network.clinicData)
        try await network.admit()
        let clinic = try await RunningServer.ready(joining, data: network.clinicData)
        let late = try await refusal(
            try network.join(
                link, data: network.folder.path + "/late", name: "Late", arguments: ["--json"]))
        #expect(late.exit == 3 && late.stderr.contains("\"invitation-used\""), "\(late)")
        #expect(late.stderr.contains("another member has knocked"), "\(late)")
        // A follower invites nobody.
        let invite = try await clinic.run(["network", "invite"])
        #expect(invite.exit == 3, "\(invite)")
        // A founder's directory does not join.
        _ = try await network.hospital.stop()
        let founder = try await refusal(try network.join(link, data: network.hospitalData))
        #expect(founder.exit == 2, "\(founder)")
    }

    /// Its day is over: the end that the hospital has written down is moved into the past.
    @Test func anExpiredInvitationIsRefusedByName() async throws {
        let network = try await Network()
        let link = try await network.invite()
        _ = try await network.hospital.stop()
        let path = URL(filePath: network.hospitalData + "/keys/invitations")
        var list = try Wire.decode(
            WireInvitationList.self, from: [UInt8](try Data(contentsOf: path)),
            what: "invitations", limitBytes: 1 << 20)
        #expect(list.entries.count == 1)
        let day = UInt64(24 * 3_600_000)
        for index in list.entries.indices { list.entries[index].expiresMs -= day + 1 }
        try Data(Wire.encode(list)).write(to: path)
        try await network.startHospital()
        let result = try await refusal(
            try network.join(link, data: network.clinicData, arguments: ["--json"]))
        #expect(result.exit == 3, "\(result)")
        #expect(result.stderr.contains("\"invitation-expired\""), "\(result)")
        #expect(result.stderr.contains("this invitation has expired"), "\(result)")
    }

    /// The clinic's own authority issues a certificate for a key that is not on the ledger: the
    /// clinic's node with another transport key.
    @Test func aKeyThatIsNotOnTheLedgerIsRefusedByNameThoughItsAuthorityIsKnown() async throws {
        let network = try await Network.pair()
        try await network.agree()
        _ = try await network.second().stop()
        let keys = network.clinicData + "/keys/node.keys"
        let own = try String(contentsOfFile: keys, encoding: .utf8)
        let other = try await RunningServer.start(network.folder.path + "/other")
        _ = try await other.stop()
        let foreign = try String(
            contentsOfFile: network.folder.path + "/other/keys/node.keys", encoding: .utf8)
        try Self.with(Self.line("transport", of: foreign), in: own).write(
            toFile: keys, atomically: false, encoding: .utf8)
        try await network.startClinic()
        let clinic = try network.second()
        for (server, name) in [(clinic, "the clinic"), (network.hospital, "the hospital")] {
            try await Network.eventually("\(name) names it") {
                (
                    server.stderr.contains(
                        "peer-key-not-on-ledger: the peer's key is of no node on the ledger"),
                    String(server.stderr.suffix(2_000))
                )
            }
        }
        let refused = try await clinic.client().send(
            "POST", "/fhir/Patient", Data(#"{"resourceType":"Patient"}"#.utf8))
        #expect(refused.status == 503, "\(refused)")
        // With its own key it is let in again.
        _ = try await clinic.stop()
        try own.write(toFile: keys, atomically: false, encoding: .utf8)
        try await network.startClinic()
        try await network.agree()
    }

    /// The hospital's machine moves: the clinic is told where, and keeps it.
    @Test func aFollowerIsToldTheNewAddressOfTheNodeThatItFollows() async throws {
        let network = try await Network.pair()
        try await network.agree()
        _ = try await network.hospital.stop()
        let port = try Network.freePort()
        try await network.startHospital(peerPort: port)
        let body = Data(#"{"resourceType":"Patient"}"#.utf8)
        for arguments in [["--leader", "https://127.0.0.1:\(port)"], []] {
            _ = try await network.second().stop()
            try await network.startClinic(arguments: arguments)
            let written = try await network.hospital.client().send("POST", "/fhir/Patient", body)
            #expect(written.status == 201, "\(written)")
            try await network.agree()
        }
        _ = try await network.hospital.stop()
        for (data, leader) in [
            (network.hospitalData, "https://127.0.0.1:\(port)"),
            (network.clinicData, "http://127.0.0.1:\(port)"),
        ] {
            let result = try await refusal(
                try RunningServer.spawn(data, arguments: ["--leader", leader]))
            #expect(result.exit == 2 && result.stderr.contains("hint:"), "\(result)")
        }
    }

    @Test func killedWhileItWaitsItGoesOnWithTheSameKeys() async throws {
        let network = try await Network()
        let link = try await network.invite()
        let first = try network.join(link, data: network.clinicData)
        let end = Deadline(seconds: 30)
        while !first.stderr.contains("waiting to be admitted"), !end.isOver {
            try await Task.sleep(for: .milliseconds(20))
        }
        first.kill()
        _ = try await first.result(timeoutSeconds: 10)
        let waiting = try await network.hospital.run(["network", "requests"])
        #expect(waiting.stdout.contains("Clinic"), "\(waiting)")
        // Without --join this time.
        let second = try RunningServer.spawn(network.clinicData)
        try await network.admit()
        let clinic = try await RunningServer.ready(second, data: network.clinicData)
        let member = waiting.stdout.split(separator: " ").first.map(String.init) ?? "?"
        let found = try await HTTPClient(url: clinic.url).get("/.well-known/cairn")
        #expect(found.object["member"] as? String == member, "\(found)")
        try await clinic.kill()
        let again = try await RunningServer.start(network.clinicData)
        let written = try await again.client().send(
            "POST", "/fhir/Patient", Data(#"{"resourceType":"Patient"}"#.utf8))
        #expect([201, 503].contains(written.status), "\(written)")
    }

    /// With `--wait` the administrator sees who it is, and is asked.
    @Test func theAdministratorIsAsked() async throws {
        let network = try await Network()
        for answer in ["n\n", "y\n"] {
            let invite = try ChildProcess(
                try CairnBinary.path(), ["network", "invite", "--wait"],
                environment: network.hospital.environment, input: answer)
            let end = Deadline(seconds: 30)
            while !invite.stdout.contains("\n"), !end.isOver {
                try await Task.sleep(for: .milliseconds(20))
            }
            let link = invite.stdout.trimmingCharacters(in: .whitespacesAndNewlines)
            let data = network.folder.path + "/asked-\(answer.prefix(1))"
            let joining = try network.join(link, data: data, name: "Asked")
            let result = try await invite.result(timeoutSeconds: 30)
            #expect(result.exit == (answer == "y\n" ? 0 : 3), "\(result)")
            #expect(result.stderr.contains("Asked wants to join"), "\(result)")
            guard answer == "y\n" else { continue }
            _ = try await RunningServer.ready(joining, data: data)
            let shown =
                joining.stderr.split(separator: "\n")
                .first { $0.hasPrefix("authority ") }?.dropFirst(10) ?? "?"
            #expect(result.stderr.contains(shown), "\(joining.stderr)")
        }
    }

    /// A line of a file of node keys.
    private static func line(_ name: String, of file: String) throws -> String {
        try #require(
            file.split(separator: "\n").first { $0.hasPrefix(name + " ") }.map(String.init))
    }

    /// The file with another line in place of the one of the same name, and its digest made to fit.
    private static func with(_ line: String, in file: String) throws -> String {
        let name = try #require(line.split(separator: " ").first)
        let old = try Self.line(String(name), of: file)
        let digest = try Self.line("digest", of: file)
        let parts = file.replacing(old, with: line).components(separatedBy: digest)
        return parts[0] + "digest \(Digest.sha256(Array(parts[0].utf8)))" + parts[1]
    }
}
