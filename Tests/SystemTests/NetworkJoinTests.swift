import Foundation
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
            (0, "genesis mismatch"), (1, "not the one that invited"),
            (2, "none of this node's"),
        ]
        for (part, words) in cases {
            let data = network.folder.path + "/wrong-\(part)"
            let child = try network.join(try Self.altered(link, part: part), data: data)
            let result = try await refusal(child)
            #expect(result.exit == 3, "\(result)")
            #expect(result.stderr.contains(words), "\(result)")
            #expect(!FileManager.default.fileExists(atPath: data + "/genesis.cairn"))
        }
        let short = try network.join(String(link.dropLast(3)), data: network.folder.path + "/cut")
        #expect(try await refusal(short).exit == 2)

        let joining = try network.join(link, data: network.clinicData)
        try await network.admit()
        let clinic = try await RunningServer.ready(joining, data: network.clinicData)
        let late = try await refusal(
            try network.join(link, data: network.folder.path + "/late", name: "Late"))
        #expect(late.exit == 3, "\(late)")
        #expect(late.stderr.contains("another member has knocked"), "\(late)")
        // A follower invites nobody.
        let invite = try await clinic.run(["network", "invite"])
        #expect(invite.exit == 3, "\(invite)")
        // A founder's directory does not join.
        _ = try await network.hospital.stop()
        let founder = try await refusal(try network.join(link, data: network.hospitalData))
        #expect(founder.exit == 2, "\(founder)")
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
}
