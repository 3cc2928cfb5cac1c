import Foundation
import TestSupport
import Testing

/// Two members, each with a node of its own, as their people use them.
@Suite("Two members", .serialized)
struct NetworkTests {
    @Test func bothWriteBothReadTheirOwnAndBothSign() async throws {
        let network = try await Network.pair()
        let hospital = try await network.hospital.client()
        let clinic = try await network.second().client()
        let writers = [Writer("hospital", seed: 1), Writer("clinic", seed: 2)]
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await writers[0].write(hospital, limit: 20) }
            group.addTask { try await writers[1].write(clinic, limit: 20) }
            try await group.waitForAll()
        }
        #expect(try await writers[0].acknowledged.problems(hospital) == [])
        #expect(try await writers[1].acknowledged.problems(clinic) == [])
        // Each member's records are its own.
        #expect(try await writers[0].duplicates(clinic).count > 0)
        try await network.agree()

        let body = Data(#"{"resourceType":"Patient"}"#.utf8)
        let written = try await clinic.send("POST", "/fhir/Patient?wait=final", body)
        #expect(written.status == 201 && written.headers["cairn-final"] == "true", "\(written)")
        let parts = (written.headers["location"] ?? "").split(separator: "/").suffix(4)
        let resource = parts.prefix(2).joined(separator: "/")
        let proof = network.folder.path + "/proof"
        let made = try await network.second().run(["proof", resource, "--out", proof])
        #expect(made.exit == 0, "\(made)")
        let checked = try await CairnBinary.run([
            "verify", "--proof", proof, "--trust", network.hospitalData + "/genesis.cairn",
        ])
        #expect(checked.exit == 0, "\(checked)")
        #expect(checked.stdout.contains("2 of 2 members"), "\(checked)")
        for result in try await network.stopAndVerify() { #expect(result.exit == 0, "\(result)") }
    }

    /// With the other node away a write is durable and not final; the answer says so.
    @Test func withoutTheOtherMemberNothingIsFinal() async throws {
        let network = try await Network.pair()
        let hospital = try await network.hospital.client()
        try await network.second().kill()
        let body = Data(#"{"resourceType":"Patient"}"#.utf8)
        let written = try await hospital.send("POST", "/fhir/Patient?wait=final", body)
        #expect(written.status == 202 && written.headers["cairn-final"] == "false", "\(written)")
        let location = try #require(written.headers["location"])
        #expect(try await hospital.get(location).status == 200)
        let wrong = try await hospital.send("POST", "/fhir/Patient?wait=soon", body)
        #expect(wrong.status == 400, "\(wrong)")
    }

    @Test func aFollowerThatWasKilledAndIsFarBehindCatchesUp() async throws {
        var random = SeededGenerator(announcing: "follower behind")
        let network = try await Network.pair()
        let hospital = try await network.hospital.client()
        let writer = Writer("first", seed: random.next())
        let mine = Writer("second", seed: random.next())
        try await mine.write(try await network.second().client(), limit: 5)
        for round in 0..<3 {
            // Killed somewhere on its way, also while it catches up.
            try await network.second().kill()
            try await writer.write(hospital, limit: 40)
            try await network.startClinic()
            if round < 2 {
                try await Task.sleep(for: .milliseconds(Int.random(in: 0...60, using: &random)))
            }
        }
        try await network.agree()
        let clinic = try await network.second().client()
        #expect(try await mine.acknowledged.problems(clinic) == [])
        try await mine.write(clinic, limit: 5)
        #expect(try await mine.acknowledged.problems(clinic) == [])
        for result in try await network.stopAndVerify() { #expect(result.exit == 0, "\(result)") }
    }

    /// The node that orders is killed while the other writes, and sometimes the other with it: what
    /// was acknowledged stays, what was not is found out by asking again, and nothing is there
    /// twice.
    @Test func theFirstNodeKilledDuringWritesAtTheSecondLosesAndDoublesNothing() async throws {
        var random = SeededGenerator(announcing: "leader killed")
        let note = Comment(rawValue: "CAIRN_SEED=\(random.seed)")
        let network = try await Network.pair()
        var clinic = try await network.second().client()
        let seed = random.next()
        let writers = (0..<4).map { Writer("beside-\($0)", seed: seed) }
        for round in 0..<Soak.times(4, long: 30) {
            let note = Comment(rawValue: "CAIRN_SEED=\(random.seed) round \(round)")
            let server = network.hospital
            let pause = Int.random(in: 50...900, using: &random)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for writer in writers {
                    group.addTask { [clinic] in try await writer.untilTurnedAway(clinic) }
                }
                try await Task.sleep(for: .milliseconds(pause))
                try await server.kill()
                try await group.waitForAll()
            }
            for writer in writers {
                #expect(try await writer.acknowledged.problems(clinic) == [], note)
            }
            let refused = try await clinic.send(
                "POST", "/fhir/Patient", Data(#"{"resourceType":"Patient"}"#.utf8))
            #expect(refused.status == 503, "\(refused)")
            #expect(refused.issue?.text.contains("not reachable") == true, "\(refused)")
            // What it had not seen in a block dies with it.
            let both = round % 2 == 1
            if both { try await network.second().kill() }
            try await network.startHospital()
            if both {
                try await network.startClinic()
                clinic = try await network.second().client()
            }
            for writer in writers { try await writer.untilAnswered(clinic) }
        }
        for writer in writers {
            #expect(try await writer.acknowledged.problems(clinic) == [], note)
            #expect(try await writer.duplicates(clinic) == [], note)
        }
        try await network.agree()
        for result in try await network.stopAndVerify() { #expect(result.exit == 0, "\(result)") }
    }

    @Test func peopleOfOneMemberAreStrangersAtTheOther() async throws {
        let network = try await Network.pair()
        let written = try await network.hospital.client().send(
            "PUT", "/fhir/Patient/secret",
            Data(#"{"resourceType":"Patient","id":"secret"}"#.utf8))
        #expect(written.status == 201, "\(written)")
        let read = try await CairnBinary.run(
            ["get", "Patient/secret"],
            environment: [
                "CAIRN_SERVER": network.hospital.url, "CAIRN_WALLET": try network.second().wallet,
            ])
        #expect(read.exit == 3, "\(read)")
        #expect(!read.stdout.contains("secret"), "\(read)")
    }
}

extension Writer {
    /// Writes until the node says that it cannot at the moment.
    func untilTurnedAway(_ client: HTTPClient) async throws {
        do {
            try await repeatUnanswered(client)
            try await write(client)
        } catch let refused as Refused where refused.asksToComeBack {
            return
        }
    }

    /// Repeats the request that was not answered well until it is.
    func untilAnswered(_ client: HTTPClient) async throws {
        let end = Deadline(seconds: 60)
        while true {
            do {
                try await repeatUnanswered(client)
                return
            } catch let refused as Refused where refused.asksToComeBack && !end.isOver {
                try await Task.sleep(for: .milliseconds(50))
            }
        }
    }
}

extension Writer.Refused {
    /// The node cannot at the moment (503), or an earlier try of the same request was ordered only
    /// now (429).
    fileprivate var asksToComeBack: Bool {
        [": 503 ", ": 429 "].contains { description.contains($0) }
    }
}
