import Foundation
import Testing

/// A submission of the second member that reaches the node that orders late: after its own node was
/// killed, started again, and has collected what may be collected.
@Suite("Orphans of two members", .serialized)
struct OrphanNetworkTests {
    private static let patient = Data(#"{"resourceType":"Patient"}"#.utf8)
    private static let patients = 40

    /// A write at the second member whose submission is on its way when the node is killed.
    private func killedOnTheWay(
        _ network: Network, _ relay: Relay, windowMs: Int64
    ) async throws -> OwnIntent {
        let client = try await network.second().client()
        for _ in 0..<20 {
            let intent = try OwnIntent(
                try network.second(), window: -1_000...windowMs, patients: Self.patients)
            relay.hold()
            let sending = Task { try await intent.send(client) }
            // Nothing but the submission is as long; it may also have to wait for a connection.
            let end = Deadline(seconds: 2)
            while relay.heldBytes < 3_000, !end.isOver {
                try await Task.sleep(for: .milliseconds(5))
            }
            if relay.heldBytes >= 3_000 {
                relay.pass()
                try await network.second().kill()
                _ = await sending.result
                return intent
            }
            relay.release()
            _ = await sending.result
        }
        throw Network.Problem(description: "no submission was held")
    }

    private func height(_ client: HTTPClient) async throws -> Int {
        let answer = try await client.get("/metrics")
        let line = answer.text.split(separator: "\n").first {
            $0.hasPrefix("cairn_ledger_height ")
        }
        return try #require(line?.split(separator: " ").last.flatMap { Double($0) }.map { Int($0) })
    }

    /// Writes at the first, and waits until the second has applied it.
    private func block(_ network: Network) async throws {
        let hospital = try await network.hospital.client()
        #expect(try await hospital.send("POST", "/fhir/Patient", Self.patient).status == 201)
        try await network.agree()
    }

    @Test func orderedLateWithinItsWindowItIsAcceptedAndReadable() async throws {
        let network = try await Network.pair(relayed: true)
        let relay = try #require(network.relay)
        let before = try SealedFiles(network.clinicData).names
        let intent = try await killedOnTheWay(network, relay, windowMs: 300_000)
        let sealed = try SealedFiles(network.clinicData).names
        #expect(sealed.count >= before.count + 7)
        try await network.startClinic()
        for _ in 0..<2 { try await block(network) }
        #expect(try SealedFiles(network.clinicData).names == sealed)
        let clinic = try await network.second().client()
        #expect(try await intent.statuses(clinic) == [404])
        relay.release()
        let end = Deadline(seconds: 30)
        while try await intent.statuses(clinic) != [200], !end.isOver {
            try await Task.sleep(for: .milliseconds(50))
        }
        #expect(try await intent.statuses(clinic) == [200])
        for result in try await network.stopAndVerify() { #expect(result.exit == 0, "\(result)") }
    }

    @Test func orderedAfterItsWindowItIsRefusedAndItsContentGone() async throws {
        let network = try await Network.pair(relayed: true)
        let relay = try #require(network.relay)
        let before = try SealedFiles(network.clinicData).names
        let intent = try await killedOnTheWay(network, relay, windowMs: 4_000)
        try await network.startClinic()
        while !intent.hasEnded { try await Task.sleep(for: .milliseconds(20)) }
        try await block(network)
        // Attempts that were not held were accepted: theirs stays.
        let clinic = try await network.second().client()
        let kept = try await clinic.count("Patient") / Self.patients
        let end = Deadline(seconds: 30)
        while try SealedFiles(network.clinicData).names.count != before.count + kept * 7,
            !end.isOver
        {
            try await Task.sleep(for: .milliseconds(20))
        }
        #expect(try SealedFiles(network.clinicData).names.count == before.count + kept * 7)

        let hospital = try await network.hospital.client()
        let known = try await height(hospital)
        relay.release()
        let ordered = Deadline(seconds: 30)
        while try await height(hospital) == known, !ordered.isOver {
            try await Task.sleep(for: .milliseconds(20))
        }
        #expect(try await height(hospital) > known, "it was ordered")
        try await network.agree()
        for client in [hospital, clinic] {
            let found = try await client.get("/api/v1/ledger/main/transactions/\(intent.id)")
            #expect(found.status == 404, "\(found)")
        }
        #expect(try await intent.statuses(clinic) == [404])
        for result in try await network.stopAndVerify() {
            #expect(
                result.exit == 0 && !result.stdout.contains("without a transaction"), "\(result)")
        }
    }
}
