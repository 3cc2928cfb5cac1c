import Foundation
import TestSupport
import Testing

/// A follower that is behind: stopped, standing still, or without space on its disk.
@Suite("A follower that is behind", .serialized)
struct NetworkLagTests {
    private static let patient = Data(#"{"resourceType":"Patient"}"#.utf8)

    private func write(_ server: RunningServer, _ count: Int) async throws {
        let client = try await server.client()
        for _ in 0..<count {
            let written = try await client.send("POST", "/fhir/Patient", Self.patient)
            guard written.status == 201 else { throw Network.Problem(description: "\(written)") }
        }
    }

    private func gauge(_ name: String, _ server: RunningServer) async throws -> Double? {
        let text = try await server.client().get("/metrics").text
        let line = text.split(separator: "\n").first { $0.hasPrefix(name + " ") }
        return line?.split(separator: " ").last.flatMap { Double($0) }
    }

    /// The gauge of how far a member's newest cosignature is behind, by the member's id.
    private func cosigned(_ member: String, _ server: RunningServer) async throws -> Double? {
        try await gauge("cairn_member_blocks_behind{member=\"\(member)\"}", server)
    }

    private func member(_ server: RunningServer) async throws -> String {
        let found = try await HTTPClient(url: server.url).get("/.well-known/cairn")
        return try #require(found.object["member"] as? String)
    }

    /// Hundreds of blocks behind, and under `CAIRN_SOAK` by more than the bound of a minute. A
    /// write there waits its turn: it is refused in words, or done; never lost or doubled.
    @Test func farBehindItCatchesUpTakesWritesAndCosigns() async throws {
        let network = try await Network.pair()
        let mine = Writer("second", seed: 4)
        try await mine.write(try await network.second().client(), limit: 5)
        try await network.agree()
        let member = try await member(try network.second())
        _ = try await network.second().stop()
        try await write(network.hospital, 300)
        #expect(try await cosigned(member, network.hospital) ?? 0 >= 300)
        let page = try await network.hospital.client().get("/network")
        #expect(page.status == 200 && page.text.contains(" blocks</td>"), "\(page)")
        try await Task.sleep(for: .seconds(Soak.times(0, long: 65)))

        try await network.startClinic()
        let clinic = try network.second()
        let client = try await clinic.client()
        // At once, while it lags.
        var refusals = 0
        while true {
            do {
                if try await !mine.repeatUnanswered(client) {
                    try await mine.write(client, limit: 1)
                }
                break
            } catch let refused as Writer.Refused where refused.description.contains(": 503 ") {
                #expect(refused.description.contains("catch up"), "\(refused)")
                refusals += 1
                guard refusals < 3_000 else { throw refused }
                try await Task.sleep(for: .milliseconds(10))
            }
        }
        try await network.agree()
        #expect(try await mine.acknowledged.problems(client) == [])
        #expect(try await mine.duplicates(client) == [])
        let ready = try await HTTPClient(url: clinic.url).get("/readyz")
        #expect(ready.status == 200, "\(ready)")
        #expect(ready.text.contains("following; no block behind"), "\(ready)")
        #expect(try await gauge("cairn_follower_blocks_behind", clinic) == 0)
        #expect(try await gauge("cairn_follower_connected", clinic) == 1)
        try await Network.eventually("the hospital sees that it has caught up") {
            let behind = try await cosigned(member, network.hospital)
            return (behind == 0, "\(String(describing: behind))")
        }
        for result in try await network.stopAndVerify() { #expect(result.exit == 0, "\(result)") }
    }

    /// The follower's process stands still, longer than the connection bears, then goes on.
    @Test func aProcessThatStoodStillCatchesUp() async throws {
        let network = try await Network.pair()
        try await network.agree()
        let clinic = try network.second()
        clinic.signal(SIGSTOP)
        try await write(network.hospital, 30)
        try await Task.sleep(for: .seconds(Soak.times(1, long: 75)))
        clinic.signal(SIGCONT)
        try await network.agree()
        try await write(clinic, 3)
        try await network.agree()
        for result in try await network.stopAndVerify() { #expect(result.exit == 0, "\(result)") }
    }

    /// While the ordering node is away the follower says so, and is of use for reads.
    @Test func withoutTheOtherNodeItSaysThatItOnlyReads() async throws {
        let network = try await Network.pair()
        try await write(try network.second(), 1)
        try await network.agree()
        try await network.hospital.kill()
        let clinic = try network.second()
        try await Network.eventually("the clinic says so") {
            let ready = try await HTTPClient(url: clinic.url).get("/readyz")
            #expect(ready.status == 200, "\(ready)")
            return (
                ready.text.contains("not following: reads only; no block behind when last heard"),
                ready.text
            )
        }
        #expect(try await gauge("cairn_follower_connected", clinic) == 0)
        let page = try await clinic.client().get("/network")
        #expect(page.text.contains("does not reach the ordering node"), "\(page)")
        #expect(try await clinic.client().count("Patient") == 1)
    }

    /// The follower's disk is full to the last byte while the first goes on.
    @Test(.enabled(if: SmallDisk.isPossible, "mounting tmpfs needs root"))
    func onAFullDiskItSaysSoAndGoesOnWhenThereIsSpace() async throws {
        let disk = try await SmallDisk(mebibytes: 160)
        let network = try await Network.pair(clinicData: disk.path + "/clinic")
        let mine = Writer("clinic", seed: 5)
        let clinic = try network.second()
        let client = try await clinic.client()
        try await mine.write(client, limit: 10)
        try await network.agree()

        // Nearly full: it refuses writes, and follows.
        try disk.fill("ballast", leavingMebibytes: 20)
        try await Task.sleep(for: .milliseconds(200))
        let refused = try await client.send("POST", "/fhir/Patient", Self.patient)
        #expect(refused.status == 507, "\(refused)")
        try await write(network.hospital, 20)
        try await network.agree()

        // To the last byte: blocks wait, and it says so.
        try disk.fill("more ballast", leavingMebibytes: 0)
        let bulk = try await network.hospital.client()
        try await Network.eventually("the clinic has no space", seconds: 120) {
            _ = try await bulk.send("POST", "/fhir/Patient", Self.patient)
            guard clinic.isRunning else {
                throw Network.Problem(description: "it ended: \(clinic.stderr.suffix(3_000))")
            }
            let ready = try await HTTPClient(url: clinic.url).get("/readyz")
            return (ready.status == 503 && ready.text.contains("no space"), ready.text)
        }
        #expect(clinic.isRunning)
        let full = try await client.send("POST", "/fhir/Patient", Self.patient)
        #expect(full.status == 507, "\(full)")
        #expect(try await mine.acknowledged.problems(client) == [])
        try await write(network.hospital, 30)
        #expect(try await gauge("cairn_follower_waits_for_space", clinic) == 1)
        try await Network.eventually("the log names it") {
            (clinic.stderr.contains("no space is left"), String(clinic.stderr.suffix(1_000)))
        }

        try disk.remove("ballast")
        try disk.remove("more ballast")
        try await network.agree()
        #expect(try await gauge("cairn_follower_waits_for_space", clinic) == 0)
        try await mine.write(client, limit: 10)
        #expect(try await mine.acknowledged.problems(client) == [])
        #expect(try await mine.duplicates(client) == [])
        try await network.agree()

        // It can be stopped while a block waits; that comes again.
        try disk.fill("ballast", leavingMebibytes: 4)
        try await Network.eventually("the clinic has no space", seconds: 120) {
            _ = try await bulk.send("POST", "/fhir/Patient", Self.patient)
            let ready = try await HTTPClient(url: clinic.url).get("/readyz")
            return (ready.status == 503 && ready.text.contains("no space"), ready.text)
        }
        let stopped = try await clinic.stop()
        #expect(stopped.exit == 0, "\(stopped)")
        try disk.remove("ballast")
        try await network.startClinic()
        try await network.agree()
        for result in try await network.stopAndVerify() { #expect(result.exit == 0, "\(result)") }
    }
}
