import Foundation
import LedgerCore
import Testing

/// A node whose log a node of another network witnesses: processes of their own, over HTTP.
private final class WitnessedLog {
    let folder: TempFolder
    let witnessPort: Int
    /// `name+hash+base64` of each.
    let witnessKey: String
    let logKey: String
    private(set) var witness: RunningServer
    private(set) var node: RunningServer

    var nodeData: String { folder.path + "/node" }
    private var witnessData: String { folder.path + "/witness" }
    var submission: String { "http://127.0.0.1:\(witnessPort)/api/v1/witness" }

    init() async throws {
        folder = try TempFolder("witness")
        witnessPort = try Network.freePort()
        let listen = "127.0.0.1:\(witnessPort)"
        let observer = try await RunningServer.start(
            folder.path + "/witness", listen: listen, arguments: ["--member", "Observer"])
        let said = try await HTTPClient(url: observer.url).get("/.well-known/cairn").object
        witnessKey = try #require(said["witnessKey"] as? String, "\(said)")
        _ = try await observer.stop()
        node = try await RunningServer.start(
            folder.path + "/node",
            arguments: [
                "--witness", "\(witnessKey) http://127.0.0.1:\(witnessPort)/api/v1/witness",
            ])
        let own = try await HTTPClient(url: node.url).get("/.well-known/cairn").object
        let keys = try #require(own["checkpointKeys"] as? [String], "\(own)")
        logKey = try #require(keys.first)
        #expect(own["outsideWitnessKeys"] as? [String] == [witnessKey])
        witness = try await RunningServer.start(
            folder.path + "/witness", listen: listen, arguments: ["--witness-log", logKey])
    }

    func startWitness() async throws {
        witness = try await RunningServer.start(
            witnessData, listen: "127.0.0.1:\(witnessPort)", arguments: ["--witness-log", logKey])
    }

    func startNode() async throws {
        node = try await RunningServer.start(
            nodeData, arguments: ["--witness", "\(witnessKey) \(submission)"])
    }

    func write(_ count: Int = 1) async throws {
        let client = try await node.client()
        for number in 0..<count {
            let body = Data(Sample.patient(family: "Witnessed\(number)").utf8)
            #expect(try await client.send("POST", "/fhir/Patient", body).status == 201)
        }
    }

    func leaves() async throws -> UInt64 {
        let head = try await node.client().get("/api/v1/ledger/main/head").object
        return UInt64(try #require(head["logSize"] as? Int))
    }

    /// The published checkpoint, as strangers get it.
    func published() async throws -> Checkpoint {
        let answer = try await HTTPClient(url: node.url).get("/api/v1/ledger/main/log/checkpoint")
        return try Checkpoint(note: answer.text)
    }

    /// Waits for a checkpoint of at least so many leaves with the witness's line on it.
    func witnessed(atLeast size: UInt64) async throws -> Checkpoint {
        let key = try NoteKey(text: witnessKey)
        try await Network.eventually("the witness has cosigned \(size) leaves") {
            let checkpoint = try await published()
            return (
                checkpoint.size >= size && key.verify(checkpoint) != nil, checkpoint.note
            )
        }
        return try await published()
    }

    /// What the node says of its own health.
    func health() async throws -> String {
        try await HTTPClient(url: node.url).get("/readyz").text
    }
}

@Suite("Witnesses outside of the network", .serialized)
struct OutsideWitnessTests {
    @Test func aWitnessesCosignatureIsOnTheServedCheckpoint() async throws {
        let log = try await WitnessedLog()
        try await log.write(3)
        let checkpoint = try await log.witnessed(atLeast: try await log.leaves())
        // The log's line, the member's, and the witness's with its time.
        #expect(checkpoint.signatures.count == 3)
        #expect(try NoteKey(text: log.logKey).verify(checkpoint) != nil)
        let seconds = try #require(try NoteKey(text: log.witnessKey).verify(checkpoint))
        #expect(abs(Double(seconds) - Date().timeIntervalSince1970) < 60)

        // While the witness is away the log goes on without its line, and says so.
        _ = try await log.witness.stop()
        try await log.write()
        let size = try await log.leaves()
        try await Network.eventually("the checkpoint goes on") {
            let published = try await log.published()
            let health = try await log.health()
            let isTold = health.contains("witness ") && health.hasPrefix("ready")
            return (published.size >= size && isTold, published.note + health)
        }
        // And gets it when the witness is back, which knows where it was.
        try await log.startWitness()
        _ = try await log.witnessed(atLeast: size)
        try await log.write(2)
        _ = try await log.witnessed(atLeast: try await log.leaves())
        #expect(try await !log.health().contains("witness "))
        let token = try await log.witness.client()
        let figures = try await token.get("/metrics").text
        #expect(figures.contains("cairn_witnessed_log_size{log=\"cairn/"), "\(figures)")
        _ = try await log.node.stop()
        let result = try await CairnBinary.run(["verify", "--data", log.nodeData])
        #expect(result.exit == 0, "\(result)")
    }

    /// The node's data are put back from an older copy, and it writes another history.
    @Test func aLogThatWasRolledBackIsNotCosigned() async throws {
        let log = try await WitnessedLog()
        try await log.write()
        _ = try await log.node.stop()
        let copy = log.folder.path + "/older"
        try FileManager.default.copyItem(atPath: log.nodeData, toPath: copy)
        try await log.startNode()
        try await log.write(4)
        let honest = try await log.witnessed(atLeast: try await log.leaves())
        _ = try await log.node.stop()
        // The witness forgets nothing over a kill.
        try await log.witness.kill()
        try await log.startWitness()

        try FileManager.default.removeItem(atPath: log.nodeData)
        try FileManager.default.moveItem(atPath: copy, toPath: log.nodeData)
        try await log.startNode()
        let key = try NoteKey(text: log.witnessKey)
        try await Network.eventually("the shorter log is refused") {
            let health = try await log.health()
            return (health.contains("more than are final here"), health)
        }
        #expect(key.verify(try await log.published()) == nil)
        // Nor when it is longer than the honest one was.
        while try await log.leaves() <= honest.size { try await log.write() }
        try await Network.eventually("the other history is refused") {
            let health = try await log.health()
            return (health.contains("status 422"), health)
        }
        #expect(key.verify(try await log.published()) == nil)
        // The witness says what it has seen, whoever asks.
        let request = WitnessRequest(
            oldSize: 0, path: [], checkpoint: try await log.published())
        let answer = try await HTTPClient(url: log.witness.url).send(
            "POST", "/api/v1/witness/add-checkpoint", Data(request.text.utf8), type: "text/plain")
        #expect(answer.status == 409 && answer.text == "\(honest.size)\n", "\(answer)")
        #expect(answer.headers["content-type"] == "text/x.tlog.size")
    }

    /// A log that Go's packages make, witnessed by a node; and what Go says of a witnessed note.
    @Test(.enabled(if: OtherTools.goIsThere, OtherTools.goAbsence))
    func goAndTheNodeAgreeAboutWitnessing() async throws {
        let log = try await WitnessedLog()
        try await log.write()
        let checkpoint = try await log.witnessed(atLeast: try await log.leaves())
        let interop = try await OtherTools.buildInterop(in: log.folder)
        let said = try await HTTPClient(url: log.node.url).get("/.well-known/cairn").object
        let keys = try #require(said["checkpointKeys"] as? [String]) + [log.witnessKey]
        try log.folder.write(Data(checkpoint.note.utf8), to: "note")
        try log.folder.write(Data(keys.joined(separator: "\n").utf8), to: "keys")
        let note = try await ChildProcess(
            interop, ["note", log.folder.url("note").path, log.folder.url("keys").path]
        ).result(timeoutSeconds: 60)
        #expect(note.exit == 0 && note.stdout.hasPrefix("3 signatures"), "\(note)")

        let secret = log.folder.url("secret").path
        let made = try await ChildProcess(interop, ["logkey", "go.example/log", secret])
            .result(timeoutSeconds: 60)
        #expect(made.exit == 0, "\(made)")
        let key = made.stdout.trimmingCharacters(in: .whitespacesAndNewlines)
        let observer = try await RunningServer.start(
            log.folder.path + "/observer", arguments: ["--witness-log", key])
        let own = try await HTTPClient(url: observer.url).get("/.well-known/cairn").object
        let witnessKey = try #require(own["witnessKey"] as? String)
        let result = try await ChildProcess(
            interop, ["witnessed", observer.url + "/api/v1/witness", secret, witnessKey]
        ).result(timeoutSeconds: 60)
        #expect(result.exit == 0 && result.stdout == "witnessed 701 leaves\n", "\(result)")
    }

    @Test func aWitnessThatIsNoneIsNamedAtTheStart() async throws {
        let folder = try TempFolder("witness")
        try folder.write(Data("no certificate\n".utf8), to: "none.pem")
        for (arguments, words) in [
            (["--witness", "x http://localhost:1"], "KEY URL"),
            (["--witness-log", "x+00000000+AAAA"], "algorithm 1"),
            (["--timestamp-required"], "--timestamp-authority"),
            (["--timestamp-authority", "http://localhost:1"], "--timestamp-certificates"),
            (
                [
                    "--timestamp-authority", "http://localhost:1", "--timestamp-certificates",
                    folder.url("none.pem").path,
                ], "PEM"
            ),
        ] {
            let result = try await CairnBinary.run(
                ["serve", "--data", folder.path + "/data", "--listen", "127.0.0.1:0"] + arguments)
            #expect(result.exit == 2, "\(result)")
            #expect((result.stderr).contains(words), "\(result)")
            #expect(!FileManager.default.fileExists(atPath: folder.path + "/data/genesis.cairn"))
        }
    }
}
