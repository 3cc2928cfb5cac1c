import Foundation
import KeyValue
import LedgerCore
import Storage
import Testing

/// A node that orders and shows two histories, and a node whose state was altered: both as
/// processes, and what people then see of it.
@Suite("A cheating or altered node", .serialized)
struct NetworkCheatTests {
    private static let patient = Data(#"{"resourceType":"Patient"}"#.utf8)

    private func write(_ server: RunningServer, _ count: Int) async throws {
        let client = try await server.client()
        for _ in 0..<count {
            let written = try await client.send("POST", "/fhir/Patient", Self.patient)
            guard written.status == 201 else {
                throw Network.Problem(description: "\(written)")
            }
        }
    }

    private func height(_ server: RunningServer) async throws -> UInt64 {
        let head = try await server.client().get("/api/v1/ledger/main/head")
        guard let height = head.object["height"] as? Int else {
            throw Network.Problem(description: "\(head)")
        }
        return UInt64(height)
    }

    /// Reads go on, writes do not, and everything that can be asked names the height.
    private func hasHalted(
        _ server: RunningServer, at height: UInt64, why: String, kept: String
    ) async throws {
        let words = "halted at height \(height): "
        let ready = try await HTTPClient(url: server.url).get("/readyz")
        #expect(ready.status == 503, "\(ready)")
        #expect(ready.text.contains(words) && ready.text.contains(why), "\(ready)")
        let client = try await server.client()
        let refused = try await client.send("POST", "/fhir/Patient", Self.patient)
        #expect(refused.status == 503, "\(refused)")
        #expect(refused.issue?.text.contains(words) == true, "\(refused)")
        #expect(try await client.get("/fhir/\(kept)").status == 200)
        try await Network.eventually("the log names it") {
            (server.stderr.contains(words), String(server.stderr.suffix(2_000)))
        }
        let metrics = try await client.get("/metrics")
        #expect(metrics.text.contains("cairn_follower_halted 1"), "\(metrics)")
    }

    /// The hospital goes on from a copy of its own data: `after` blocks in one history, `instead`
    /// in the other.
    @Test(arguments: [(3, 1), (1, 4), (2, 2)])
    func twoHistoriesAreCaughtWithEvidenceThatOthersCanCheck(
        _ after: Int, _ instead: Int
    ) async throws {
        let network = try await Network.pair()
        let mine = try await network.second().client().send("POST", "/fhir/Patient", Self.patient)
        let kept = "Patient/\(try #require(mine.object["id"] as? String))"
        try await network.agree()
        _ = try await network.hospital.stop()
        let copy = network.folder.path + "/copy"
        try FileManager.default.copyItem(atPath: network.hospitalData, toPath: copy)
        try await network.startHospital()
        let fork = try await height(network.hospital)
        try await write(network.hospital, after)
        try await network.agree()
        _ = try await network.hospital.stop()

        // Where the clinic reached it, it would notice that it has lost blocks, and stop.
        try await network.startHospital(data: copy, alone: true)
        try await write(network.hospital, instead)
        _ = try await network.hospital.stop()
        try await network.startHospital(data: copy)
        let clinic = try network.second()
        try await Network.eventually("the clinic halts") {
            let ready = try await HTTPClient(url: clinic.url).get("/readyz")
            return (ready.status == 503, ready.text)
        }
        let folder = network.clinicData + "/evidence"
        let names = try FileManager.default.contentsOfDirectory(atPath: folder)
        #expect(names.count == 1, "\(names)")
        let path = folder + "/" + (try #require(names.first))
        let bytes = [UInt8](try Data(contentsOf: URL(filePath: path)))
        let evidence = try Evidence(file: bytes)
        let height = evidence.first.header.height
        #expect(height > fork)
        try await hasHalted(clinic, at: height, why: "signed two histories", kept: kept)

        let genesis = network.clinicData + "/genesis.cairn"
        let holds = try await verify(path, genesis)
        #expect(holds.exit == 0, "\(holds)")
        #expect(holds.stdout.contains("(Hospital) signed"), "\(holds)")
        #expect(holds.stdout.contains("height \(height)"), "\(holds)")
        #expect(holds.stdout.contains("\(evidence.first.node)"), "\(holds)")
        if after == 3 { try await refused(evidence, bytes, genesis, network) }
        // The clinic's own data are sound: it kept to what it was shown first.
        for result in try await network.stopAndVerify() { #expect(result.exit == 0, "\(result)") }
    }

    private func verify(_ path: String, _ genesis: String) async throws -> CommandResult {
        try await CairnBinary.run(["verify", "--evidence", path, "--trust", genesis])
    }

    /// Whatever is no evidence is refused, each by its name.
    private func refused(
        _ evidence: Evidence, _ bytes: [UInt8], _ genesis: String, _ network: Network
    ) async throws {
        let other = try TempFolder("other")
        let stranger = try await RunningServer.start(other.path + "/data")
        _ = try await stranger.stop()
        let consistent = Evidence(
            network: evidence.network, first: evidence.first,
            contradiction: .header(evidence.first))
        var unsigned = evidence.first.signature
        unsigned[5] ^= 1
        let altered = Evidence(
            network: evidence.network,
            first: try SignedHeader(
                headerBytes: evidence.first.headerBytes, node: evidence.first.node,
                signature: unsigned), contradiction: evidence.contradiction)
        let nobody = Evidence(
            network: evidence.network,
            first: try SignedHeader(
                headerBytes: evidence.first.headerBytes,
                node: try #require(Identifier([UInt8](repeating: 1, count: 16))),
                signature: evidence.first.signature), contradiction: evidence.contradiction)
        let cases: [(name: String, bytes: [UInt8], genesis: String)] = [
            ("evidence-not-contradictory", consistent.file, genesis),
            ("evidence-not-signed", altered.file, genesis),
            ("evidence-signer-unknown", nobody.file, genesis),
            ("evidence-malformed", bytes.dropLast(), genesis),
            ("evidence-of-another-network", bytes, other.path + "/data/genesis.cairn"),
            ("usage", bytes, network.folder.path + "/no-genesis"),
        ]
        try network.folder.write(Data("no genesis".utf8), to: "no-genesis")
        for (name, bytes, genesis) in cases {
            try network.folder.write(Data(bytes), to: "file")
            let result = try await CairnBinary.run([
                "verify", "--evidence", network.folder.path + "/file", "--trust", genesis, "--json",
            ])
            #expect(result.exit == (name == "usage" ? 2 : 1), "\(name): \(result)")
            #expect(result.stderr.contains("\"\(name)\""), "\(name): \(result)")
        }
        for position in stride(from: 3, to: bytes.count, by: bytes.count / 12) {
            var changed = bytes
            changed[position] ^= 4
            try network.folder.write(Data(changed), to: "file")
            let result = try await verify(network.folder.path + "/file", genesis)
            #expect(result.exit == 1, "byte \(position): \(result)")
        }
    }

    /// One record is taken out of the clinic's state, past the ledger. The next version of it
    /// comes out another way there.
    @Test func aFollowerWhoseStateWasAlteredHaltsAndNamesTheHeight() async throws {
        let network = try await Network.pair()
        let hospital = try await network.hospital.client()
        let theirs = try await hospital.send("POST", "/fhir/Patient", Self.patient)
        let id = try #require(theirs.object["id"] as? String)
        let mine = try await network.second().client().send("POST", "/fhir/Patient", Self.patient)
        let kept = "Patient/\(try #require(mine.object["id"] as? String))"
        try await network.agree()
        _ = try await network.second().stop()
        try Self.remove(record: id, from: network.clinicData + "/state")
        try await network.startClinic()
        try await network.agree()
        let changed = try await hospital.send(
            "PUT", "/fhir/Patient/\(id)",
            Data(#"{"resourceType":"Patient","id":"\#(id)","active":true}"#.utf8))
        #expect(changed.status == 200, "\(changed)")
        let height = try await height(network.hospital)
        let clinic = try network.second()
        try await Network.eventually("the clinic halts") {
            let ready = try await HTTPClient(url: clinic.url).get("/readyz")
            return (ready.status == 503, ready.text)
        }
        try await hasHalted(clinic, at: height, why: "different: ", kept: kept)
        #expect(!FileManager.default.fileExists(atPath: network.clinicData + "/evidence"))
        // The other member is not held up, and verification names whose data were altered.
        let next = try await hospital.send("POST", "/fhir/Patient", Self.patient)
        #expect(next.status == 201, "\(next)")
        let results = try await network.stopAndVerify()
        #expect(results.map(\.exit) == [0, 1], "\(results)")
    }

    /// Takes a record's entry out of a stopped node's state.
    private static func remove(record id: String, from path: String) throws {
        guard let record = Identifier(hex: id) else {
            throw Network.Problem(description: "\(id) is no record's id")
        }
        let store = try KeyValueStore.open(path: path, options: RocksLedgerStore.options())
        // Kind "s", an entry of the state; "r", of a record.
        let key = Array("sr".utf8) + record.bytes
        guard try store.get(key) != nil else {
            throw Network.Problem(description: "the state has no record \(id)")
        }
        try store.write(durable: false) { $0.delete(key) }
        try store.flush()
        store.close()
    }
}
